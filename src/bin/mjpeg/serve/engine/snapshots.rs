//! Snapshots: requests for one picture, which may wait for it.

use std::time::Duration;

use super::super::connection::{SharedBody, Stage};
use super::super::hub::Snapshot;
use super::event_loop::Engine;
use crate::listen::answer::Body;

/// How long a snapshot waits for the first frame of a source that has just started.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(1);

impl Engine {
    /// Answers a request for a snapshot, or lets it wait for a source that has just started.
    pub(super) fn start_snapshot(
        &mut self,
        number: usize,
        stream: usize,
        names: Vec<String>,
        body: Body,
        now: Duration,
    ) {
        let Some(requested) = self.streams.get_mut(stream) else { return };
        if self.settings.snapshots_start_sources {
            requested.snapshot_taken = true;
            let update = requested.start(names, now);
            self.publish(stream, update, now);
        }
        let Some(requested) = self.streams.get_mut(stream) else { return };
        if matches!(requested.snapshot(now), Snapshot::Soon) {
            let until = now + requested.head_patience().unwrap_or(SNAPSHOT_TIMEOUT);
            self.connections.await_snapshot(number, stream);
            self.wait(number, Stage::Snapshot { stream, body, until });
        } else {
            self.answer_snapshot(number, stream, body, now);
        }
    }

    /// Answers a request for a snapshot with what there is now.
    pub(super) fn answer_snapshot(&mut self, number: usize, stream: usize, body: Body, now: Duration) {
        let Some(requested) = self.streams.get_mut(stream) else { return };
        let found = match requested.snapshot(now) {
            Snapshot::Part(part) => Some((part, None)),
            Snapshot::Soon | Snapshot::None => {
                // Without viewers a camera is wanted for some time more, not until it is back.
                requested.snapshot_taken &= requested.relayed.is_none();
                requested.old_snapshot(now).map(|(part, age)| (part, Some(age)))
            }
        };
        let Some((part, age)) = found else {
            let bytes = self.responder.answers.no_picture(&requested.absence(now), body);
            return self.answer(number, bytes, now);
        };
        let head = self.responder.answers.snapshot(part.jpeg().len(), part.taken(), age);
        let shared = if body == Body::Sent { SharedBody::Picture(part) } else { SharedBody::None };
        self.answer_with(number, head, shared, now);
    }

    /// Answers the requests for snapshots that wait for a frame of this stream.
    pub(super) fn answer_snapshots(&mut self, stream: usize, now: Duration) {
        if !self.connections.has_snapshots(stream) {
            return;
        }
        let Some(requested) = self.streams.get_mut(stream) else { return };
        if matches!(requested.snapshot(now), Snapshot::Soon) {
            // An old frame was sent again.
            requested.snapshot_taken = true;
            return;
        }
        for number in self.connections.take_snapshots(stream) {
            let Some(connection) = self.connections.get_mut(number) else { continue };
            if let Stage::Snapshot { stream: awaited, body, .. } = connection.stage
                && awaited == stream
            {
                self.answer_snapshot(number, stream, body, now);
                self.drive(number, now);
            }
        }
    }

    /// Answers the requests for snapshots that wait for a camera, if it is lost.
    pub(super) fn report_loss(&mut self, stream: usize, now: Duration) {
        if self.streams.get(stream).is_some_and(|stream| stream.relayed.is_some()) {
            self.answer_snapshots(stream, now);
        }
    }
}
