//! Collects the head of a request from bytes as they arrive.

use super::request::{Refusal, Request};

/// Most bytes of a head.
pub const LIMIT: usize = 8 * 1024;
/// Most fields of a head.
pub const FIELDS: usize = 64;

/// The state of a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadStatus {
    /// Incomplete.
    Partial,
    /// Complete and valid. Bytes after it (a body or another request) are ignored.
    Whole(Request),
    /// The request is refused.
    Refused(Refusal),
}

/// Collects one head with bounded memory. A head without blank lines before its request line is parsed only
/// once.
#[derive(Debug, Default)]
pub struct RequestHead {
    bytes: Vec<u8>,
}

impl RequestHead {
    /// Adds the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> HeadStatus {
        let from = self.bytes.len().saturating_sub(3);
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(LIMIT - self.bytes.len())]);
        let whole = ends(&self.bytes[from..]);
        if !whole && self.bytes.len() < LIMIT {
            // Refuse at once what cannot be a request, such as a TLS ClientHello.
            let first = self.bytes.iter().find(|byte| !b"\r\n".contains(byte));
            return match first {
                Some(byte) if !byte.is_ascii_alphabetic() => HeadStatus::Refused(Refusal::BadRequest),
                _ => HeadStatus::Partial,
            };
        }
        // httparse knows 1.0 and 1.1 only.
        if let Some(version) = version(&mut self.bytes) {
            match version {
                [b'1', _, b'0' | b'1'] => {}
                // RFC 9110 2.5: a later minor version is compatible. We process it as the highest one we know.
                [b'1', _, minor] => *minor = b'1',
                _ => return HeadStatus::Refused(Refusal::Version),
            }
        }
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut parsed = httparse::Request::new(&mut fields);
        match parsed.parse(&self.bytes) {
            Ok(httparse::Status::Complete(_)) => match Request::check(&parsed) {
                Ok(request) => HeadStatus::Whole(request),
                Err(refusal) => HeadStatus::Refused(refusal),
            },
            // An empty line before the request line does not end the head (RFC 9112 2.2).
            Ok(httparse::Status::Partial) if self.bytes.len() < LIMIT => HeadStatus::Partial,
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                HeadStatus::Refused(Refusal::TooLarge)
            }
            Err(_) => HeadStatus::Refused(Refusal::BadRequest),
        }
    }

    /// Whether no byte has arrived.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Whether `bytes` contains an empty line. RFC 9112 2.2 allows a lone LF as a line terminator.
