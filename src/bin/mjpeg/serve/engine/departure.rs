//! How connections end.

use std::time::Duration;

use super::super::connection::{Connection, Stage};
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
        let awaited = match self.connections.get_mut(number).map(|connection| &connection.stage) {
            Some(Stage::Snapshot { stream, .. }) => Some(*stream),
            _ => None,
        };
        if self.connections.close(number) && self.accept_at.is_some() {
            self.accept_at = Some(Duration::ZERO);
        }
        if let Some(stream) = awaited {
            self.end_wait(stream);
        }
        if let Some(stream) = replayed {
            self.end_replay(stream);
        }
    }

    /// A client that waited for a snapshot of a stream has disconnected. If it was the last one, the camera is not needed for it.
    fn end_wait(&mut self, stream: usize) {
        let waits = |connection: &Connection| matches!(connection.stage, Stage::Snapshot { stream: awaited, .. } if awaited == stream);
        if self.connections.iter().any(|(_, connection)| waits(connection)) {
            return;
        }
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.snapshot_taken &= stream.relayed.is_none();
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
