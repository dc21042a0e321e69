//! The state of all cameras of a farm.

use std::time::Duration;

use super::super::report::{CameraState, FarmState};
use super::event_loop::Engine;
use crate::clock::time_of_day;
use crate::output::ms;
use crate::value::Rate;

impl Engine {
    /// The state of the farm, for `/state` and the wall.
    pub(super) fn farm_state(&self, now: Duration) -> FarmState {
        let cameras: Vec<_> =
            (0..self.streams.len()).filter_map(|index| self.camera_state(index, now)).collect();
        FarmState {
            schema: "mjpeg.farm/1",
            time: time_of_day(self.clock.unix()),
            uptime_s: (now - self.started).as_secs_f64(),
            connections: self.connections.len() as u64,
            viewers: self.connections.viewers() as u64,
            healthy: cameras.iter().filter(|camera| camera.healthy).count() as u64,
            cameras,
        }
    }

    fn camera_state(&self, index: usize, now: Duration) -> Option<CameraState> {
        let stream = self.streams.get(index)?;
        let facts = stream.facts.as_deref();
        let patience = stream.relayed.as_ref().map_or(self.settings.patience, |relayed| relayed.patience);
        let (hub, totals) = (&stream.hub, self.connections.totals(index));
        Some(CameraState {
            name: stream.name.clone(),
            source: stream.source.clone(),
            dialect: facts.and_then(|facts| facts.dialect.clone()),
            faults: facts.map(|facts| facts.faults.to_vec()).unwrap_or_default(),
            protected: facts.is_some_and(|facts| facts.is_protected),
            url: facts.and_then(|facts| facts.url.clone()),
            healthy: hub.is_healthy(now, patience),
            fps_asked: hub.stats().pace.rate().map(Rate::fps),
            fps: hub.fps(now),
            frame_age_ms: hub.age(now).map(ms),
            sent_age_ms: self.sent_age(index, now).map(ms),
            frames: hub.count().frames,
            viewers: self.connections.watching(index) as u64,
            frames_sent: totals.frames_sent,
            bytes_sent: totals.bytes_sent,
        })
    }

    /// How long ago the end of a picture was last sent to a viewer of a stream, or a viewer came that was sent none yet. `None`
    /// without a viewer that takes bytes.
    fn sent_age(&self, index: usize, now: Duration) -> Option<Duration> {
        let viewers = self.connections.viewers_of(index);
        // A viewer that reads nothing says nothing about the camera.
        let times = viewers
            .filter(|(_, viewer)| viewer.stuck_since().is_none())
            .map(|(connection, viewer)| viewer.last_picture().unwrap_or(connection.accepted_at));
        times.max().map(|at| now.saturating_sub(at))
    }
}
