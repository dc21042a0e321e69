//! Where a stream comes from, when its bytes came, and how they ended.

mod arrivals;
mod http;
mod local;
mod pattern;
mod place;
mod session;
mod target;
mod tcp;
mod tolerant;
mod wire;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use mjpeg::http::{ChunkError, ContentType, Dechunker, Head, Version};

use pattern::PatternReader;
pub use session::{End, Flow, Observer, Session};
pub use target::Target;
use wire::{Wire, WireEnd};

use crate::clock::Clock;
use crate::exit::Failure;
use crate::signal::Stop;

/// An open stream: its head was read, its body was not.
pub struct Stream {
    head: Option<Head>,
    body: Box<dyn Read>,
    chunks: Chunks,
    wire: Arc<Wire>,
    clock: Clock,
    is_live: bool,
    /// Bytes of the body as the response head counts them, where that can be believed.
    length: Length,
    received: u64,
}

/// Whether the body is in chunks.
enum Chunks {
    No,
    /// The head says so; whether the framing was kept shows at the first bytes.
    Perhaps,
    Yes(Dechunker),
}

#[derive(Clone, Copy)]
enum Length {
    /// None, or one before an endless stream (webcamXP: 9999999).
    Unknown,
    /// Of a finite answer: the body ends there.
    Exact(u64),
    /// Perhaps a finite answer: silence behind it is its end.
    Perhaps(u64),
}

/// What one read brought.
pub enum Read1 {
    /// This many bytes of the decoded body, perhaps none, which came at this time of the clock.
    Bytes(usize, Duration),
    /// Nothing more: why.
    Ended(WireEnd),
    /// The chunk framing is broken at this place.
    Broken(ChunkError),
}

impl Stream {
    /// Opens `target`. `idle` bounds the wait for a connection and for the response head.
    ///
    /// # Errors
    ///
    /// Exit 3, 5 or 6, with what was tried.
    pub fn open(target: &Target, clock: &Clock, stop: &Stop, idle: Duration) -> Result<Self, Failure> {
        let wire = Wire::new(clock, stop)
            .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot wait for signals")))?;
        wire.set_deadline(Some(clock.now() + idle));
        let (head, body) = match target {
            Target::Url(url) => {
                let response = http::open(url, &wire, idle)?;
                (Some(response.head), response.body)
            }
            Target::File(path) => {
                let local = local::open_file(path, &wire)?;
                (local.head, local.body)
            }
            Target::Stdin => {
                let local = local::open_stdin(&wire)?;
                (local.head, local.body)
            }
            Target::Test(size) => {
                let body = PatternReader::new(size)?;
                let content_type = body.content_type();
                let fields = [(&b"Content-Type"[..], content_type.as_bytes())];
                let head = Head::from_fields(Version::Http11, 200, "OK", fields.into_iter());
                (Some(head), Box::new(body) as Box<dyn Read>)
            }
        };
        let is_chunked = head.as_ref().is_some_and(Head::is_chunked);
        let length =
            if is_chunked { Length::Unknown } else { head.as_ref().map_or(Length::Unknown, Length::of) };
        let chunks = match target {
            Target::Url(_) if is_chunked => Chunks::Yes(Dechunker::new()),
            _ if is_chunked => Chunks::Perhaps,
            _ => Chunks::No,
        };
        let (clock, is_live) = (clock.clone(), target.is_live());
        Ok(Self { head, body, chunks, wire, clock, is_live, length, received: 0 })
    }

    /// The response head; a bare multipart body has none.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The value of the boundary parameter of the response's Content-Type.
    pub fn boundary(&self) -> Option<Vec<u8>> {
        let value = self.head.as_ref()?.fields().first("content-type")?;
        ContentType::parse(value).boundary.map(|boundary| boundary.value.into_owned())
    }

    /// Whether bytes come as they are made.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Reads into `room` what is there, waiting for the first byte until `deadline` of the clock.
    pub fn read(&mut self, room: &mut [u8], deadline: Option<Duration>) -> Read1 {
        self.wire.set_deadline(deadline);
        if let Chunks::Yes(dechunker) = &self.chunks {
            if let Some(error) = dechunker.error() {
                return Read1::Broken(error);
            }
            if dechunker.is_done() {
                // Whatever else comes on this connection, the body has ended.
                return Read1::Ended(WireEnd::Closed);
            }
        }
        let room = match self.length {
            Length::Exact(length) => {
                let left = usize::try_from(length.saturating_sub(self.received)).unwrap_or(usize::MAX);
                if left == 0 {
                    return Read1::Ended(WireEnd::Closed);
                }
                let n = left.min(room.len());
                &mut room[..n]
            }
            _ => room,
        };
        let n = match self.body.read(room) {
            Ok(n) if n > 0 => n,
            // The wire knows better than the client above it how the bytes ended.
            Ok(_) => return self.ended(self.wire.end().unwrap_or(WireEnd::Closed)),
            Err(error) => return self.ended(self.wire.end().unwrap_or(WireEnd::Reset(error.to_string()))),
        };
        self.received += n as u64;
        let at = if self.is_live { self.wire.last_read() } else { self.clock.now() };
        match self.decode(&mut room[..n]) {
            Ok(n) => Read1::Bytes(n, at),
            Err(error) => Read1::Broken(error),
        }
    }

    fn decode(&mut self, bytes: &mut [u8]) -> Result<usize, ChunkError> {
        if let Chunks::Perhaps = self.chunks {
            // A capture of one byte would be no capture: two tell a size from a delimiter.
            self.chunks = match Dechunker::is_kept_in(bytes) {
                Some(false) => Chunks::No,
                _ => Chunks::Yes(Dechunker::new()),
            };
        }
        match &mut self.chunks {
            Chunks::Yes(dechunker) => dechunker.decode(bytes),
            _ => Ok(bytes.len()),
        }
    }

    fn ended(&self, end: WireEnd) -> Read1 {
        Read1::Ended(match (end, self.length) {
            (WireEnd::Expired, Length::Perhaps(length)) if self.received == length => WireEnd::Closed,
            (end, _) => end,
        })
    }

    /// The signal that asked for the end, if one has.
    fn signal(&self) -> Option<i32> {
        self.wire.signal()
    }

    /// Whether the body ended where its framing says: false for chunks without the last one.
    pub fn is_whole(&self) -> bool {
        match &self.chunks {
            Chunks::Yes(dechunker) => dechunker.is_done(),
            _ => true,
        }
    }
}

impl Length {
    fn of(head: &Head) -> Self {
        let Some(length) = head.text("content-length").and_then(|value| value.parse().ok()) else {
            return Self::Unknown;
        };
        match head.text("content-type") {
            Some(value) if value.starts_with("text/") || value.starts_with("application/json") => {
                Self::Exact(length)
            }
            _ => Self::Perhaps(length),
        }
    }
}
