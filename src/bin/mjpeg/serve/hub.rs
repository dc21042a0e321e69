//! The hub of one stream: it keeps the newest part of each recipe, and makes the next one when the source has it.

use std::rc::Rc;
use std::time::Duration;

use super::encoded::Encoded;
use super::frame_source::{Demand, Frame, FrameSource, Pace, Polled, Stats, Upcoming};
use super::health::Health;
use super::part::{Part, Trailer};
use super::recipe::Recipe;
use super::recipes::Recipes;
use super::rendition::Rendition;
use crate::source::error::Error;

/// The result of a call to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// A new part to send.
    Part,
    /// A new part, the last one.
    LastPart,
    /// The stream ended without another part.
    End,
    /// Nothing changed.
    None,
}

/// The picture for a snapshot.
#[derive(Debug)]
pub enum Snapshot {
    /// This part has it.
    Part(Rc<Part>),
    /// The source has just started. The next part has it.
    Soon,
    /// There is none yet.
    None,
}

/// Holds the newest part, and the next frame if the source knows it. It never waits for viewers or for the source.
#[derive(Debug)]
pub struct Hub {
    source: Box<dyn FrameSource>,
    renditions: Vec<Rendition>,
    /// Number of the newest part; also the count of parts.
    number: u64,
    health: Health,
    closed: bool,
    count: Count,
}

/// Counters of the hub.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// Frames published.
    pub frames: u64,
    /// Frames sent again because the source was silent.
    pub repeated: u64,
}

impl Hub {
    /// Creates a hub that has published no frame, for at least one recipe.
    pub fn new(source: Box<dyn FrameSource>, recipes: &Recipes) -> Self {
        Self {
            source,
            renditions: recipes.iter().map(|recipe| Rendition::new(Rc::clone(recipe))).collect(),
            number: 0,
            health: Health::new(),
            closed: false,
            count: Count::default(),
        }
    }

    /// The newest part in a recipe.
    pub fn newest(&self, recipe: usize) -> Option<&Rc<Part>> {
        self.renditions.get(recipe)?.newest()
    }

