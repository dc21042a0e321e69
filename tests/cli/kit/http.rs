//! A plain HTTP client and a strict reader of multipart streams. They are short and tolerate no deviation.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// A connection that has sent a request.
pub struct Client {
    socket: TcpStream,
    kept: Vec<u8>,
    /// The head of the answer.
    pub head: String,
}

/// One part of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its head, without the empty line.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Part {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

/// The value of a field of a head.
pub fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
}

/// Connects to `HOST:PORT`. Reads and writes fail after [`PATIENCE`].
pub fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Sends `request` unchanged, and returns all bytes until the peer closes, within [`PATIENCE`].
pub fn exchange(address: &str, request: &[u8]) -> Vec<u8> {
    let mut socket = connect(address);
    socket.write_all(request).unwrap();
    let (start, mut answer, mut buffer) = (Instant::now(), Vec::new(), [0; 65536]);
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return answer,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}"),
        }
        assert!(start.elapsed() < PATIENCE, "the answer does not end");
    }
}

/// The head and the body of a finite answer to `GET path`.
pub fn get(address: &str, path: &str) -> (String, Vec<u8>) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    split(&exchange(address, request.as_bytes()))
}

/// Splits an answer into head and body.
pub fn split(answer: &[u8]) -> (String, Vec<u8>) {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

/// The parts of a complete stream, from its first delimiter to its close-delimiter.
pub fn parts(head: &str, body: &[u8]) -> Vec<Part> {
    let boundary = head.split("boundary=").nth(1).expect("a boundary").lines().next().unwrap();
    let (mut parts, mut rest) = (Vec::new(), body);
    loop {
        rest = rest.strip_prefix(format!("--{boundary}").as_bytes()).expect("a delimiter");
        if rest == b"--\r\n" {
            return parts;
        }
        rest = rest.strip_prefix(b"\r\n").expect("a delimiter alone in its line");
        let end = memchr::memmem::find(rest, b"\r\n\r\n").expect("the head of a part");
        let head = String::from_utf8(rest[..end].to_vec()).unwrap();
        let length: usize = field(&head, "Content-Length").expect("a length").parse().unwrap();
        let body = rest[end + 4..][..length].to_vec();
        rest = &rest[end + 4 + length..];
        parts.push(Part { head, body });
        rest = rest.strip_prefix(b"\r\n").expect("a line end before the delimiter");
    }
}

impl Client {
    /// Requests a stream and reads the head of the answer.
    pub fn watch(address: &str, path: &str) -> Self {
        let mut socket = connect(address);
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut client = Self { socket, kept: Vec::new(), head: String::new() };
        let head = client.until(b"\r\n\r\n").expect("an answer");
        client.head = String::from_utf8(head).unwrap();
        client
    }

    /// The dash-boundary of the stream.
    pub fn dash_boundary(&self) -> String {
        format!("--{}", self.head.split("boundary=").nth(1).expect("a boundary").lines().next().unwrap())
    }

    /// Reads the next delimiter and part; `None` at the close-delimiter.
    pub fn part(&mut self) -> Option<Part> {
        let line = match self.until(b"\r\n").expect("a delimiter") {
            empty if empty.is_empty() => self.until(b"\r\n").expect("a delimiter after an empty line"),
            line => line,
        };
        let line = String::from_utf8_lossy(&line).into_owned();
        if line == format!("{}--", self.dash_boundary()) {
            return None;
        }
        assert_eq!(line, self.dash_boundary());
        let head = String::from_utf8(self.until(b"\r\n\r\n").expect("the head of a part")).unwrap();
        let length: usize = field(&head, "Content-Length").expect("a length").parse().unwrap();
        while self.kept.len() < length {
            assert!(self.more(), "the stream ends inside a body");
        }
        let body = self.kept.drain(..length).collect();
        Some(Part { head, body })
    }

    /// The parts up to the close-delimiter.
    pub fn rest(&mut self) -> Vec<Part> {
        std::iter::from_fn(|| self.part()).collect()
    }

    /// Whether the peer closes without sending another byte.
    pub fn is_over(&mut self) -> bool {
        self.kept.is_empty() && !self.more()
    }

    /// All bytes that have arrived and that arrive within `time`.
    pub fn bytes_within(&mut self, time: Duration) -> Vec<u8> {
        let (start, mut buffer) = (Instant::now(), vec![0; 1 << 20]);
        while let Some(left) = time.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            self.socket.set_read_timeout(Some(left)).unwrap();
            match self.socket.read(&mut buffer) {
                Ok(n @ 1..) => self.kept.extend_from_slice(&buffer[..n]),
                _ => break,
            }
        }
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
        std::mem::take(&mut self.kept)
    }

    /// Reads up to `end`, and returns the bytes before it.
    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.kept.windows(end.len()).position(|bytes| bytes == end) {
                let found = self.kept.drain(..at).collect();
                self.kept.drain(..end.len());
                return Some(found);
            }
            if !self.more() {
                return None;
            }
        }
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 65536];
        let n = loop {
            match self.socket.read(&mut buffer) {
                // Linux ends a read that has a time limit when a process that was stopped goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.expect("the peer sends or closes"),
            }
        };
        self.kept.extend_from_slice(&buffer[..n]);
        n > 0
    }
}
