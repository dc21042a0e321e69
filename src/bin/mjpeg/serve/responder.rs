//! Answers to requests, as bytes.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use mjpeg::multipart::Timestamp;

use super::layout::Layout;
use super::page;
use super::relayed::Absence;
use super::report::{FarmState, State, metrics};
use super::routes::{Names, Route, route};
use super::via;
use crate::exposition;
use crate::listen::answer::{Answer, Body};
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
    names: Names,
    /// The users of single streams. Others have those of the policy.
    users: HashMap<usize, Rc<Users>>,
    policy: Policy,
    /// The name of the relays of this server.
    pseudonym: String,
    guesses: Guesses,
}

/// The answer to a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// These bytes.
    Finite(Vec<u8>),
    /// This head, then this page.
    Page(Vec<u8>, &'static str),
    /// The newest frame of a stream.
    Snapshot(usize, Body),
    /// The state of one stream, or of all.
    State(Option<usize>, View, Body),
    /// The state of a farm.
    Farm(Body),
    /// The head of a stream.
    StreamHead(usize),
    /// A stream, in the requested layout.
    Stream(usize, Option<Layout>),
    /// These bytes: the request came from this server itself.
    Loop(Vec<u8>),
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
    /// Creates a responder for streams with these names. Its relays have the name `pseudonym`.
    pub fn new(names: Names, policy: Policy, pseudonym: String) -> Self {
        Self { names, users: HashMap::new(), policy, pseudonym, guesses: Guesses::default() }
    }

    /// The same, with users of single streams.
    pub fn with_users(self, users: HashMap<usize, Rc<Users>>) -> Self {
        Self { users, ..self }
    }

    /// The answer to a request of `client`, which came at the port of the stream `own`, if it is not a common one. `now` is
    /// monotonic, `unix` the time since 1970-01-01 UTC.
    pub fn reply(
        &mut self,
        request: &Request,
        own: Option<usize>,
        client: Client,
        now: Duration,
        unix: Duration,
    ) -> Reply {
        let body = if request.method == Method::Head { Body::Withheld } else { Body::Sent };
        let host = request.field("host");
        if !self.policy.hosts.allow(host) {
            let answer = Answer::text(421, "this host name is not allowed; allow it with --allow-host NAME");
            return Reply::Finite(self.print(answer, body));
        }
        if via::passed(request).contains(&self.pseudonym) {
            // RFC 5842 7.2.
            let answer = Answer::text(508, "this server would relay itself: its own request came back to it");
            return Reply::Loop(self.print(answer, body));
        }
        let (found, route) = route(request, &self.names, own);
        // A CORS preflight request carries no credentials.
        if route != Route::Options
            && let Some(denied) = self.deny(request, found, client, now, unix, body)
        {
            return denied;
        }
        // The routes of a farm have no stream.
        let stream = found.unwrap_or_default();
        // Without a name: of the whole server.
        let named = found.filter(|stream| !self.names.name(*stream).is_empty());
        let answer = match route {
            Route::Stream(_) if body == Body::Withheld => return Reply::StreamHead(stream),
            Route::Stream(layout) => return Reply::Stream(stream, layout),
            Route::Snapshot => return Reply::Snapshot(stream, body),
            Route::State => return Reply::State(Some(stream), View::Json, body),
            Route::Metrics => return Reply::State(named, View::Metrics, body),
            Route::Health => return Reply::State(named, View::Health, body),
            Route::Farm => return Reply::Farm(body),
            Route::Targets => {
                let text = self.targets(host.unwrap_or("localhost"));
                Answer::new(200, "text/plain; charset=utf-8", text)
            }
            Route::Folder => {
                let name = self.names.name(stream);
                Answer::text(308, "the page is at the path with a slash")
                    .with("Location", format!("/{name}/"))
            }
            Route::Page | Route::Wall => {
                let page = if route == Route::Wall { page::WALL } else { page::PAGE };
                let head = self.with_cors(page::answer()).head(page.len());
                return if body == Body::Sent { Reply::Page(head, page) } else { Reply::Finite(head) };
            }
            Route::Options if self.policy.cors.is_some() => Answer::empty(200)
                .with("Allow", ALLOW)
                .with("Access-Control-Allow-Methods", ALLOW)
                .with("Access-Control-Allow-Headers", "Authorization"),
            Route::Options => Answer::empty(200).with("Allow", ALLOW),
            Route::UnknownLayout => Answer::text(400, "unknown layout; use auto, leading, trailing or early"),
            Route::NotFound if found.is_none() => {
                Answer::text(404, "nothing here; try / or /state or /NAME/stream")
            }
            Route::NotFound => Answer::text(404, "nothing here; try / or /stream or /snapshot"),
        };
        Reply::Finite(self.print(answer, body))
    }

    /// The answer if the request needs a password and does not have it.
    fn deny(
        &mut self,
        request: &Request,
        stream: Option<usize>,
        client: Client,
        now: Duration,
        unix: Duration,
        body: Body,
    ) -> Option<Reply> {
        let own = stream.and_then(|stream| self.users.get(&stream)).map(|users| &**users);
        let users = own.or(self.policy.users.as_ref())?;
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

    /// A line for `--targets` of each camera. A host that is not one of a URL is left out.
    fn targets(&self, host: &str) -> String {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        let host = if host.bytes().all(is_host) && !host.is_empty() { host } else { "localhost" };
        self.names.iter().map(|name| format!("{name} http://{host}/{name}/stream\n")).collect()
    }

    /// The state of a farm.
    pub fn farm(&self, state: &FarmState, body: Body) -> Vec<u8> {
        // A tree of numbers and strings can always be written.
        self.print(Answer::new(200, "application/json", serde_json::to_vec(state).unwrap_or_default()), body)
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
        cors(self.policy.cors.as_deref()).fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// The answer to a refused request.
    pub fn refusal(&self, refusal: Refusal) -> Vec<u8> {
        let answer = Answer::text(refusal.status(), &refusal.to_string());
        let answer = if refusal == Refusal::Method { answer.with("Allow", ALLOW) } else { answer };
        self.print(answer, Body::Sent)
    }

    /// The head of a snapshot of `length` bytes, taken at this time since 1970-01-01 UTC. An old one has its `age`.
    pub fn snapshot(&self, length: usize, taken: Duration, age: Option<Duration>) -> Vec<u8> {
        let stamp = Timestamp(taken).to_string();
        let answer = Answer::new(200, "image/jpeg", "").with("X-Timestamp", stamp);
        self.with_cors(with_age(answer, age)).head(length)
    }

    /// The answer when there is no picture, or none that is new enough.
    pub fn no_picture(&self, absence: &Absence, body: Body) -> Vec<u8> {
        let Absence { age, why, retry_after } = absence;
        let text = match age {
            Some(age) => format!("the newest picture is {:.1} s old; {why}", age.as_secs_f64()),
            None => why.clone(),
        };
        let answer = Answer::text(503, &text).with("Retry-After", retry_after.to_string());
        self.print(with_age(answer, *age), body)
    }

    /// The state of some streams.
    pub fn state(&self, states: &[State], view: View, body: Body) -> Vec<u8> {
        let answer = match view {
            // A tree of numbers and strings can always be written.
            View::Json => {
                let json =
                    states.first().and_then(|state| serde_json::to_vec(state).ok()).unwrap_or_default();
                Answer::new(200, "application/json", json)
            }
            View::Metrics => Answer::new(200, exposition::CONTENT_TYPE, metrics(states)),
            View::Health => match states.iter().find(|state| !state.healthy) {
                None => Answer::text(200, &health("ok", states)),
                Some(silent) => {
                    let text = health("the source is silent", std::slice::from_ref(silent));
                    Answer::text(503, &text).with("Retry-After", "1")
                }
            },
        };
        self.print(answer, body)
    }

    /// The answer to a request that makes no sense.
    pub fn bad_request(&self, why: &str) -> Vec<u8> {
        self.print(Answer::text(400, why), Body::Sent)
    }

    /// The answer with this status, as a fault.
    pub fn status(&self, status: u16) -> Vec<u8> {
        let answer = Answer::text(status, "a fault that this server injects");
        let answer = match status {
            401 => answer.with("WWW-Authenticate", "Basic realm=\"fault\""),
            503 => answer.with("Retry-After", "5"),
            _ => answer,
        };
        self.print(answer, Body::Sent)
    }

    /// The redirection of a request to itself. A target that must not become part of a head is left out.
    pub fn redirection(&self, target: &str) -> Vec<u8> {
        let is_safe = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic());
        let answer = Answer::text(302, "a fault that this server injects");
        self.print(answer.with("Location", if is_safe { target } else { "/stream" }), Body::Sent)
    }

    /// The answer when the limit of viewers or connections is reached.
    pub fn full(&self) -> Vec<u8> {
        let answer = Answer::text(503, "too many viewers").with("Retry-After", "5");
        self.print(answer, Body::Sent)
    }
}

/// Adds the age of an old picture, in seconds.
fn with_age(answer: Answer, age: Option<Duration>) -> Answer {
    match age {
        Some(age) => answer.with("X-Frame-Age", format!("{:.3}", age.as_secs_f64())),
        None => answer,
    }
}

/// The line about the health of a server, with the state of the camera if there is one only.
fn health(text: &str, states: &[State]) -> String {
    let [State { upstream: Some(upstream), .. }] = states else { return text.into() };
    format!("{text} (camera {} for {:.0} s)", upstream.state, upstream.state_age_s)
}

/// The fields that let pages of another origin read an answer.
pub fn cors(origin: Option<&str>) -> impl Iterator<Item = (&'static str, &str)> {
    origin.into_iter().flat_map(|origin| {
        [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", "X-Timestamp, X-Frame-Age, Retry-After"),
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
        responder.reply(&request, None, Client::Local, Duration::ZERO, Duration::ZERO)
    }

    fn finite(responder: &mut Responder, method: Method, path: &str) -> String {
        match reply(responder, method, path) {
            Reply::Finite(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_request_gets_its_answer() {
        let responder = &mut Responder::new(
            Names::behind_first(["", "cam"].map(String::from).to_vec()),
            Policy::default(),
            String::new(),
        );
        let page = reply(responder, Method::Get, "/");
        let Reply::Page(head, _) = page else { panic!("{page:?}") };
        assert!(head.starts_with(b"HTTP/1.1 200 ") && head.ends_with(b"\r\n\r\n"));
        let length = format!("Content-Length: {}\r\n", page::PAGE.len());
        assert!(finite(responder, Method::Head, "/").contains(&length));
        assert_eq!(reply(responder, Method::Head, "/stream"), Reply::StreamHead(0));
        assert_eq!(reply(responder, Method::Get, "/cam/stream"), Reply::Stream(1, None));
        let metrics = |stream| Reply::State(stream, View::Metrics, Body::Sent);
        assert_eq!(reply(responder, Method::Get, "/cam/metrics"), metrics(Some(1)));
        assert_eq!(reply(responder, Method::Get, "/metrics"), metrics(None));
        assert!(finite(responder, Method::Get, "/cam").contains("Location: /cam/\r\n"));
        assert!(finite(responder, Method::Options, "*").contains("Allow: GET, HEAD, OPTIONS\r\n"));
        assert!(finite(responder, Method::Get, "/x").starts_with("HTTP/1.1 404 "));
        assert!(!finite(responder, Method::Head, "/x").ends_with("snapshot\n"));
        assert_eq!(reply(responder, Method::Head, "/snapshot"), Reply::Snapshot(0, Body::Withheld));
    }

    #[test]
    fn other_answers_have_their_status_and_fields() {
        let names = Names::behind_first(vec![String::new()]);
        let responder = Responder::new(names, Policy::default(), String::new());
        let refused = String::from_utf8(responder.refusal(Refusal::Method)).unwrap();
        assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("Allow: "));
        let full = String::from_utf8(responder.full()).unwrap();
        assert!(full.starts_with("HTTP/1.1 503 ") && full.contains("Retry-After: 5\r\n"));
        let taken = Duration::new(7, 89_000_000);
        let shot = String::from_utf8(responder.snapshot(77, taken, None)).unwrap();
        assert!(shot.contains("X-Timestamp: 7.089000\r\n") && shot.contains("Length: 77\r\n"), "{shot}");
    }
}
