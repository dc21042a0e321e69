//! The end of the server.

use std::time::Duration;

use super::super::connection::Stage;
use super::super::viewer_log::Reason;
use super::event_loop::Engine;

/// How long viewers may take to receive the last part after a signal.
const SHUTDOWN_TIME: Duration = Duration::from_millis(800);

impl Engine {
    /// Whether the run has ended.
    pub(super) fn is_over(&self) -> bool {
        self.shutdown_at.is_some_and(|until| self.clock.now() >= until || self.is_everything_sent())
    }

    /// Whether the kernel has all bytes for all peers. It delivers them after this process has ended, too.
    fn is_everything_sent(&self) -> bool {
        self.connections.iter().all(|(_, connection)| matches!(connection.stage, Stage::Drain { .. }))
    }

    /// Ends all streams after a signal.
    pub(super) fn stop_streams(&mut self, now: Duration) {
        let updates: Vec<_> = self.streams.iter_mut().map(|stream| stream.hub.finish(now)).collect();
        self.begin_shutdown(now + SHUTDOWN_TIME);
        for (stream, update) in updates.into_iter().enumerate() {
            self.publish(stream, update, now);
        }
    }

    /// Stops listening and closes connections without a complete request. The run ends when the others are done,
    /// or at `until`.
    pub(super) fn begin_shutdown(&mut self, until: Duration) {
        self.shutdown_at = Some(until);
        self.attend_at = Duration::ZERO;
        self.listeners.clear();
        let streams = &self.streams;
        let over = self.connections.select(|connection| match connection.stage {
            Stage::Request(_) | Stage::Delay { .. } => true,
            Stage::Stream { stream, .. } | Stage::Snapshot { stream, .. } => {
                streams.get(stream).is_none_or(|stream| stream.hub.newest(0).is_none())
            }
            _ => false,
        });
        for number in over {
            self.close_for(number, Reason::Stopped);
        }
    }
}
