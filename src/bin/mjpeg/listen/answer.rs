//! Finite answers: everything except the stream.

use std::io::Cursor;

use tiny_http::{HTTPVersion, Header, Response, StatusCode};

use crate::output::printable;

/// The value of the `Server` field of every answer.
pub const SERVER: &str = concat!("mjpeg/", env!("CARGO_PKG_VERSION"));

/// An answer of known length. The connection is closed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// An answer with this status code, media type and body.
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let fields = vec![("Content-Type", media_type.to_string()), ("Cache-Control", "no-store".into())];
        Self { status, fields, body: body.into() }
    }

    /// An answer with one line of text. It may hold bytes from the network: a client may show it in a terminal.
    pub fn text(status: u16, line: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", printable(line) + "\n")
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, fields: Vec::new(), body: Vec::new() }
    }

    /// The head of this answer for a body of `length` bytes that the caller sends.
    pub fn head(self, length: usize) -> Vec<u8> {
        self.print_as(length, Body::Withheld)
    }

    /// Adds a field. Never pass bytes of a request: they must not become part of a head.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The bytes to send; for HEAD only the head.
    pub fn print(self, body: Body) -> Vec<u8> {
        let length = self.body.len();
        self.print_as(length, body)
    }

    fn print_as(self, length: usize, body: Body) -> Vec<u8> {
        let mut out = Vec::with_capacity(512 + self.body.len());
        let response = Response::new(
            StatusCode(self.status),
            std::iter::once(("Server", SERVER))
                .chain(self.fields.iter().map(|(name, value)| (*name, value.as_str())))
                .filter_map(|(name, value)| Header::from_bytes(name, value).ok())
                .collect(),
            Cursor::new(self.body),
            Some(length),
            None,
        )
        // Above its threshold tiny_http would send chunks, which HTTP/1.0 does not have. No request fields
        // are passed to it: `TE: chunked` would also select chunks.
        .with_chunked_threshold(usize::MAX);
        // Writing to a Vec cannot fail. If it did, the answer would be empty.
        let _ = response.raw_print(&mut out, HTTPVersion(1, 1), &[], body == Body::Withheld, None);
        // tiny_http does not print the Connection field, which RFC 9112 9.6 requires.
        if let Some(line) = out.windows(2).position(|pair| pair == b"\r\n") {
            out.splice(line + 2..line + 2, *b"Connection: close\r\n");
        }
        out
    }
}

/// Whether the body of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// The body is sent.
    Sent,
    /// Only the head is sent: the request was HEAD.
    Withheld,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(answer: Answer, body: Body) -> String {
        String::from_utf8(answer.print(body)).unwrap()
    }

    #[test]
    fn an_answer_has_a_length_and_closes_the_connection() {
        let text = printed(Answer::text(404, "nothing here").with("Retry-After", "5"), Body::Sent);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 404 Not Found\r\nConnection: close\r\n"), "{head}");
        for field in ["Content-Length: 13", "Retry-After: 5", "Cache-Control: no-store", "Date: "] {
            assert!(head.contains(field), "{field} in {head}");
        }
        assert_eq!(head.matches("Server: ").count(), 1);
        assert!(head.contains(SERVER) && !head.contains("Transfer-Encoding"), "{head}");
        assert_eq!(body, "nothing here\n");
    }

    #[test]
    fn head_gets_the_same_fields_and_no_body() {
        let answer = Answer::new(200, "image/jpeg", vec![b'x'; 100_000]);
        let whole = printed(answer.clone(), Body::Sent);
        let head = printed(answer, Body::Withheld);
        assert!(head.contains("Content-Length: 100000\r\n") && head.ends_with("\r\n\r\n"));
        assert_eq!(whole.split_once("\r\n\r\n").unwrap().1.len(), 100_000);
        let sized = String::from_utf8(Answer::new(200, "image/jpeg", "").head(100_000)).unwrap();
        assert_eq!(
            sized.replace(|c: char| c.is_ascii_digit(), ""),
            head.replace(|c: char| c.is_ascii_digit(), "")
        );
        assert!(sized.contains("Content-Length: 100000\r\n"));
    }

    #[test]
    fn an_empty_answer_has_length_zero() {
        let text = printed(Answer::empty(200).with("Allow", "GET, HEAD, OPTIONS"), Body::Sent);
        assert!(text.contains("Content-Length: 0\r\n") && text.contains("Allow: GET, HEAD, OPTIONS\r\n"));
    }
}
