//! One stream of the server: its name and its hub.

use std::rc::Rc;
use std::time::Duration;

use super::frame_source::Demand;
use super::hub::{Hub, Update};
use super::recipe::Recipe;
use super::replay::Replays;

/// A stream that viewers can request.
#[derive(Debug)]
pub struct Stream {
    /// The first segment of its paths: `/NAME/stream`. Empty for the first stream, which is at `/stream`.
    pub name: String,
    /// The name of the source, without passwords.
    pub source: String,
    /// Its frames.
    pub hub: Hub,
    /// The replays of a recording with its times. Then the hub publishes no frames.
    pub replays: Option<Replays>,
    /// Whether a snapshot was requested since the last frame.
    pub snapshot_taken: bool,
    /// The deadline that the engine has for this stream.
    pub deadline: Option<Duration>,
}

impl Stream {
    /// A stream without viewers.
    pub fn new(name: String, source: String, hub: Hub) -> Self {
        Self { name, source, hub, replays: None, snapshot_taken: false, deadline: None }
    }

    /// Whether viewers receive a recording as it was received.
    pub fn is_replay(&self) -> bool {
        self.replays.is_some()
    }

    /// The head of the response to a viewer.
    pub fn response_head(&self) -> Option<Rc<[u8]>> {
        let recorded = self.replays.as_ref().map(Replays::head).filter(|head| !head.is_empty());
        recorded.or_else(|| self.hub.recipe(0).map(Recipe::response_head))
    }

    /// Publishes the next frame if it is due or has arrived. `watched` says whether the stream has viewers.
    pub fn poll(&mut self, now: Duration, watched: bool) -> Update {
        let demand = if watched || self.snapshot_taken { Demand::Some } else { Demand::None };
        let update = self.hub.poll(now, demand);
        if update != Update::None {
            self.snapshot_taken = false;
        }
        update
    }
}
