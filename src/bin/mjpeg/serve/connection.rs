//! One connection, from its request to its end.

use std::io::{self, Read};
use std::rc::Rc;
use std::time::Duration;

use socket2::Socket;

use super::part::Part;
use super::viewer::Viewer;
use crate::listen::head::{HeadStatus, RequestHead};

/// Time a peer may take to close its side once we have closed ours.
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// Bytes that are read and thrown away while waiting for that.
const DRAIN_BYTES: usize = 1 << 20;

/// Bytes of an answer that do not count.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// A connection and what it is doing.
#[derive(Debug)]
pub struct Connection {
    /// Its socket.
    pub socket: Socket,
    /// Who is at the other end, for the log.
    pub peer: String,
    /// When it was accepted.
    pub accepted_at: Duration,
    /// Since when the peer has closed its side: it has gone, or it only has nothing more to say.
    pub half_closed: Option<Duration>,
    /// What it is doing.
    pub stage: Stage,
}

/// What a connection is doing.
#[derive(Debug)]
pub enum Stage {
    /// Its request is coming in.
    Request(RequestHead),
    /// A finite answer is going out.
    Answer {
        /// The answer, as far as it was printed for this request.
        bytes: Vec<u8>,
        /// What follows.
        shared: SharedBody,
        /// How much of both has left.
        sent: usize,
        /// Since when none has left.
        stuck: Duration,
    },
    /// An answer waits for its time.
    Delay {
        /// The answer.
        bytes: Vec<u8>,
        /// When it goes out.
        until: Duration,
    },
    /// The stream is going out.
    Stream(Box<Viewer>),
    /// Everything has left and our side is closed. Closing the socket while bytes of the peer are unread
    /// would reset the connection, and what is on its way would be lost.
    Drain {
        /// Since when.
        since: Duration,
        /// Bytes that may still be thrown away.
        left: usize,
    },
}

/// The end of an answer that is there already, so that no copy of it waits for somebody slow.
#[derive(Debug, Clone)]
pub enum SharedBody {
    /// All was printed.
    None,
    /// A text of ours.
    Text(&'static str),
    /// The picture of a part.
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

/// What to do with a connection after an event.
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
    /// A connection whose request is awaited.
    pub fn new(socket: Socket, peer: String, now: Duration) -> Self {
        Self {
            socket,
            peer,
            accepted_at: now,
            half_closed: None,
            stage: Stage::Request(RequestHead::default()),
        }
    }

    /// Goes on as far as the socket lets it, with anything but the stream.
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
                Stage::Stream(_) | Stage::Delay { .. } => Step::Wait,
            };
            return step;
        }
    }

    /// Starts a finite answer.
    pub fn answer(&mut self, bytes: Vec<u8>, shared: SharedBody, now: Duration) {
        self.stage = Stage::Answer { bytes, shared, sent: 0, stuck: now };
    }

    /// The parts that stay in memory because of this connection.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        let (picture, viewer) = match &self.stage {
            Stage::Answer { shared: SharedBody::Picture(part), .. } => (Some(part), None),
            Stage::Stream(viewer) => (None, Some(viewer)),
            _ => (None, None),
        };
        picture.into_iter().chain(viewer.into_iter().flat_map(|viewer| viewer.parts()))
    }

    /// Bytes of an answer that nobody else holds. A head weighs no more than the shared of a connection.
    pub fn answer_bytes(&self) -> usize {
        let bytes = match &self.stage {
            Stage::Answer { bytes, .. } | Stage::Delay { bytes, .. } => bytes.capacity(),
            _ => 0,
        };
        if bytes > UNCOUNTED_BYTES { bytes } else { 0 }
    }

    /// How long bytes have waited for the peer without one of them leaving.
    pub fn stuck_for(&self, now: Duration) -> Duration {
        let since = match &self.stage {
            Stage::Answer { stuck, .. } => Some(*stuck),
            Stage::Stream(viewer) => viewer.stuck_since(),
            _ => None,
        };
        since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// Closes our side and waits for the peer to close its own.
    pub fn drain(&mut self, now: Duration) {
        // The peer may have gone already; the next read then says so.
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
        self.stage = Stage::Drain { since: now, left: DRAIN_BYTES };
    }

    /// Whether the peer has let its time run out: `request_timeout` for its request in all, however
    /// busily the bytes drip in, `send_timeout` for taking nothing while bytes wait for it.
    pub fn is_overdue(&self, now: Duration, request_timeout: Duration, send_timeout: Duration) -> bool {
        match &self.stage {
            Stage::Request(_) => now >= self.accepted_at + request_timeout,
            Stage::Answer { stuck, .. } => now >= *stuck + send_timeout,
            Stage::Stream(viewer) => {
                // Whether somebody who has closed its side is still there only bytes can show. Of a silent source
                // there are none.
                let silent = self.half_closed.map(|since| since.max(viewer.last_sent()));
                let waiting = viewer.stuck_since().into_iter().chain(silent).min();
                waiting.is_some_and(|since| now >= since + send_timeout)
            }
            Stage::Drain { since, .. } => now >= *since + DRAIN_TIME,
            Stage::Delay { until, .. } => now >= *until,
        }
    }
}