    /// The newest part of each recipe.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        self.renditions.iter().filter_map(Rendition::newest)
    }

    /// The recipe with this index.
    pub fn recipe(&self, index: usize) -> Option<&dyn Recipe> {
        self.renditions.get(index).map(Rendition::recipe)
    }

    /// Whether the stream has ended.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// When [`Hub::poll`] must be called next, besides after a wake-up.
    pub fn due(&self) -> Option<Duration> {
        if self.closed { None } else { self.source.due() }
    }

    /// Starts a paused source. Call it when a viewer arrives.
    pub fn start(&mut self, now: Duration) -> Update {
        if self.closed || !self.source.start(now) {
            return Update::None;
        }
        self.health.restart(now);
        // A paused source had no viewers: none holds the head of a promised frame, and none needs the old frame.
        self.renditions.iter_mut().for_each(Rendition::clear);
        self.poll(now, Demand::Some)
    }

    /// Publishes the next frame if it is due or has arrived.
    pub fn poll(&mut self, now: Duration, demand: Demand) -> Update {
        if self.closed {
            return Update::None;
        }
        match self.source.poll(now, demand) {
            Polled::Frame(frame, upcoming) => {
                if self.is_newest(&frame) {
                    self.count.repeated += 1;
                } else {
                    self.count.frames += 1;
                    self.health.push(now);
                }
                let last = matches!(upcoming, Upcoming::Never);
                self.publish(&frame, upcoming);
                self.closed = last;
                if last { Update::LastPart } else { Update::Part }
            }
            Polled::Again => match self.newest_frame() {
                Some(frame) => {
                    self.count.repeated += 1;
                    self.publish(&frame, Upcoming::Unknown);
                    Update::Part
                }
                None => Update::None,
            },
            Polled::Over => self.end(now, || Trailer::CloseBehindNewest),
            Polled::Pending => Update::None,
        }
    }

    /// Fetches frames ahead. Call it after the newest part has been sent.
    pub fn prepare(&mut self) {
        if !self.closed {
            self.source.prepare();
        }
    }

    /// Ends the stream now, as a signal wants it. Slow viewers get no further frame, unless one was promised to them.
    pub fn finish(&mut self, now: Duration) -> Update {
        self.end(now, || Trailer::CloseAtOnce)
    }

    /// Publishes the last part: the promised frame, or else the newest frame again for viewers that have
    /// already received a delimiter (a delimiter requires a part, and we never send an empty one).
    fn end(&mut self, now: Duration, repeated: impl Fn() -> Trailer) -> Update {
        if self.closed {
            return Update::None;
        }
        self.closed = true;
        let promised = self.parts().any(|part| part.promised().is_some());
        let next = if promised { self.source.finish(now) } else { None };
        if let Some(frame) = next {
            self.number += 1;
            self.count.frames += 1;
            self.health.push(now);
            self.replace(&frame, || Trailer::CloseAtOnce);
        } else if let Some(frame) = self.newest_frame() {
            self.number += 1;
            self.replace(&frame, repeated);
        } else {
            // Before the first frame no delimiter was sent, so no close-delimiter is needed.
            return Update::End;
        }
        Update::LastPart
    }

    /// The picture for a snapshot: of the newest part, or the first picture if none was published yet.
    pub fn snapshot(&mut self) -> Snapshot {
        let starting = self.source.is_starting();
        let Some(rendition) = self.renditions.first_mut() else { return Snapshot::None };
        if let Some(part) = rendition.newest().filter(|_| !starting) {
            return Snapshot::Part(Rc::clone(part));
        }
        match rendition.preview(|| self.source.peek()) {
            Some(part) => Snapshot::Part(Rc::clone(part)),
            None if starting => Snapshot::Soon,
            None => Snapshot::None,
        }
    }

    /// Why the source never produced a frame, if it reported a reason.
    pub fn take_error(&mut self) -> Option<Error> {
        self.source.take_error()
    }

    /// The counters.
    pub fn count(&self) -> Count {
        self.count
    }

    /// The state and the counters of the source.
    pub fn stats(&self) -> Stats {
        self.source.stats()
    }

    /// The measured frames per second over the last frames; `None` while no frames are sent.
    pub fn fps(&self, now: Duration) -> Option<f64> {
        match self.stats().pace {
            Pace::Scheduled { running: false, .. } | Pace::Live { running: false, .. } => None,
            _ => self.health.fps(now),
        }
    }

    /// How long ago the newest frame was published.
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.health.age(now)
    }

    /// Whether frames arrive on time, see [`Health::is_good`].
    pub fn is_healthy(&self, now: Duration, patience: Duration) -> bool {
        self.health.is_good(self.stats().pace, now, patience)
    }

    /// Whether it is the newest frame once more: the server of a relay repeats it while its own source is silent, and sends it
    /// first on each connection.
    fn is_newest(&self, frame: &Frame) -> bool {
        let newest = self.parts().next();
        newest.is_some_and(|it| {
            it.taken() == frame.taken && it.frame().picture().jpeg() == frame.picture.jpeg()
        })
    }

    fn newest_frame(&self) -> Option<Frame> {
        let part = self.parts().next()?;
        Some(Frame { picture: part.frame().picture().clone(), taken: part.taken() })
    }

    fn publish(&mut self, frame: &Frame, upcoming: Upcoming) {
        self.number += 1;
        match upcoming {
            Upcoming::Known(next) => self.promise(frame, &next),
            Upcoming::Unknown => self.replace(frame, || Trailer::Delimiter),
            Upcoming::Unsure => self.replace(frame, || Trailer::Nothing),
            Upcoming::Never => self.replace(frame, || Trailer::Close),
        }
    }

    fn promise(&mut self, frame: &Frame, next: &Frame) {
        let number = self.number + 1;
        self.replace_with(frame, |recipe, spare| {
            Trailer::Promise(recipe.encode_in(spare, next.picture.clone(), number, next.taken))
        });
    }

    fn replace(&mut self, frame: &Frame, trailer: impl Fn() -> Trailer) {
        self.replace_with(frame, |_, _| trailer());
    }

    /// Makes the newest part of each recipe.
    fn replace_with(
        &mut self,
        frame: &Frame,
        trailer: impl Fn(&dyn Recipe, &mut Option<Rc<Encoded>>) -> Trailer,
    ) {
        for rendition in &mut self.renditions {
            if let Some(picture) = rendition.replace(frame, self.number, &trailer) {
                self.source.give_back(picture);
            }
        }
    }
}

#[cfg(test)]
mod tests;