fn ends(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

/// Where the version in the request line is, as `1.1`; `None` if the line has none.
///
/// ```abnf
/// request-line = method SP request-target SP HTTP-version   ; RFC 9112 3
/// HTTP-version = HTTP-name "/" DIGIT "." DIGIT              ; RFC 9112 2.3
/// ```
fn version(head: &mut [u8]) -> Option<&mut [u8]> {
    let start = head.iter().position(|byte| !b"\r\n".contains(byte))?;
    let line = head[start..].split_mut(|byte| *byte == b'\n').next()?;
    let length = line.trim_ascii_end().len();
    let (name, version) = line[..length].split_at_mut_checked(length.checked_sub(3)?)?;
    let is_version =
        matches!(version, [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit());
    (is_version && name.ends_with(b" HTTP/")).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::super::request::Method;
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn whole(bytes: &[u8]) -> Request {
        match RequestHead::default().push(bytes) {
            HeadStatus::Whole(request) => request,
            other => panic!("{other:?} for {:?}", String::from_utf8_lossy(bytes)),
        }
    }

    #[test]
    fn the_result_does_not_depend_on_where_a_request_is_cut() {
        let bytes =
            b"\r\nGET /?action=stream&layout=early HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\n\r\nGET / HTTP/1.1\r\n";
        let request = whole(bytes);
        assert_eq!((request.method, request.path.as_str(), request.http11), (Method::Get, "/", true));
        assert_eq!(request.parameter("action"), Some("stream"));
        assert_eq!(request.parameter("layout"), Some("early"));
        assert_eq!(request.parameter("lay"), None);
        assert_eq!(request.field("x-y"), Some("z"));
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        for split in 1..end {
            let mut head = RequestHead::default();
            assert_eq!(head.push(&bytes[..split]), HeadStatus::Partial, "split at {split}");
            assert_eq!(head.push(&bytes[split..]), HeadStatus::Whole(request.clone()), "split at {split}");
        }
        let mut head = RequestHead::default();
        let last = bytes[..end].iter().map(|byte| head.push(&[*byte])).last();
        assert_eq!(last, Some(HeadStatus::Whole(request)));
    }

    #[test]
    fn targets_come_in_four_forms() {
        for (target, path) in [
            ("/stream", "/stream"),
            ("http://127.0.0.1:8080/stream?x", "/stream"),
            ("HTTP://host", "/"),
            ("http://host?x", "/"),
            ("?x", "/"),
        ] {
            assert_eq!(whole(format!("GET {target} HTTP/1.0\n\n").as_bytes()).path, path, "{target}");
        }
        assert_eq!(whole(b"OPTIONS * HTTP/1.0\r\n\r\n").path, "*");
        let absolute = whole(b"GET http://evil.example:80/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(absolute.field("host"), Some("evil.example:80"));
    }

    #[test]
    fn a_host_that_is_not_text_is_not_a_missing_host() {
        let head = RequestHead::default().push(b"GET / HTTP/1.0\r\nHost: evil.example\xff\r\n\r\n");
        assert_eq!(head, HeadStatus::Refused(Refusal::BadRequest));
        assert_eq!(whole(b"GET / HTTP/1.1\r\nHost:\r\n\r\n").field("host"), Some(""));
    }

    #[test]
    fn a_later_minor_version_is_processed_as_1_1() {
        for minor in 2..=9 {
            for line_end in ["\r\n", "\n"] {
                let text = format!(
                    "{line_end}GET / HTTP/1.{minor}{line_end}Host: a{line_end}A: HTTP/2.0{line_end}{line_end}"
                );
                assert!(whole(text.as_bytes()).http11, "{text:?}");
            }
        }
        assert!(!whole(b"GET /?HTTP/2.0 HTTP/1.0\r\nA: HTTP/1.1\r\n\r\n").http11);
    }

    #[test]
    fn unsupported_requests_are_refused_with_a_reason() {
        let fields = "A: b\r\n".repeat(FIELDS + 1);
        for (bytes, refusal) in [
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", Refusal::Method),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::Version),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Refusal::Version),
            ("GET / HTTP/0.9\n\n", Refusal::Version),
            ("GET / HTTP/1.2\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.x\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET / http/1.1\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.1\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.1\r\nHost: evil\u{ff0e}example\r\n\r\n", Refusal::BadRequest),
            ("GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000000000\r\n\r\n", Refusal::Body),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", Refusal::Body),
            ("GET * HTTP/1.0\r\n\r\n", Refusal::BadRequest),
            ("GET stream HTTP/1.0\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.0\r\nA : b\r\n\r\n", Refusal::BadRequest),
            ("GET / HTTP/1.0\r\n a: b\r\n\r\n", Refusal::BadRequest),
            ("GET /\r\n\r\n", Refusal::BadRequest),
            ("\x16\x03\x01\x02\x00\x01\x00", Refusal::BadRequest),
            (&format!("GET / HTTP/1.0\r\n{fields}\r\n"), Refusal::TooLarge),
        ] {
            assert_eq!(
                RequestHead::default().push(bytes.as_bytes()),
                HeadStatus::Refused(refusal),
                "{bytes:?}"
            );
        }
        let fields = "A: b\r\n".repeat(FIELDS);
        whole(format!("GET / HTTP/1.0\r\n{fields}\r\n").as_bytes());
    }

    #[test]
    fn an_endless_head_is_refused_at_the_limit() {
        for pattern in ["GET /", "GET / HTTP/1.1\r\nA: ", "\r\n"] {
            let mut head = RequestHead::default();
            let mut outcome = head.push(pattern.as_bytes());
            let mut sent = pattern.len();
            while outcome == HeadStatus::Partial {
                outcome = head.push(if pattern == "\r\n" { b"\r\n" } else { b"xxxxxxx" });
                sent += 7;
                assert!(sent < 10 * LIMIT);
            }
            assert_eq!(outcome, HeadStatus::Refused(Refusal::TooLarge), "{pattern:?}");
            assert!(head.bytes.len() <= LIMIT);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_a_refusal_or_incomplete(
            bytes in mutated::bytes(&[
                b"GET /stream?fault=stall%3D2s&layout=early HTTP/1.1\r\nHost: cam:80\r\nX: y\r\n\r\n",
                b"HEAD http://[::1]:80/a?b HTTP/1.0\nContent-Length: 0\n\n",
                b"OPTIONS * HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\nAuthorization: Basic YTpi\r\n\r\n",
            ]),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = RequestHead::default().push(&bytes);
            if let HeadStatus::Whole(request) = &whole {
                prop_assert!(request.path.starts_with('/') || request.path == "*");
                prop_assert!(request.fields.len() <= FIELDS);
                prop_assert!(!request.target().contains(char::is_whitespace) && !request.target().contains(char::is_control));
                prop_assert!(request.fields.iter().all(|(_, value)| !value.iter().any(|byte| b"\r\n\0".contains(byte))));
            }
            let (first, second) = bytes.split_at(cut.index(bytes.len() + 1));
            let mut head = RequestHead::default();
            let of_first = head.push(first);
            if of_first == HeadStatus::Partial && !second.is_empty() {
                // Empty lines before the request are taken for its end if they come in the same read: what cannot be a request is then
                // refused at once, and else when its own end comes.
                let outcome = match head.push(second) {
                    HeadStatus::Partial if whole != HeadStatus::Partial => head.push(b"\r\n\r\n"),
                    outcome => outcome,
                };
                prop_assert_eq!(outcome, whole);
            }
        }
    }
}
