//! One connection, from its request until it is closed.

use std::io::{self, IoSlice, Read};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::Socket;

use super::part::Part;
use super::script::Kept;
use super::viewer::Viewer;
use crate::listen::answer::Body;
use crate::listen::client::Client;
use crate::listen::head::{HeadStatus, RequestHead};

/// How long to wait for the peer to close its side after we closed ours.
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// Most bytes to read and discard during that time.
const DRAIN_BYTES: usize = 1 << 20;

/// What each answer begins with: that of `HTTP/`.
const FIRST_BYTE: &[u8] = b"H";

/// Answers up to this size do not count against the memory limit.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// A connection and its stage.
#[derive(Debug)]
pub struct Connection {
    /// Its socket.
    pub socket: Socket,
    /// The address of the peer, for the log.
    pub peer: String,
    /// Who the peer is, for limits per client.
    pub client: Client,
    /// The stream of the port at which it came, if that is the port of one stream.
    pub own: Option<usize>,
    /// When it was accepted.
    pub accepted_at: Duration,
    /// Since when the peer's side is closed. It may have disconnected, or it may only have nothing more to send.
    pub half_closed: Option<Duration>,
    /// Bytes of the answer that were sent before it was known.
    started: usize,
    /// Its stage.
    pub stage: Stage,
}

/// The stages of a connection.
#[derive(Debug)]
pub enum Stage {
    /// Receiving the request.
    Request(RequestHead),
    /// Sending a finite answer.
    Answer {
        /// The bytes made for this request.
        bytes: Vec<u8>,
        /// The shared bytes that follow.
        shared: SharedBody,
        /// How many bytes of both were sent.
        sent: usize,
        /// When bytes were last sent.
        stuck: Duration,
    },
    /// Holding an answer back.
    Delay {
        /// The answer.
        bytes: Vec<u8>,
        /// When to send it.
        until: Duration,
    },
    /// Waiting for the next frame of a stream, which is then sent as a snapshot.
    Snapshot {
        /// The index of the stream.
        stream: usize,
        /// Whether to send the picture, or only the head.
        body: Body,
        /// When to answer without a new frame.
        until: Duration,
    },
    /// Sending a stream.
    Stream {
        /// The viewer.
        viewer: Box<Viewer>,
        /// The index of the stream.
        stream: usize,
    },
    /// Everything was sent and our side is closed; reading until the peer closes. Closing the socket while it
    /// holds unread bytes would reset the connection, and the peer could lose the end of the answer.
    Drain {
        /// Since when.
        since: Duration,
        /// Bytes that may still be discarded.
        left: usize,
    },
}

/// The part of an answer that all connections share, so that a slow peer does not need its own copy.
#[derive(Debug, Clone)]
pub enum SharedBody {
    /// Nothing.
    None,
    /// A constant text.
    Text(&'static str),
    /// The JPEG of a part.
    Picture(Rc<Part>),
}

impl SharedBody {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Text(text) => text.as_bytes(),
            Self::Picture(part) => part.jpeg(),
        }
    }
}

/// What the event loop must do next with a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for the next event.
    Wait,
    /// Answer its request.
    Dispatch(HeadStatus),
    /// Close it.
    Close,
}

impl Connection {
    /// Creates a connection that waits for its request. A peer on a Unix-domain socket has no address.
    pub fn new(socket: Socket, address: Option<SocketAddr>, now: Duration) -> Self {
        Self {
            socket,
            peer: address.map_or_else(|| "local".into(), |address| address.to_string()),
            client: Client::at(address),
            own: None,
            accepted_at: now,
            half_closed: None,
            started: 0,
            stage: Stage::Request(RequestHead::default()),
        }
    }

