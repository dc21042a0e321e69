//! The client of one cell: sends the request, reads, and notes when each frame is complete.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::cell::Cell;
use super::frame_counter::FrameCounter;
use super::frame_timer::{FrameTimer, Halt};
use super::parts::Parts;
use super::server::PATIENCE;
use super::timeline::Timeline;
use crate::clock::Clock;

/// How long a read may block before the client checks the clock again.
const READ_TIMEOUT: Duration = Duration::from_millis(20);

/// Reads the stream of `cell` until the stream or the measurement ends. `started` holds the timer when the server has
/// read the request.
///
/// # Errors
///
/// If the connection fails, or the response differs from the frames that were sent.
pub fn watch(
    mut socket: TcpStream,
    cell: &Cell,
    parts: &Parts,
    clock: &Clock,
    halt: &Halt,
    started: &OnceLock<FrameTimer>,
) -> anyhow::Result<Timeline> {
    socket.set_read_timeout(Some(READ_TIMEOUT))?;
    let requested = clock.now();
    let request = format!("GET / HTTP/{}\r\nHost: {}\r\n\r\n", cell.http.number(), socket.peer_addr()?);
    socket.write_all(request.as_bytes()).context("cannot send the request")?;
    let end = || started.get().map_or(requested + PATIENCE, FrameTimer::end);
    let mut counter = FrameCounter::new(parts);
    let mut arrivals = Vec::new();
    let mut over = None;
    while over.is_none() && !halt.is_set() && clock.now() < end() {
        let len = match socket.read(counter.space()) {
            Ok(len) => len,
            Err(error) if is_retry(&error) => continue,
            Err(error) => return Err(error).context("cannot read the stream"),
        };
        let at = clock.now();
        if at >= end() {
            break;
        }
        let frames = counter.filled(len)?;
        arrivals.extend(std::iter::repeat_n(at, frames));
        if len == 0 || counter.is_over() {
            over = Some(at);
        }
    }
    let Some(start) = started.get().map(FrameTimer::started) else {
        ensure!(halt.is_set(), "the server did not read the request within {} s", PATIENCE.as_secs());
        return Ok(Timeline::default());
    };
    for at in arrivals.iter_mut().chain(&mut over) {
        *at = at.saturating_sub(start);
    }
    Ok(Timeline { requested_before: start.saturating_sub(requested), arrivals, over })
}

fn is_retry(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
