//! Replays: viewers that receive a capture byte for byte.

use std::time::Duration;

use super::super::connection::Stage;
use super::super::layout::Layout;
use super::super::replay::Replays;
use super::super::viewer::Viewer;
use super::dispatch::limit_kernel_buffers;
use super::event_loop::Engine;

impl Engine {
    /// Turns a connection into a viewer of a replay, which starts now.
    pub(super) fn start_replay(&mut self, number: usize, stream: usize, target: &str, now: Duration) {
        let replays = self.streams.get_mut(stream).and_then(|stream| stream.replays.as_mut());
        let (Some(replays), Some(connection)) = (replays, self.connections.get_mut(number)) else { return };
        limit_kernel_buffers(&connection.socket, &self.settings);
        self.log.came(&connection.peer, target, &Layout::Auto.name(), now);
        self.attend_at = Duration::ZERO;
        let viewer = Viewer::replaying(replays.play(number));
        self.connections.start_stream(number, stream, viewer);
    }

    /// Gives the blocks that were read for a stream to its viewers, and sends what is due.
    pub(super) fn take_blocks(&mut self, stream: usize, now: Duration) {
        while let Some((key, block)) =
            self.streams.get(stream).and_then(|stream| stream.replays.as_ref()).and_then(Replays::take)
        {
            let Some(connection) = self.connections.get_mut(key.connection) else { continue };
            let Stage::Stream { viewer, .. } = &mut connection.stage else { continue };
            // A viewer that waits for its socket or for a time continues by itself.
            let is_starved = viewer.stuck_since().is_none() && viewer.wakes_at().is_none();
            let Some(replay) = viewer.replay() else { continue };
            if replay.take(key, block) && is_starved {
                self.drive(key.connection, now);
            }
        }
    }

    /// The stream whose replay this connection receives.
    pub(super) fn replayed(&mut self, number: usize) -> Option<usize> {
        match &mut self.connections.get_mut(number)?.stage {
            Stage::Stream { viewer, stream } => viewer.replay().map(|_| *stream),
            _ => None,
        }
    }

    /// Ends a stream whose replays end by themselves, after its last viewer has left.
    pub(super) fn end_replay(&mut self, stream: usize) {
        if self.connections.is_watched(stream) {
            return;
        }
        let now = self.clock.now();
        let Some(ended) = self.streams.get_mut(stream) else { return };
        if ended.replays.as_ref().is_some_and(Replays::end) {
            let update = ended.hub.finish(now);
            self.publish(stream, update, now);
        }
    }
}