    /// Reads and writes until the socket would block. The stream itself is sent by [`Viewer::push`].
    pub fn drive(&mut self, now: Duration, buffer: &mut [u8]) -> Step {
        loop {
            let step = match &mut self.stage {
                Stage::Request(head) => match (&self.socket).read(buffer) {
                    Ok(0) => Step::Close,
                    Ok(n) => match head.push(&buffer[..n]) {
                        HeadStatus::Partial => continue,
                        whole => Step::Dispatch(whole),
                    },
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Step::Wait,
                    Err(_) => Step::Close,
                },
                Stage::Answer { bytes, shared, sent, stuck } => {
                    let left = match sent.checked_sub(bytes.len()) {
                        None => &bytes[*sent..],
                        Some(at) => &shared.bytes()[at..],
                    };
                    if left.is_empty() {
                        self.drain(now);
                        continue;
                    }
                    match self.socket.send(left) {
                        Ok(n) => {
                            *sent += n;
                            *stuck = now;
                            continue;
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Step::Wait,
                        Err(_) => Step::Close,
                    }
                }
                Stage::Drain { left, .. } => match (&self.socket).read(buffer) {
                    Ok(n) if n > 0 && n <= *left => {
                        *left -= n;
                        continue;
                    }
                    Ok(_) => Step::Close,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Step::Wait,
                    Err(_) => Step::Close,
                },
                Stage::Stream { .. } | Stage::Snapshot { .. } | Stage::Delay { .. } => Step::Wait,
            };
            return step;
        }
    }

    /// Starts a finite answer.
    pub fn answer(&mut self, bytes: Vec<u8>, shared: SharedBody, now: Duration) {
        let sent = std::mem::take(&mut self.started);
        self.stage = Stage::Answer { bytes, shared, sent, stuck: now };
    }

    /// Finds out whether a peer that closed its side while it waits still reads: sends the first byte of the answer to one
    /// that waits for a picture, which is the same whatever the answer will be, and the next byte to one in a pause of a
    /// fault. If it has disconnected, it resets the connection.
    pub fn probe(&mut self, now: Duration) {
        if self.half_closed.is_none() || self.started > 0 {
            return;
        }
        let is_sent = match &mut self.stage {
            Stage::Snapshot { .. } => matches!(self.socket.send(FIRST_BYTE), Ok(1)),
            Stage::Stream { viewer, .. } => viewer.probe(FIRST_BYTE, now, |byte| self.socket.send(byte)),
            _ => false,
        };
        self.started += usize::from(is_sent);
        if let Stage::Stream { viewer, .. } = &mut self.stage
            && !is_sent
        {
            viewer.probe_plan(now, |byte| self.socket.send(byte));
        }
    }

    /// When to continue with this connection although its socket reports nothing.
    pub fn wakes_at(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Delay { until, .. } | Stage::Snapshot { until, .. } => Some(*until),
            Stage::Stream { viewer, .. } => viewer.wakes_at(),
            _ => None,
        }
    }

    /// What this connection keeps in memory. Up to a fixed size, bytes of its own do not count.
    pub fn kept(&self) -> Kept<'_> {
        let mut kept = match &self.stage {
            Stage::Answer { bytes, shared, .. } => {
                let part = if let SharedBody::Picture(part) = shared { Some(part) } else { None };
                Kept { parts: part.into_iter().collect(), own_bytes: bytes.capacity(), ..Kept::default() }
            }
            Stage::Delay { bytes, .. } => Kept { own_bytes: bytes.capacity(), ..Kept::default() },
            Stage::Stream { viewer, .. } => viewer.kept(),
            _ => Kept::default(),
        };
        if kept.own_bytes <= UNCOUNTED_BYTES {
            kept.own_bytes = 0;
        }
        kept
    }

    /// How long the socket has accepted no bytes although some wait to be sent.
    pub fn stuck_for(&self, now: Duration) -> Duration {
        let since = match &self.stage {
            Stage::Answer { stuck, .. } => Some(*stuck),
            Stage::Stream { viewer, .. } => viewer.stuck_since(),
            _ => None,
        };
        since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// Closes our side and waits for the peer to close its own.
    pub fn drain(&mut self, now: Duration) {
        // An error means that the peer has disconnected; the next read reports it.
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
        self.stage = Stage::Drain { since: now, left: DRAIN_BYTES };
    }

    /// Whether the time limit of this stage is exceeded. `request_timeout` limits the time until the request is
    /// complete; `send_timeout` limits how long the peer may accept no bytes.
    pub fn is_overdue(&self, now: Duration, request_timeout: Duration, send_timeout: Duration) -> bool {
        match &self.stage {
            Stage::Request(_) => now >= self.accepted_at + request_timeout,
            Stage::Answer { stuck, .. } => now >= *stuck + send_timeout,
            Stage::Stream { viewer, .. } => {
                // If the peer has closed its side, only sending shows whether it still reads. A silent source
                // sends nothing, so the send timeout applies to it too.
                let silent = self.half_closed.map(|since| since.max(viewer.last_sent()));
                let waiting = viewer.stuck_since().into_iter().chain(silent).min();
                waiting.is_some_and(|since| now >= since + send_timeout)
            }
            Stage::Drain { since, .. } => now >= *since + DRAIN_TIME,
            // These have their own deadline.
            Stage::Delay { .. } | Stage::Snapshot { .. } => false,
        }
    }
}

/// Sends slices with one system call.
pub fn send(socket: &Socket, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [slice] => socket.send(slice),
        slices => socket.send_vectored(slices),
    }
}
