//! Reads a stream for a time, and notes when its bytes come.

use std::io::{self, Read, Write};
use std::time::Duration;

use anyhow::anyhow;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockAddr, Socket, Type};

use super::trace::{End, Trace};
use crate::bench::obstacle::Obstacle;
use crate::bench::page::PageBuffer;
use crate::bench::viewers::{Over, sentence};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::signal::Stop;
use crate::transport::PlainRequest;

/// Bytes of one read.
const READ_BYTES: usize = 64 << 10;
/// How long to wait for a connection and for the head of the response.
const PATIENCE: Duration = Duration::from_secs(10);
/// A measurement that shows too little may take so many times as long, and this much longer.
const MOST_TIMES: u32 = 5;
const MOST_MORE: Duration = Duration::from_secs(60);
/// The longest wait before the next look for signals.
const LOOK: Duration = Duration::from_millis(100);

/// A trace, and the time from its first byte to its end.
pub struct Watched {
    /// What came. Times count from the request.
    pub trace: Trace,
    /// When the measurement began: at the first byte of the body.
    pub start: Duration,
    /// How long it took.
    pub length: Duration,
}

/// How long a stream is read from its first byte on.
pub struct Length<'a> {
    /// At least this long.
    pub least: Duration,
    /// And longer while this says that too little has come, given what came and the time.
    pub is_too_short: &'a dyn Fn(&Trace, Duration) -> bool,
}

impl Length<'_> {
    /// The longest.
    fn most(&self) -> Duration {
        (self.least * MOST_TIMES).min(self.least + MOST_MORE)
    }
}

/// Requests the stream, and reads it.
///
/// # Errors
///
/// If there is no stream.
pub fn watch(
    request: &PlainRequest,
    addresses: &[SockAddr],
    length: &Length<'_>,
    target: &str,
    clock: &Clock,
    stop: &Stop,
) -> Result<Watched, Failure> {
    let mut authorization = None;
    loop {
        let watched = watch_once(request, authorization.as_deref(), addresses, length, target, clock, stop)?;
        let refusal = watched.trace.head().filter(|head| !(200..300).contains(&head.status)).cloned();
        let Some(refusal) = refusal else { return Ok(watched) };
        if refusal.status == 401 && authorization.is_none() {
            authorization = request.answer(&refusal).ok();
            if authorization.is_some() {
                continue;
            }
        }
        return Err(Obstacle::of(Over::Refusal(Box::new(refusal)), false, request, clock).failure(target));
    }
}

/// The system names no cause.
const RESET: &str = "the connection was reset";

fn watch_once(
    request: &PlainRequest,
    authorization: Option<&[u8]>,
    addresses: &[SockAddr],
    length: &Length<'_>,
    target: &str,
    clock: &Clock,
    stop: &Stop,
) -> Result<Watched, Failure> {
    let unreachable =
        |error: io::Error| Failure::new(Exit::Unreachable, anyhow!("{target}: {}", sentence(&error)));
    let socket = connect(addresses).map_err(unreachable)?;
    socket.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
    let requested = clock.now();
    (&socket).write_all(&request.head(authorization)).map_err(unreachable)?;
    socket.set_nonblocking(true).map_err(unreachable)?;
    let mut trace = Trace::new();
    let mut buffer = PageBuffer::zeroed(READ_BYTES);
    let (mut start, mut duration) = (None, length.least);
    loop {
        let now = clock.now();
        let passed = start.map_or(Duration::ZERO, |start| now.saturating_sub(start));
        if passed >= duration && duration < length.most() && (length.is_too_short)(&trace, now) {
            duration = (passed + LOOK).min(length.most());
        }
        let end = start.map_or(requested + PATIENCE, |start| start + duration);
        let is_refused = trace.head().is_some_and(|head| !(200..300).contains(&head.status));
        if now >= end || trace.is_over() || is_refused || stop.signal().is_some() {
            break;
        }
        match (&socket).read(&mut buffer) {
            Ok(0) => {
                trace.finish(clock.now(), End::Closed);
                break;
            }
            Ok(n) => {
                let at = clock.now();
                trace.take(&buffer[..n], at);
                if !trace.reads.is_empty() {
                    start.get_or_insert(at);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let timeout = Timespec::try_from((end - now).min(LOOK)).unwrap_or_default();
                let mut files = [PollFd::new(&socket, PollFlags::IN)];
                // An interruption or an error shows in the next read.
                let _ = poll(&mut files, Some(&timeout));
            }
            Err(_) => {
                trace.finish(clock.now(), End::Reset);
                break;
            }
        }
    }
    let is_refused = trace.head().is_some_and(|head| !(200..300).contains(&head.status));
    if !trace.has_begun && matches!(trace.end, Some((_, End::Closed))) {
        return Err(Failure::new(
            Exit::Stalled,
            anyhow!("{target}: the connection was closed without a response head"),
        ));
    }
    let is_silent = trace.head().is_none() || trace.error.is_some() || trace.end.is_some();
    let Some(start) =
        start.or_else(|| (is_refused || !is_silent || stop.signal().is_some()).then_some(requested))
    else {
        let (exit, why) = match (&trace.error, trace.end) {
            (Some(error), _) => (Exit::NotAStream, error.to_string()),
            (None, Some((_, End::Reset))) => (Exit::Stalled, RESET.into()),
            (None, Some(_)) => (Exit::Stalled, "the connection ended without a response".into()),
            (None, None) => (Exit::Stalled, format!("no response within {} s", PATIENCE.as_secs())),
        };
        return Err(Failure::new(exit, anyhow!("{target}: {why}")));
    };
    let has_ended = trace.error.is_some() || trace.end.is_some();
    let is_reset = matches!(trace.end, Some((_, End::Reset)));
    if trace.parts.is_empty() && is_reset && stop.signal().is_none() {
        return Err(Failure::new(Exit::Stalled, anyhow!("{target}: {RESET}")));
    }
    if let Some(content_type) = trace.single_picture().filter(|_| !is_refused && !is_reset) {
        return Err(Obstacle::picture(&content_type).failure(target));
    }
    if trace.parts.is_empty() && has_ended && !is_refused && stop.signal().is_none() {
        let why =
            trace.error.as_ref().map_or("the response ended without a frame".into(), ToString::to_string);
        let page = trace.head().and_then(|head| request.page(head, &trace.first));
        return Err(Obstacle::foreign(why, page).failure(target));
    }
    let watched = clock.now().min(start + duration) - start;
    Ok(Watched { trace, start, length: watched.max(length.least) })
}

/// Connects to the first address that accepts.
fn connect(addresses: &[SockAddr]) -> io::Result<Socket> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        let socket = Socket::new(Domain::from(i32::from(address.family())), Type::STREAM, None)?;
        let connected = match address.as_socket() {
            Some(_) => socket.connect_timeout(address, PATIENCE),
            None => socket.connect(address),
        };
        match connected {
            Ok(()) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
