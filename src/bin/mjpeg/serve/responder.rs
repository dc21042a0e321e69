//! Which answer a request gets.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::answers::{Answers, View};
use super::layout::Layout;
use super::page;
use super::routes::{Names, Route, route};
use super::via;
use crate::listen::answer::{Answer, Body};
use crate::listen::auth::{Access, Users};
use crate::listen::client::Client;
use crate::listen::guesses::{Guesses, Penalty};
use crate::listen::host::Hosts;
use crate::listen::request::{Method, Request};

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
    /// The answers that are the same for all requests.
    pub answers: Answers,
    names: Names,
    /// The users of single streams.
    own_users: HashMap<usize, Rc<Users>>,
    /// Those of the others.
    users: Option<Users>,
    hosts: Hosts,
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

impl Responder {
    /// Creates a responder for streams with these names. Its relays have the name `pseudonym`.
    pub fn new(names: Names, policy: Policy, pseudonym: String) -> Self {
        let Policy { users, cors, hosts } = policy;
        Self {
            answers: Answers::new(cors),
            names,
            own_users: HashMap::new(),
            users,
            hosts,
            pseudonym,
            guesses: Guesses::default(),
        }
    }

    /// The same, with users of single streams.
    pub fn with_users(self, users: HashMap<usize, Rc<Users>>) -> Self {
        Self { own_users: users, ..self }
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
        if !self.hosts.allow(host) {
            let answer = Answer::text(421, "this host name is not allowed; allow it with --allow-host NAME");
            return Reply::Finite(self.answers.print(answer, body));
        }
        if via::passed(request).contains(&self.pseudonym) {
            // RFC 5842 7.2.
            let answer = Answer::text(508, "this server would relay itself: its own request came back to it");
            return Reply::Loop(self.answers.print(answer, body));
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
                let head = self.answers.with_cors(page::answer()).head(page.len());
                return if body == Body::Sent { Reply::Page(head, page) } else { Reply::Finite(head) };
            }
            Route::Options => self.answers.options(),
            Route::UnknownLayout => Answer::text(400, "unknown layout; use auto, leading, trailing or early"),
            Route::NotFound if found.is_none() => {
                Answer::text(404, "nothing here; try / or /state or /NAME/stream")
            }
            Route::NotFound => Answer::text(404, "nothing here; try / or /stream or /snapshot"),
        };
        Reply::Finite(self.answers.print(answer, body))
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
        let own = stream.and_then(|stream| self.own_users.get(&stream)).map(|users| &**users);
        let users = own.or(self.users.as_ref())?;
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
        let bytes = self.answers.print(answer, body);
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

    fn too_many_guesses(&self, after: Duration, body: Body) -> Reply {
        Reply::Finite(self.answers.too_many_guesses(after, body))
    }
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
}
