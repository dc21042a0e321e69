//! How connections end.

use std::time::Duration;

use super::super::connection::Stage;
use super::super::viewer_log::Reason;
use super::event_loop::Engine;

impl Engine {
    /// Closes a connection whose peer has disconnected.
    pub(super) fn close(&mut self, number: usize) {
        self.close_for(number, Reason::Disconnected);
    }

    /// Closes a connection.
    pub(super) fn close_for(&mut self, number: usize, reason: Reason) {
        self.log_viewer(number, reason);
        let replayed = self.replayed(number);
        if self.connections.close(number) && self.accept_at.is_some() {
            self.accept_at = Some(Duration::ZERO);
        }
        if let Some(stream) = replayed {
            self.end_replay(stream);
        }
    }

    /// Resets a connection.
    pub(super) fn reset(&mut self, number: usize) {
        if let Some(connection) = self.connections.get_mut(number) {
            // Closing a socket that does not linger resets the connection.
            let _ = connection.socket.set_linger(Some(Duration::ZERO));
        }
        self.close(number);
    }

    /// Closes our side of a viewer that received everything.
    pub(super) fn finish_viewer(&mut self, number: usize, now: Duration) {
        self.log_viewer(number, Reason::StreamEnded);
        let replayed = self.replayed(number);
        self.connections.finish_viewer(number, now);
        if let Some(stream) = replayed {
            self.end_replay(stream);
        }
    }

    /// Writes to the log which viewers are left when the server stops.
    pub(super) fn log_rest(&mut self) {
        for number in self.connections.select(|connection| matches!(connection.stage, Stage::Stream { .. })) {
            self.log_viewer(number, Reason::Stopped);
        }
        self.log.flush();
    }

    /// Writes to the log that a connection is no longer a viewer, if it was one.
    pub(super) fn log_viewer(&mut self, number: usize, reason: Reason) {
        let now = self.clock.now();
        self.attend_at = Duration::ZERO;
        let Some(connection) = self.connections.get_mut(number) else { return };
        if let Stage::Stream { viewer, .. } = &connection.stage {
            let after = now.saturating_sub(connection.accepted_at);
            self.log.left(&connection.peer, after, viewer.count, reason, now);
        }
    }
}
