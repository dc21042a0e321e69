//! Answers to requests, as bytes.

use std::rc::Rc;
use std::time::Duration;

use mjpeg::multipart::Timestamp;

use super::page;
use super::part::Layout;
use super::report::State;
use super::routes::{Route, route};
use crate::listen::answer::{Answer, Body, SERVER};
use crate::listen::auth::{Access, Users};
use crate::listen::client::Client;
use crate::listen::guesses::{Guesses, Penalty};
use crate::listen::host::Hosts;
use crate::listen::request::{Method, Refusal, Request};

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Who may send requests, and to which host names.
#[derive(Debug, Default)]
pub struct Policy {
    /// The users; without them, no password is needed.
    pub users: Option<Users>,
    /// The origin whose pages may read the answers (CORS).
    pub cors: Option<String>,
    /// The host names that requests may contain.
    pub hosts: Hosts,
}

/// Makes the answers.
#[derive(Debug)]
pub struct Responder {
    stream_head: Rc<[u8]>,
    policy: Policy,
    guesses: Guesses,
}

/// The answer to a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// These bytes.
    Finite(Vec<u8>),
    /// This head, then the page.
    Page(Vec<u8>),
    /// The newest frame.
    Snapshot(Body),
    /// The state of the server.
    State(View, Body),
    /// The stream, in the requested layout.
    Stream(Option<Layout>),
    /// These bytes, not before this time: it slows down password guessing.
    Denied(Vec<u8>, Duration),
}

/// A format of the server's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// JSON.
    Json,
    /// The text format of Prometheus.
    Metrics,
    /// One line of text and a status code.
    Health,
}

impl Responder {
    /// Creates a responder for a stream with this content type.
    pub fn new(content_type: &str, policy: Policy) -> Self {
        // Not printed by tiny_http, which would announce chunks or a length of zero. `X-Accel-Buffering: no`
        // stops nginx from buffering frames.
        let mut head = format!(
            "HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             X-Accel-Buffering: no\r\n"
        );
        for (name, value) in cors(&policy) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Type: {content_type}\r\n\r\n"));
        Self { stream_head: head.into_bytes().into(), policy, guesses: Guesses::default() }
    }

    /// The head of the stream.
    pub fn stream_head(&self) -> Rc<[u8]> {
        Rc::clone(&self.stream_head)
    }

    /// The answer to a request of `client`. `now` is monotonic, `unix` the time since 1970-01-01 UTC.
    pub fn reply(&mut self, request: &Request, client: Client, now: Duration, unix: Duration) -> Reply {
        let body = if request.method == Method::Head { Body::Withheld } else { Body::Sent };
        let host = request.field("host");
        if !self.policy.hosts.allow(host) {
            let answer = Answer::text(421, "this host name is not allowed; allow it with --allow-host NAME");
            return Reply::Finite(self.print(answer, body));
        }
        let route = route(request);
        // A CORS preflight request carries no credentials.
        if route != Route::Options
            && let Some(denied) = self.deny(request, client, now, unix, body)
        {
            return denied;
        }
        let answer = match route {
            Route::Stream(_) if body == Body::Withheld => return Reply::Finite(self.stream_head.to_vec()),
            Route::Stream(layout) => return Reply::Stream(layout),
            Route::Snapshot => return Reply::Snapshot(body),
            Route::State => return Reply::State(View::Json, body),
            Route::Metrics => return Reply::State(View::Metrics, body),
            Route::Health => return Reply::State(View::Health, body),
            Route::Page => {
                let head = self.with_cors(page::answer()).head(page::PAGE.len());
                return if body == Body::Sent { Reply::Page(head) } else { Reply::Finite(head) };
            }
            Route::Options if self.policy.cors.is_some() => Answer::empty(200)
                .with("Allow", ALLOW)
                .with("Access-Control-Allow-Methods", ALLOW)
                .with("Access-Control-Allow-Headers", "Authorization"),
            Route::Options => Answer::empty(200).with("Allow", ALLOW),
            Route::UnknownLayout => Answer::text(400, "unknown layout; use auto, leading, trailing or early"),
            Route::NotFound => Answer::text(404, "nothing here; try / or /stream or /snapshot"),
        };
        Reply::Finite(self.print(answer, body))
    }

    /// The answer if the request needs a password and does not have it.
    fn deny(
        &mut self,
        request: &Request,
        client: Client,
        now: Duration,
        unix: Duration,
        body: Body,
    ) -> Option<Reply> {
        let users = self.policy.users.as_ref()?;
        let authorization = request.field("authorization");
        if authorization.is_some()
            && let Err(after) = self.guesses.may_check(client, now)
        {
            return Some(self.too_many_guesses(after, body));
        }
        let access = users.check(authorization, request.method.name(), unix);
        // The password of a stale request is right.
        if matches!(access, Access::Granted | Access::Stale) {
            self.guesses.right(client, now);
        }
        if access == Access::Granted {
            return None;
        }
        let answer = Answer::text(401, "user and password required");
        let challenges = users.challenges(unix, access == Access::Stale).into_iter();
        let answer = challenges.fold(answer, |answer, value| answer.with("WWW-Authenticate", value));
        let bytes = self.print(answer, body);
        if access != Access::Wrong {
            return Some(Reply::Finite(bytes));
        }
        Some(match self.guesses.wrong(client, now) {
            Penalty::AnswerAt(until) => Reply::Denied(bytes, until),
            Penalty::TryAgainAfter(after) => self.too_many_guesses(after, body),
        })
    }

