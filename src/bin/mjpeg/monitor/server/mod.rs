//! `--listen`: metrics, states, probes and a page over HTTP.
//!
//! Requests are few and answers are short, so each connection has a thread, of which there are not many. The head of a request
//! has a limit and a deadline (`listen/`), a client that waits makes room for others (`places.rs`), answers are printed by tiny_http's `Response`.

mod connection;
mod facts;
mod foreign;
mod metrics;
mod page;
mod places;
mod state;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub use self::facts::Facts;
use self::places::Places;
use crate::listen::socket::{Accepted, Listener};
use crate::output;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::threads;

/// The stack of a connection's thread: a probe may have a TLS handshake.
const STACK_BYTES: usize = 1024 * 1024;

/// Starts the thread that accepts connections. It ends at a signal.
///
/// # Errors
///
/// When the system refuses the thread.
pub fn start(facts: Facts, listener: Listener, stop: &Stop) -> Result<(), Problem> {
    output::message("monitor", &format!("metrics, states and probes: {}/", listener.base()));
    let (server, stop) = (Arc::new(facts), stop.clone());
    let accept = move || accept(&listener, &server, &stop);
    threads::start("server", 128 * 1024, accept).context("cannot start a thread")?;
    Ok(())
}

fn accept(listener: &Listener, server: &Arc<Facts>, stop: &Stop) {
    let places = Places::default();
    while stop.signal().is_none() {
        match listener.accept() {
            Accepted::Connection(socket, _) => {
                let socket = Arc::new(socket);
                // One too many is closed: its client tries again.
                let Some(place) = places.take(&socket) else { continue };
                let server = Arc::clone(server);
                let serve = move || connection::serve(&socket, &place, &server);
                // Without a thread, the connection and its place are dropped.
                let _ = threads::start("connection", STACK_BYTES, serve);
            }
            Accepted::Lost => {}
            Accepted::None => wait(listener, stop),
            Accepted::NoRoom => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Waits for a connection or a signal.
fn wait(listener: &Listener, stop: &Stop) {
    let socket = PollFd::new(&listener.socket, PollFlags::IN);
    let mut fds = [socket.clone(), socket];
    let fds = match stop.fd() {
        Some(fd) => {
            fds[1] = PollFd::from_borrowed_fd(fd, PollFlags::IN);
            &mut fds[..]
        }
        None => &mut fds[..1],
    };
    // An interrupted wait is one round of the caller's loop.
    let _ = poll(fds, Some(&Timespec { tv_sec: 10, tv_nsec: 0 }));
}
