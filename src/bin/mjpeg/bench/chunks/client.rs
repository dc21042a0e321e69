//! The client of one cell: asks, reads, and notes when each frame was complete.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::cell::Cell;
use super::course::Course;
use super::pace::{Halt, Pace};
use super::parts::Parts;
use super::reception::Reception;
use super::server::PATIENCE;
use crate::clock::Clock;

/// How long a read may block before the client looks at the clock again.
const NAP: Duration = Duration::from_millis(20);

/// Watches the stream of `cell` until it or the measurement is over. `started` holds the pace as soon
/// as the server has read the request.
///
/// # Errors
///
/// When the connection fails, or what arrives is not the frames that were sent.
pub fn watch(
    mut socket: TcpStream,
    cell: &Cell,
    parts: &Parts,
    clock: &Clock,
    halt: &Halt,
    started: &OnceLock<Pace>,
) -> anyhow::Result<Course> {
    socket.set_read_timeout(Some(NAP))?;
    let asked = clock.now();
    let request = format!("GET / HTTP/{}\r\nHost: {}\r\n\r\n", cell.http.number(), socket.peer_addr()?);
    socket.write_all(request.as_bytes()).context("cannot send the request")?;
    let end = || started.get().map_or(asked + PATIENCE, Pace::end);
    let mut reception = Reception::new(parts);
    let mut arrivals = Vec::new();
    let mut over = None;
    while over.is_none() && !halt.asked() && clock.now() < end() {
        let len = match socket.read(reception.space()) {
            Ok(len) => len,
            Err(error) if is_nothing_yet(&error) => continue,
            Err(error) => return Err(error).context("cannot read the stream"),
        };
        let at = clock.now();
        if at >= end() {
            break;
        }
        let frames = reception.filled(len)?;
        arrivals.extend(std::iter::repeat_n(at, frames));
        if len == 0 || reception.is_over() {
            over = Some(at);
        }
    }
    let Some(start) = started.get().map(Pace::started) else {
        ensure!(halt.asked(), "the server did not read the request within {} s", PATIENCE.as_secs());
        return Ok(Course::default());
    };
    for at in arrivals.iter_mut().chain(&mut over) {
        *at = at.saturating_sub(start);
    }
    Ok(Course { asked_before: start.saturating_sub(asked), arrivals, over })
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
