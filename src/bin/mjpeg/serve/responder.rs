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
use crate::listen::host::Hosts;
use crate::listen::request::{Method, Refusal, Request};

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Who may ask, and under which names.
#[derive(Debug, Default)]
pub struct Policy {
    /// Who may look; anybody if absent.
    pub users: Option<Users>,
    /// The origin whose pages may read our answers.
    pub cors: Option<String>,
    /// The names we are asked under.
    pub hosts: Hosts,
}

/// Knows every answer.
#[derive(Debug)]
pub struct Responder {
    stream_head: Rc<[u8]>,
    policy: Policy,
}

/// What a request gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// These bytes.
    Finite(Vec<u8>),
    /// The page, behind this head.
    Page(Vec<u8>),
    /// The newest frame.
    Snapshot(Body),
    /// What the server says about itself.
    State(View, Body),
    /// The stream, in the layout asked for.
    Stream(Option<Layout>),
    /// These bytes, but not at once: somebody may be guessing passwords.
    Denied(Vec<u8>),
}

/// A way to put the server's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// JSON.
    Json,
    /// Prometheus' text.
    Metrics,
    /// One word, and a status that says the same.
    Health,
}

impl Responder {
    /// Answers for a stream of this content type.
    pub fn new(content_type: &str, policy: Policy) -> Self {
        // Ours, as tiny_http would announce chunks or a length of zero. `X-Accel-Buffering` keeps nginx
        // from collecting frames.
        let mut head = format!(
            "HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             X-Accel-Buffering: no\r\n"
        );
        for (name, value) in cors(&policy) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Type: {content_type}\r\n\r\n"));
        Self { stream_head: head.into_bytes().into(), policy }
    }

    /// The head of the stream.
    pub fn stream_head(&self) -> Rc<[u8]> {
        Rc::clone(&self.stream_head)
    }

    /// What a request gets at this time of the day (since 1970-01-01 UTC).
    pub fn reply(&self, request: &Request, now: Duration) -> Reply {
        let body = if request.method == Method::Head { Body::Withheld } else { Body::Sent };
        let host = request.field("host");
        if !self.policy.hosts.allow(host) {
            let answer = Answer::text(421, "this name is not ours; --allow-host NAME makes it so");
            return Reply::Finite(self.print(answer, body));
        }
        let route = route(request);
        // A browser asks what is allowed before it sends credentials.
        if route != Route::Options
            && let Some(users) = &self.policy.users
        {
            let access = users.judge(request.field("authorization"), request.method.name(), now);
            if access != Access::Granted {
                let answer = Answer::text(401, "user and password, please");
                let challenges = users.challenges(now, access == Access::Stale).into_iter();
                let answer = challenges.fold(answer, |answer, value| answer.with("WWW-Authenticate", value));
                let bytes = self.print(answer, body);
                return if access == Access::Wrong { Reply::Denied(bytes) } else { Reply::Finite(bytes) };
            }
        }
        let answer = match route {
            Route::Stream(_) if body == Body::Withheld => return Reply::Finite(self.stream_head.to_vec()),
            Route::Stream(layout) => return Reply::Stream(layout),
            Route::Snapshot => return Reply::Snapshot(body),
            Route::State => return Reply::State(View::Json, body),
            Route::Metrics => return Reply::State(View::Metrics, body),
            Route::Health => return Reply::State(View::Health, body),
            Route::Page => {
                let head = self.dress(page::answer()).head(page::PAGE.len());
                return if body == Body::Sent { Reply::Page(head) } else { Reply::Finite(head) };
            }
            Route::Options if self.policy.cors.is_some() => Answer::empty(200)
                .with("Allow", ALLOW)
                .with("Access-Control-Allow-Methods", ALLOW)
                .with("Access-Control-Allow-Headers", "Authorization"),
            Route::Options => Answer::empty(200).with("Allow", ALLOW),
            Route::UnknownLayout => {
                Answer::text(400, "unknown layout; there are auto, leading, trailing and early")
            }
            Route::Nowhere => Answer::text(404, "nothing here; try / or /stream or /snapshot"),
        };
        Reply::Finite(self.print(answer, body))
    }

    fn print(&self, answer: Answer, body: Body) -> Vec<u8> {
        self.dress(answer).print(body)
    }

    /// Adds what every answer has.
    fn dress(&self, answer: Answer) -> Answer {
        cors(&self.policy).fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// The answer to a request that cannot be served as it wishes.
    pub fn refusal(&self, refusal: Refusal) -> Vec<u8> {
        let answer = Answer::text(refusal.status(), &refusal.to_string());
        let answer = if refusal == Refusal::Method { answer.with("Allow", ALLOW) } else { answer };
        self.print(answer, Body::Sent)
    }

    /// The head of the newest frame, which has so many bytes and was taken so long after 1970-01-01 UTC.
    pub fn snapshot(&self, length: usize, taken: Duration) -> Vec<u8> {
        let stamp = Timestamp(taken).to_string();
        self.dress(Answer::new(200, "image/jpeg", "").with("X-Timestamp", stamp)).head(length)
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

    /// The answer when there is no room for another viewer.
    pub fn full(&self) -> Vec<u8> {
        let answer = Answer::text(503, "no room for another viewer").with("Retry-After", "5");
        self.print(answer, Body::Sent)
    }
}

/// What lets pages of another origin read an answer.
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

    fn request(method: Method, path: &str) -> Request {
        Request { method, path: path.into(), query: String::new(), http11: true, fields: Vec::new() }
    }

    #[test]
    fn the_head_of_the_stream_has_neither_length_nor_coding() {
        let responder = Responder::new("multipart/x-mixed-replace; boundary=b", Policy::default());
        let head = String::from_utf8(responder.stream_head().to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("; boundary=b\r\n\r\n"), "{head}");
        assert!(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"), "{head}");
        assert_eq!(
            responder.reply(&request(Method::Head, "/stream"), Duration::ZERO),
            Reply::Finite(head.into_bytes())
        );
    }

    #[test]
    fn every_answer_fits_its_request() {
        let responder = Responder::new("x/y", Policy::default());
        let finite = |method, path| match responder.reply(&request(method, path), Duration::ZERO) {
            Reply::Finite(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        };
        let page = responder.reply(&request(Method::Get, "/"), Duration::ZERO);
        let Reply::Page(head) = page else { panic!("{page:?}") };
        assert!(head.starts_with(b"HTTP/1.1 200 ") && head.ends_with(b"\r\n\r\n"));
        let length = format!("Content-Length: {}\r\n", page::PAGE.len());
        assert!(finite(Method::Head, "/").contains(&length));
        assert!(finite(Method::Options, "*").contains("Allow: GET, HEAD, OPTIONS\r\n"));
        assert!(finite(Method::Get, "/x").starts_with("HTTP/1.1 404 "));
        assert!(!finite(Method::Head, "/x").ends_with("snapshot\n"));
        assert_eq!(
            responder.reply(&request(Method::Head, "/snapshot"), Duration::ZERO),
            Reply::Snapshot(Body::Withheld)
        );
        let refused = String::from_utf8(responder.refusal(Refusal::Method)).unwrap();
        assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("Allow: "));
        let full = String::from_utf8(responder.full()).unwrap();
        assert!(full.starts_with("HTTP/1.1 503 ") && full.contains("Retry-After: 5\r\n"));
        let taken = Duration::new(7, 89_000_000);
        let shot = String::from_utf8(responder.snapshot(77, taken)).unwrap();
        assert!(shot.contains("X-Timestamp: 7.089000\r\n") && shot.contains("Length: 77\r\n"), "{shot}");
    }
}
