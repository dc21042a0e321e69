//! How connections end.

use std::time::Duration;

use super::super::connection::Stage;
use super::super::report::Totals;
use super::super::viewer::Viewer;
use super::super::viewer_log::Reason;
use super::event_loop::Engine;

impl Engine {
    /// Closes a connection whose peer has disconnected.
    pub(super) fn close(&mut self, number: usize) {
        self.close_for(number, Reason::Disconnected);
    }

    /// Closes a connection.
    pub(super) fn close_for(&mut self, number: usize, reason: Reason) {
        self.count_viewer(number, reason);
        if self.connections.try_remove(number).is_some() && self.accept_at.is_some() {
            self.accept_at = Some(Duration::ZERO);
        }
    }

    /// Closes our side of a viewer that received everything.
    pub(super) fn finish_viewer(&mut self, number: usize, now: Duration) {
        self.count_viewer(number, Reason::StreamEnded);
        if let Some(connection) = self.connections.get_mut(number) {
            connection.drain(now);
        }
    }

    /// Writes to the log which viewers are left when the server stops.
    pub(super) fn log_rest(&mut self) {
        for number in 0..self.connections.capacity() {
            self.count_viewer(number, Reason::Stopped);
        }
        self.log.flush();
    }

    /// If the connection is a viewer: adds its counters to the totals, because it leaves.
    fn count_viewer(&mut self, number: usize, reason: Reason) {
        let Some(connection) = self.connections.get(number) else { return };
        let Stage::Stream(viewer) = &connection.stage else { return };
        self.viewers -= 1;
        add(&mut self.totals, viewer);
        let now = self.clock.now();
        self.log.left(
            &connection.peer,
            now.saturating_sub(connection.accepted_at),
            viewer.count,
            reason,
            now,
        );
    }
}

/// Adds the counters of a viewer to the totals.
pub(super) fn add(totals: &mut Totals, viewer: &Viewer) {
    totals.frames_sent += viewer.count.sent;
    totals.frames_skipped += viewer.count.skipped;
    totals.bytes_sent += viewer.count.bytes;
}
