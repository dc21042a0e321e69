//! One stream of the server: its name and its hub.

use std::rc::Rc;
use std::time::Duration;

use super::farm::Facts;
use super::frame_source::Demand;
use super::hub::{Hub, Snapshot, Update};
use super::part::Part;
use super::recipe::Recipe;
use super::relayed::{Absence, Relayed};
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
    /// The camera, if the stream is the relay of a URL.
    pub relayed: Option<Relayed>,
    /// What is known of a camera of a farm.
    pub facts: Option<Box<Facts>>,
    /// Whether a snapshot was requested since the last frame.
    pub snapshot_taken: bool,
    /// The deadline that the engine has for this stream.
    pub deadline: Option<Duration>,
}

impl Stream {
    /// A stream without viewers.
    pub fn new(name: String, source: String, hub: Hub) -> Self {
        Self {
            name,
            source,
            hub,
            replays: None,
            relayed: None,
            facts: None,
            snapshot_taken: false,
            deadline: None,
        }
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

    /// How long the head of a response waits for the first picture. `None`: it is sent at once.
    pub fn head_patience(&self) -> Option<Duration> {
        self.relayed.as_ref().map(Relayed::patience)
    }

    /// Starts the source if it is paused. The request that needs it has passed the relays `names`.
    pub fn start(&mut self, names: Vec<String>, now: Duration) -> Update {
        if let Some(relayed) = &mut self.relayed {
            relayed.link.pass_on(names);
            if relayed.is_stale_ok
                && let Some(newest) = self.hub.newest(0)
            {
                relayed.last = Some(Rc::clone(newest));
            }
        }
        self.hub.start(now)
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

    /// The picture for a snapshot. Of a camera that is lost there is none, unless it is new enough.
    pub fn snapshot(&mut self, now: Duration) -> Snapshot {
        let found = self.hub.snapshot();
        let Some(relayed) = &self.relayed else { return found };
        let is_new = self.hub.age(now).is_some_and(|age| age < relayed.patience);
        match found {
            Snapshot::Part(part) if is_new => Snapshot::Part(part),
            _ if relayed.is_lost() => Snapshot::None,
            _ => Snapshot::Soon,
        }
    }

    /// An old picture for a snapshot and its age, if that is allowed and there is one.
    pub fn old_snapshot(&self, now: Duration) -> Option<(Rc<Part>, Duration)> {
        let relayed = self.relayed.as_ref().filter(|relayed| relayed.is_stale_ok)?;
        let part = self.hub.newest(0).or(relayed.last.as_ref())?;
        Some((Rc::clone(part), self.hub.age(now)?))
    }

    /// Why there is no picture.
    pub fn absence(&self, now: Duration) -> Absence {
        match &self.relayed {
            Some(relayed) => relayed.absence(&self.source, self.hub.age(now), now),
            None => Absence::not_yet(),
        }
    }
}
