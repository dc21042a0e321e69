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
    let Taken { trace, start, duration } = read(&socket, requested, length, clock, stop);
    if let Some(failure) = failure(&trace, start.is_some(), request, target, stop) {
        return Err(failure);
    }
    // Without a byte of a body: a refusal, silence behind a head, or a signal.
    let start = start.unwrap_or(requested);
    let watched = clock.now().min(start + duration) - start;
    Ok(Watched { trace, start, length: watched.max(length.least) })
}

/// What was read.
struct Taken {
    trace: Trace,
    /// When the first bytes of the body came.
    start: Option<Duration>,
    /// How long it was to be read from there on.
    duration: Duration,
}

/// Reads until enough has come, the stream has ended, or a signal comes.
fn read(socket: &Socket, requested: Duration, length: &Length<'_>, clock: &Clock, stop: &Stop) -> Taken {
    let mut trace = Trace::new();
    let mut buffer = PageBuffer::zeroed(READ_BYTES);
    let (mut reader, mut start, mut duration) = (socket, None, length.least);
    loop {
        let now = clock.now();
        let passed = start.map_or(Duration::ZERO, |start| now.saturating_sub(start));
        if passed >= duration && duration < length.most() && (length.is_too_short)(&trace, now) {
            duration = (passed + LOOK).min(length.most());
        }
        let end = start.map_or(requested + PATIENCE, |start| start + duration);
        if now >= end || trace.is_over() || is_refused(&trace) || stop.signal().is_some() {
            break;
        }
        match reader.read(&mut buffer) {
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
                let mut files = [PollFd::new(socket, PollFlags::IN)];
                // An interruption or an error shows in the next read.
                let _ = poll(&mut files, Some(&timeout));
            }
            Err(_) => {
                trace.finish(clock.now(), End::Reset);
                break;
            }
        }
    }
    Taken { trace, start, duration }
}

fn is_refused(trace: &Trace) -> bool {
    trace.head().is_some_and(|head| !(200..300).contains(&head.status))
}

/// Why there is no stream, if there is none. `has_body`: whether a byte of a body came.
fn failure(
    trace: &Trace,
    has_body: bool,
    request: &PlainRequest,
    target: &str,
    stop: &Stop,
) -> Option<Failure> {
    let failed = |exit: Exit, why: &str| Some(Failure::new(exit, anyhow!("{target}: {why}")));
    if !trace.has_begun && matches!(trace.end, Some((_, End::Closed))) {
        return failed(Exit::Stalled, "the connection was closed without a response head");
    }
    let (is_refused, is_stopped) = (is_refused(trace), stop.signal().is_some());
    let has_ended = trace.error.is_some() || trace.end.is_some();
    let is_silent = trace.head().is_none() || has_ended;
    if !has_body && is_silent && !is_refused && !is_stopped {
        return match (&trace.error, trace.end) {
            (Some(error), _) => failed(Exit::NotAStream, &error.to_string()),
            (None, Some((_, End::Reset))) => failed(Exit::Stalled, RESET),
            (None, Some(_)) => failed(Exit::Stalled, "the connection ended without a response"),
            (None, None) => failed(Exit::Stalled, &format!("no response within {} s", PATIENCE.as_secs())),
        };
    }
    let is_reset = matches!(trace.end, Some((_, End::Reset)));
    if trace.parts.is_empty() && is_reset && !is_stopped {
        return failed(Exit::Stalled, RESET);
    }
    if let Some(content_type) = trace.single_picture().filter(|_| !is_refused && !is_reset) {
        return Some(Obstacle::picture(&content_type).failure(target));
    }
    if trace.parts.is_empty() && has_ended && !is_refused && !is_stopped {
        let why =
            trace.error.as_ref().map_or("the response ended without a frame".into(), ToString::to_string);
        let page = trace.head().and_then(|head| request.page(head, &trace.first));
        return Some(Obstacle::foreign(why, page).failure(target));
    }
    None
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
