//! Answers to requests, as bytes.

use std::rc::Rc;
use std::time::Duration;

use super::page;
use super::part::Layout;
use super::report::State;
use super::routes::{Route, route};
use crate::listen::answer::{Answer, Body, SERVER};
use crate::listen::request::{Method, Refusal, Request};

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Knows every answer that does not depend on who asks.
#[derive(Debug)]
pub struct Responder {
    stream_head: Rc<[u8]>,
}

/// What a request gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// These bytes.
    Finite(Vec<u8>),
    /// The newest frame.
    Snapshot(Body),
    /// What the server says about itself.
    State(View, Body),
    /// The stream, in the layout asked for.
    Stream(Option<Layout>),
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
    pub fn new(content_type: &str) -> Self {
        // Ours, as tiny_http would announce chunks or a length of zero. `X-Accel-Buffering` keeps nginx
        // from collecting frames.
        let head = format!(
            "HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             X-Accel-Buffering: no\r\nContent-Type: {content_type}\r\n\r\n"
        );
        Self { stream_head: head.into_bytes().into() }
    }

    /// The head of the stream.
    pub fn stream_head(&self) -> Rc<[u8]> {
        Rc::clone(&self.stream_head)
    }

    /// What a request gets.
    pub fn reply(&self, request: &Request) -> Reply {
        let body = if request.method == Method::Head { Body::Withheld } else { Body::Sent };
        let answer = match route(request) {
            Route::Stream(_) if body == Body::Withheld => return Reply::Finite(self.stream_head.to_vec()),
            Route::Stream(layout) => return Reply::Stream(layout),
            Route::Snapshot => return Reply::Snapshot(body),
            Route::State => return Reply::State(View::Json, body),
            Route::Metrics => return Reply::State(View::Metrics, body),
            Route::Health => return Reply::State(View::Health, body),
            Route::Page => page::answer(),
            Route::Options => Answer::empty(200).with("Allow", ALLOW),
            Route::UnknownLayout => {
                Answer::text(400, "unknown layout; there are auto, leading, trailing and early")
            }
            Route::Nowhere => Answer::text(404, "nothing here; try / or /stream or /snapshot"),
        };
        Reply::Finite(answer.print(body))
    }

    /// The answer to a request that cannot be served as it wishes.
    pub fn refusal(&self, refusal: Refusal) -> Vec<u8> {
        let answer = Answer::text(refusal.status(), &refusal.to_string());
        let answer = if refusal == Refusal::Method { answer.with("Allow", ALLOW) } else { answer };
        answer.print(Body::Sent)
    }

    /// The newest frame, taken so long after 1970-01-01 UTC.
    pub fn snapshot(&self, newest: Option<(&[u8], Duration)>, body: Body) -> Vec<u8> {
        let answer = match newest {
            Some((jpeg, taken)) => Answer::new(200, "image/jpeg", jpeg)
                .with("X-Timestamp", format!("{}.{:06}", taken.as_secs(), taken.subsec_micros())),
            None => Answer::text(503, "no frame yet").with("Retry-After", "1"),
        };
        answer.print(body)
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
        answer.print(body)
    }

    /// The answer when there is no room for another viewer.
    pub fn full(&self) -> Vec<u8> {
        Answer::text(503, "no room for another viewer").with("Retry-After", "5").print(Body::Sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Request {
        Request { method, path: path.into(), query: String::new(), http11: true, fields: Vec::new() }
    }

    #[test]
    fn the_head_of_the_stream_has_neither_length_nor_coding() {
        let responder = Responder::new("multipart/x-mixed-replace; boundary=b");
        let head = String::from_utf8(responder.stream_head().to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("; boundary=b\r\n\r\n"), "{head}");
        assert!(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"), "{head}");
        assert_eq!(responder.reply(&request(Method::Head, "/stream")), Reply::Finite(head.into_bytes()));
    }

    #[test]
    fn every_answer_fits_its_request() {
        let responder = Responder::new("x/y");
        let finite = |method, path| match responder.reply(&request(method, path)) {
            Reply::Finite(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(finite(Method::Get, "/").contains("<img"));
        assert!(finite(Method::Options, "*").contains("Allow: GET, HEAD, OPTIONS\r\n"));
        assert!(finite(Method::Get, "/x").starts_with("HTTP/1.1 404 "));
        assert!(!finite(Method::Head, "/x").ends_with("snapshot\n"));
        assert_eq!(responder.reply(&request(Method::Head, "/snapshot")), Reply::Snapshot(Body::Withheld));
        let refused = String::from_utf8(responder.refusal(Refusal::Method)).unwrap();
        assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("Allow: "));
        let full = String::from_utf8(responder.full()).unwrap();
        assert!(full.starts_with("HTTP/1.1 503 ") && full.contains("Retry-After: 5\r\n"));
        let taken = Duration::new(7, 89_000_000);
        let shot = String::from_utf8(responder.snapshot(Some((b"jpeg", taken)), Body::Sent)).unwrap();
        assert!(shot.contains("X-Timestamp: 7.089000\r\n") && shot.ends_with("\r\n\r\njpeg"), "{shot}");
    }
}
