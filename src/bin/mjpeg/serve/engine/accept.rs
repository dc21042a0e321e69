//! Accepting connections.

use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Token};
use socket2::{SockAddr, Socket};

use super::super::connection::Connection;
use super::event_loop::Engine;
use crate::listen::socket::Accepted;

/// How long to wait before the next `accept` when descriptors or memory have run out.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// Most connections to accept before frames are served again.
const ACCEPT_BATCH: u32 = 256;

impl Engine {
    /// Accepts waiting connections.
    pub(super) fn accept(&mut self, now: Duration) {
        self.accept_at = None;
        let mut ready = std::mem::take(&mut self.ready);
        ready.sort_unstable();
        ready.dedup();
        for n in ready {
            for turn in 0.. {
                // Events are edge-triggered: there is none for connections that wait already.
                if turn == ACCEPT_BATCH {
                    // Viewers come first: accept more after the next poll.
                    self.accept_at = Some(now);
                    self.ready.push(n);
                    break;
                }
                let Some(listener) = self.listeners.get(n) else { break };
                match listener.accept() {
                    Accepted::Connection(socket, peer) => self.add_connection(socket, &peer, n, now),
                    Accepted::Lost => {}
                    Accepted::None => break,
                    Accepted::NoRoom => {
                        self.accept_at = Some(now + ACCEPT_RETRY);
                        self.ready.push(n);
                        break;
                    }
                }
            }
        }
    }

    /// Registers a new connection, or refuses it at the limit.
    fn add_connection(&mut self, socket: Socket, peer: &SockAddr, listener: usize, now: Duration) {
        if self.connections.len() >= self.settings.connections {
            // This short answer fits into the send buffer of a new socket.
            self.connections.count_refused(0);
            let _ = socket.send(&self.responder.answers.full());
            return;
        }
        let token = Token(self.connections.next_number());
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut SourceFd(&socket.as_raw_fd()), token, interest).is_ok() {
            let own = self.own_ports.get(&listener).copied();
            let mut connection = Connection::new(socket, peer.as_socket(), now);
            connection.own = own;
            self.connections.insert(connection);
        }
    }
}
