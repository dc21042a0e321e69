//! When the bytes of a response came, where its frames end in them, and how they were chunked.

use std::time::Duration;

use mjpeg::http::{ContentType, Head, Version};
use mjpeg::multipart::{self, Extent, Timestamp};
use mjpeg::response::{Error, Event, Expected, Reader};

use super::chunk_sizes::ChunkSizes;

/// One read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// When it returned.
    pub at: Duration,
    /// The bytes of the decoded body up to its end.
    pub end: u64,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The place of its body in the decoded body.
    pub start: u64,
    /// The end of its body.
    pub end: u64,
    /// When its last byte came.
    pub at: Duration,
    /// The time that it carries, since 1970-01-01 UTC.
    pub stamp: Option<Duration>,
}

/// How a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its last chunk, or with its announced length.
    Framed,
    /// With the connection.
    Closed,
    /// The connection was reset.
    Reset,
}

/// What came of one response.
#[derive(Debug)]
pub struct Trace {
    reader: Reader,
    chunk_sizes: ChunkSizes,
    /// Bytes that came since the body started.
    taken: usize,
    /// The bytes before that.
    start: Vec<u8>,
    /// The first bytes, heads and all: they show what an answer is that is no stream.
    pub first: Vec<u8>,
    /// Whether any byte came.
    pub has_begun: bool,
    /// All reads of the body.
    pub reads: Vec<Read>,
    /// All frames.
    pub parts: Vec<Part>,
    /// The end, if it came.
    pub end: Option<(Duration, End)>,
    /// Why it cannot be read.
    pub error: Option<Error>,
}

/// The first bytes that are kept.
const FIRST_BYTES: usize = 20 << 10;
/// The most reads that are kept.
const READS: usize = 2_000_000;

impl Trace {
    /// Nothing has come.
    pub fn new() -> Self {
        Self {
            reader: Reader::new(Expected::Response),
            chunk_sizes: ChunkSizes::default(),
            taken: 0,
            start: Vec::new(),
            first: Vec::new(),
            has_begun: false,
            reads: Vec::new(),
            parts: Vec::new(),
            end: None,
            error: None,
        }
    }

    /// The head of the response, once it has come.
    pub fn head(&self) -> Option<&Head> {
        self.reader.head()
    }

    /// Whether nothing more will come, or counts.
    pub fn is_over(&self) -> bool {
        self.end.is_some() || self.error.is_some() || self.reads.len() >= READS
    }

    /// Whether the response is of HTTP/1.0.
    pub fn is_http_1_0(&self) -> bool {
        self.head().is_some_and(|head| head.version == Version::Http10)
    }

    /// The sizes of the chunks, except for one that has not ended; empty without chunks.
    pub fn chunks(&self) -> &[u64] {
        self.chunk_sizes.sizes()
    }

    /// The number of bytes of the body.
    pub fn bytes(&self) -> u64 {
        self.reader.received()
    }

    /// Bytes came at `at`.
    pub fn take(&mut self, bytes: &[u8], at: Duration) {
        self.has_begun |= !bytes.is_empty();
        let room = FIRST_BYTES.saturating_sub(self.first.len());
        self.first.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let mut rest = bytes;
        while !rest.is_empty() && self.error.is_none() {
            let space = self.reader.space();
            let n = space.len().min(rest.len());
            if n == 0 {
                break;
            }
            space[..n].copy_from_slice(&rest[..n]);
            self.reader.filled(n);
            self.follow_chunks(&rest[..n]);
            self.events(at);
            rest = &rest[n..];
        }
        let end = self.reader.received();
        if self.reads.last().is_none_or(|last| last.end < end) && end > 0 {
            self.reads.push(Read { at, end });
        }
        if self.reader.is_over() && self.end.is_none() {
            self.end = Some((at, End::Framed));
            self.reader.finish();
            self.events(at);
        }
    }

    /// The content type of a response that is no multipart stream and whose one picture has come.
    pub fn single_picture(&self) -> Option<String> {
        let content_type = self.head()?.text("content-type").unwrap_or_default();
        let is_stream = ContentType::parse(content_type.as_bytes()).is_multipart();
        (self.parts.len() == 1 && self.end.is_some() && !is_stream).then_some(content_type)
    }

    /// The connection ended at `at`.
    pub fn finish(&mut self, at: Duration, end: End) {
        if self.end.is_none() {
            self.end = Some((at, end));
            self.reader.finish();
            self.events(at);
        }
    }

    /// Gives the bytes of a chunked body, as they were sent, to the counter of chunks.
    fn follow_chunks(&mut self, bytes: &[u8]) {
        if !self.reader.is_started() {
            // Until the body starts, a head is kept, which is bounded.
            self.start.extend_from_slice(bytes);
            return;
        }
        if self.reader.is_in_chunks() {
            if self.taken == 0 {
                self.start.extend_from_slice(bytes);
                let start = std::mem::take(&mut self.start);
                self.chunk_sizes.take(start.get(self.reader.body_start()..).unwrap_or_default());
            } else {
                self.chunk_sizes.take(bytes);
            }
        }
        self.taken = self.taken.saturating_add(bytes.len());
    }

    fn events(&mut self, at: Duration) {
        loop {
            match self.reader.next_event() {
                Ok(Some(Event::Body(multipart::Event::Part(part)))) => {
                    if !matches!(part.extent, Extent::Complete { .. }) {
                        continue;
                    }
                    let span = part.spans.body;
                    let stamp =
                        part.fields.first("x-timestamp").and_then(Timestamp::parse).map(|time| time.0);
                    self.parts.push(Part { start: span.start, end: span.end(), at, stamp });
                }
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => {
                    self.error = Some(error);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\xd9";

    #[test]
    fn frames_reads_and_chunks_are_the_same_at_every_split() {
        let part = [b"--b\r\nX-Timestamp: 5\r\nContent-Length: 15\r\n\r\n", JPEG, b"\r\n"].concat();
        let body = part.repeat(3);
        let mut wire =
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_vec();
        for chunk in body.chunks(50) {
            wire.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        for step in [1, 2, 7, 49, 50, 51, 1000] {
            let mut trace = Trace::new();
            for (number, piece) in wire.chunks(step).enumerate() {
                trace.take(piece, Duration::from_millis(number as u64));
            }
            let ends: Vec<u64> = trace.parts.iter().map(|part| part.end).collect();
            let len = part.len() as u64;
            assert_eq!(ends, [len - 2, 2 * len - 2, 3 * len - 2], "{step}");
            assert_eq!(trace.parts[0].stamp, Some(Duration::from_secs(5)));
            assert_eq!(trace.chunks().iter().sum::<u64>(), body.len() as u64, "{step}");
            assert!(trace.chunks()[..3].iter().all(|&size| size == 50), "{step}");
            assert!(matches!(trace.end, Some((_, End::Framed))) && trace.is_over());
            assert_eq!(trace.reads.last().map(|read| read.end), Some(body.len() as u64));
        }
    }
}