    fn too_many_guesses(&self, after: Duration, body: Body) -> Reply {
        let seconds = after.as_secs_f64().ceil().to_string();
        let answer = Answer::text(429, "too many wrong passwords").with("Retry-After", seconds);
        Reply::Finite(self.print(answer, body))
    }

    fn print(&self, answer: Answer, body: Body) -> Vec<u8> {
        self.with_cors(answer).print(body)
    }

    /// Adds the CORS fields.
    fn with_cors(&self, answer: Answer) -> Answer {
        cors(&self.policy).fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// The answer to a refused request.
    pub fn refusal(&self, refusal: Refusal) -> Vec<u8> {
        let answer = Answer::text(refusal.status(), &refusal.to_string());
        let answer = if refusal == Refusal::Method { answer.with("Allow", ALLOW) } else { answer };
        self.print(answer, Body::Sent)
    }

    /// The head of a snapshot of `length` bytes, taken at this time since 1970-01-01 UTC.
    pub fn snapshot(&self, length: usize, taken: Duration) -> Vec<u8> {
        let stamp = Timestamp(taken).to_string();
        self.with_cors(Answer::new(200, "image/jpeg", "").with("X-Timestamp", stamp)).head(length)
    }

    /// The answer when there is no frame yet.
    pub fn no_snapshot(&self, body: Body) -> Vec<u8> {
        self.print(Answer::text(503, "no frame yet").with("Retry-After", "1"), body)
    }

    /// The server's state.
    pub fn state(&self, state: &State, view: View, body: Body) -> Vec<u8> {
        let answer = match view {
            // A tree of numbers and strings can always be written.
            View::Json => {
                let json = serde_json::to_vec(state).unwrap_or_default();
                Answer::new(200, "application/json", json)
            }
            View::Metrics => Answer::new(200, "text/plain; version=0.0.4; charset=utf-8", state.metrics()),
            View::Health if state.healthy => Answer::text(200, "ok"),
            View::Health => Answer::text(503, "the source is silent").with("Retry-After", "1"),
        };
        self.print(answer, body)
    }

    /// The answer when the limit of viewers or connections is reached.
    pub fn full(&self) -> Vec<u8> {
        let answer = Answer::text(503, "too many viewers").with("Retry-After", "5");
        self.print(answer, Body::Sent)
    }
}

/// The fields that let pages of another origin read an answer.
fn cors(policy: &Policy) -> impl Iterator<Item = (&'static str, &str)> {
    policy.cors.iter().flat_map(|origin| {
        [
            ("Access-Control-Allow-Origin", origin.as_str()),
            ("Access-Control-Expose-Headers", "X-Timestamp"),
            ("Vary", "Origin"),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(responder: &mut Responder, method: Method, path: &str) -> Reply {
        let (path, query) = (path.into(), String::new());
        let request = Request { method, path, query, http11: true, fields: Vec::new() };
        responder.reply(&request, Client::Local, Duration::ZERO, Duration::ZERO)
    }

    #[test]
    fn the_head_of_the_stream_has_neither_length_nor_coding() {
        let mut responder = Responder::new("multipart/x-mixed-replace; boundary=b", Policy::default());
        let head = String::from_utf8(responder.stream_head().to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("; boundary=b\r\n\r\n"), "{head}");
        assert!(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"), "{head}");
        assert_eq!(reply(&mut responder, Method::Head, "/stream"), Reply::Finite(head.into_bytes()));
    }

    #[test]
    fn each_request_gets_its_answer() {
        let mut responder = Responder::new("x/y", Policy::default());
        let finite = |responder: &mut Responder, method, path| match reply(responder, method, path) {
            Reply::Finite(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        };
        let page = reply(&mut responder, Method::Get, "/");
        let Reply::Page(head) = page else { panic!("{page:?}") };
        assert!(head.starts_with(b"HTTP/1.1 200 ") && head.ends_with(b"\r\n\r\n"));
        let length = format!("Content-Length: {}\r\n", page::PAGE.len());
        assert!(finite(&mut responder, Method::Head, "/").contains(&length));
        assert!(finite(&mut responder, Method::Options, "*").contains("Allow: GET, HEAD, OPTIONS\r\n"));
        assert!(finite(&mut responder, Method::Get, "/x").starts_with("HTTP/1.1 404 "));
        assert!(!finite(&mut responder, Method::Head, "/x").ends_with("snapshot\n"));
        assert_eq!(reply(&mut responder, Method::Head, "/snapshot"), Reply::Snapshot(Body::Withheld));
        let refused = String::from_utf8(responder.refusal(Refusal::Method)).unwrap();
        assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("Allow: "));
        let full = String::from_utf8(responder.full()).unwrap();
        assert!(full.starts_with("HTTP/1.1 503 ") && full.contains("Retry-After: 5\r\n"));
        let taken = Duration::new(7, 89_000_000);
        let shot = String::from_utf8(responder.snapshot(77, taken)).unwrap();
        assert!(shot.contains("X-Timestamp: 7.089000\r\n") && shot.contains("Length: 77\r\n"), "{shot}");
    }
}
