//! The hub of one stream: it keeps the newest part of each recipe, and makes the next one when the source has it.

use std::rc::Rc;
use std::time::Duration;

use super::encoded::Encoded;
use super::frame_source::{Demand, Frame, FrameSource, Pace, Polled, Stats, Upcoming};
use super::health::Health;
use super::part::{Part, Trailer};
use super::recipe::Recipe;
use super::recipes::Recipes;
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

/// The stream in one recipe. All viewers of the recipe share its parts.
#[derive(Debug)]
struct Rendition {
    recipe: Rc<dyn Recipe>,
    newest: Option<Rc<Part>>,
    /// The part for snapshots that are requested before the first frame is published.
    preview: Option<Rc<Part>>,
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
        let rendition =
            |recipe: &Rc<dyn Recipe>| Rendition { recipe: Rc::clone(recipe), newest: None, preview: None };
        Self {
            source,
            renditions: recipes.iter().map(rendition).collect(),
            number: 0,
            health: Health::new(),
            closed: false,
            count: Count::default(),
        }
    }

    /// The newest part in a recipe.
    pub fn newest(&self, recipe: usize) -> Option<&Rc<Part>> {
        self.renditions.get(recipe)?.newest.as_ref()
    }

    /// The newest part of each recipe.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        self.renditions.iter().filter_map(|rendition| rendition.newest.as_ref())
    }

    /// The head of the response in a recipe.
    pub fn response_head(&self, recipe: usize) -> Option<Rc<[u8]>> {
        self.renditions.get(recipe).map(|rendition| rendition.recipe.response_head())
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
        self.health.restart();
        // A paused source had no viewers: none holds the head of a promised frame, and none needs the old frame.
        for rendition in &mut self.renditions {
            rendition.newest = None;
        }
        self.poll(now, Demand::Some)
    }

    /// Publishes the next frame if it is due or has arrived.
    pub fn poll(&mut self, now: Duration, demand: Demand) -> Update {
        if self.closed {
            return Update::None;
        }
        match self.source.poll(now, demand) {
            Polled::Frame(frame, upcoming) => {
                self.count.frames += 1;
                self.health.push(now);
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
            Polled::Over => self.finish(now),
            Polled::Pending => Update::None,
        }
    }

    /// Fetches frames ahead. Call it after the newest part has been sent.
    pub fn prepare(&mut self) {
        if !self.closed {
            self.source.prepare();
        }
    }

    /// Publishes the last part: the promised frame, or else the newest frame again for viewers that have
    /// already received a delimiter (a delimiter requires a part, and we never send an empty one).
    pub fn finish(&mut self, now: Duration) -> Update {
        if self.closed {
            return Update::None;
        }
        self.closed = true;
        let promised = self.parts().any(|part| part.promised().is_some());
        let next = if promised { self.source.finish(now) } else { None };
        if next.is_some() {
            self.count.frames += 1;
            self.health.push(now);
        }
        // Before the first frame no delimiter was sent, so no close-delimiter is needed.
        let Some(frame) = next.or_else(|| self.newest_frame()) else { return Update::End };
        self.number += 1;
        self.replace(&frame, || Trailer::CloseAtOnce);
        Update::LastPart
    }

    /// The picture for a snapshot: of the newest part, or the first picture if none was published yet.
    pub fn snapshot(&mut self) -> Snapshot {
        let starting = self.source.is_starting();
        let Some(rendition) = self.renditions.first_mut() else { return Snapshot::None };
        if let Some(part) = rendition.newest.as_ref().filter(|_| !starting) {
            return Snapshot::Part(Rc::clone(part));
        }
        if rendition.preview.is_none() {
            rendition.preview = self.source.peek().map(|Frame { picture, taken }| {
                let frame = Rc::new(rendition.recipe.encode(picture, 0, taken));
                Rc::new(Part::new(frame, Trailer::Nothing, &*rendition.recipe))
            });
        }
        match &rendition.preview {
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
            Pace::Scheduled { running: false, .. } => None,
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
        self.replace_with(frame, |recipe| {
            Trailer::Promise(Rc::new(recipe.encode(next.picture.clone(), number, next.taken)))
        });
    }

    fn replace(&mut self, frame: &Frame, trailer: impl Fn() -> Trailer) {
        self.replace_with(frame, |_| trailer());
    }

    /// Makes the newest part of each recipe.
    fn replace_with(&mut self, frame: &Frame, trailer: impl Fn(&dyn Recipe) -> Trailer) {
        let Self { source, renditions, number, .. } = self;
        for rendition in renditions {
            let recipe = &*rendition.recipe;
            let old = rendition.newest.take();
            // A promised frame was encoded already.
            let promised = old.as_ref().and_then(|part| part.promised()).cloned();
            let encoded = promised
                .filter(|promised| promised.number == *number)
                .unwrap_or_else(|| Rc::new(recipe.encode(frame.picture.clone(), *number, frame.taken)));
            rendition.newest = Some(Rc::new(Part::new(encoded, trailer(recipe), recipe)));
            rendition.preview = None;
            // If a slow viewer still holds the part, its buffer is freed when that viewer releases it.
            let frame = old.and_then(Rc::into_inner).map(Part::into_frame);
            if let Some(frame) = frame.and_then(Rc::into_inner) {
                source.give_back(Encoded::into_picture(frame));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use mjpeg::multipart::Boundary;

    use super::super::layout::Layout;
    use super::super::part::SentUpTo;
    use super::super::recipe::Standard;
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    /// Returns the results of a list.
    #[derive(Debug, Default)]
    struct Listed {
        paused: bool,
        results: VecDeque<Polled>,
        given_back: Rc<std::cell::Cell<u32>>,
    }

    impl FrameSource for Listed {
        fn start(&mut self, _: Duration) -> bool {
            std::mem::take(&mut self.paused)
        }

        fn due(&self) -> Option<Duration> {
            None
        }

        fn poll(&mut self, _: Duration, _: Demand) -> Polled {
            self.results.pop_front().unwrap_or(Polled::Pending)
        }

        fn finish(&mut self, _: Duration) -> Option<Frame> {
            match self.results.pop_front() {
                Some(Polled::Frame(frame, _)) => Some(frame),
                _ => None,
            }
        }

        fn peek(&self) -> Option<Frame> {
            match self.results.front() {
                Some(Polled::Frame(frame, _)) => Some(frame.clone()),
                _ => None,
            }
        }

        fn is_starting(&self) -> bool {
            false
        }

        fn give_back(&mut self, _: Picture) {
            self.given_back.set(self.given_back.get() + 1);
        }

        fn stats(&self) -> Stats {
            Stats { pace: Pace::Live { interval: Duration::ZERO }, uncarried: 0, torn: 0, unseen: 0 }
        }

        fn take_error(&mut self) -> Option<Error> {
            None
        }
    }

    fn frame() -> Frame {
        Frame { picture: Picture::new(SMALLEST.to_vec()).unwrap(), taken: Duration::ZERO }
    }

    fn hub(results: impl IntoIterator<Item = Polled>) -> Hub {
        let source = Listed { results: results.into_iter().collect(), ..Listed::default() };
        Hub::new(Box::new(source), &Recipes::from(Standard::new(Boundary::new("b").unwrap(), &[])))
    }

    fn poll(hub: &mut Hub) -> Update {
        hub.poll(Duration::ZERO, Demand::Some)
    }

    #[test]
    fn a_promised_frame_is_encoded_once() {
        let (one, two) = (frame(), frame());
        let mut hub = hub([
            Polled::Frame(one, Upcoming::Known(two.clone())),
            Polled::Frame(two, Upcoming::Known(frame())),
        ]);
        assert_eq!(poll(&mut hub), Update::Part);
        let promised = hub.newest(0).unwrap().promised().unwrap().clone();
        assert_eq!(poll(&mut hub), Update::Part);
        let newest = hub.newest(0).unwrap();
        assert!(Rc::ptr_eq(newest.frame(), &promised));
        assert_eq!(newest.start(SentUpTo::Head(2)), Some(newest.body().start));
    }

    #[test]
    fn a_viewer_that_comes_after_a_pause_was_not_sent_the_old_head() {
        let source = Listed {
            paused: true,
            results: [
                Polled::Frame(frame(), Upcoming::Known(frame())),
                Polled::Pending,
                Polled::Frame(frame(), Upcoming::Known(frame())),
            ]
            .into(),
            ..Listed::default()
        };
        let recipes = Recipes::from(Standard::new(Boundary::new("b").unwrap(), &[]));
        let mut hub = Hub::new(Box::new(source), &recipes);
        assert_eq!(hub.start(Duration::ZERO), Update::Part);
        hub.source = Box::new(Listed { paused: true, ..Listed::default() });
        assert_eq!(hub.start(Duration::ZERO), Update::None);
        assert!(hub.newest(0).is_none());
    }

    #[test]
    fn the_last_part_is_the_promised_frame_or_the_newest_again() {
        let mut promised = hub([
            Polled::Frame(frame(), Upcoming::Known(frame())),
            Polled::Frame(frame(), Upcoming::Known(frame())),
        ]);
        poll(&mut promised);
        assert_eq!(promised.finish(Duration::ZERO), Update::LastPart);
        let last = promised.newest(0).unwrap();
        assert_eq!((last.number(), promised.count().frames), (2, 2));
        assert_eq!(last.sent_up_to(last.end(Layout::Leading)), SentUpTo::Closed);

        let mut live = hub([Polled::Frame(frame(), Upcoming::Unknown), Polled::Again, Polled::Over]);
        assert_eq!([poll(&mut live), poll(&mut live)], [Update::Part; 2]);
        assert_eq!([poll(&mut live), poll(&mut live)], [Update::LastPart, Update::None]);
        let last = live.newest(0).unwrap();
        assert_eq!((last.number(), live.count().frames, live.count().repeated), (3, 1, 1));

        assert_eq!(hub([]).finish(Duration::ZERO), Update::End);
    }

    #[test]
    fn recipes_share_pictures_and_used_buffers_are_given_back() {
        let recipes = ["one", "two"].map(|name| Standard::new(Boundary::new(name).unwrap(), &[]));
        let given_back = Rc::new(std::cell::Cell::new(0));
        let source = Listed {
            results: (0..3).map(|_| Polled::Frame(frame(), Upcoming::Unknown)).collect(),
            given_back: Rc::clone(&given_back),
            ..Listed::default()
        };
        let mut hub = Hub::new(Box::new(source), &Recipes::new(recipes));
        poll(&mut hub);
        let [one, two] = [0, 1].map(|recipe| hub.newest(recipe).unwrap().clone());
        assert_eq!(one.jpeg().as_ptr(), two.jpeg().as_ptr());
        assert_ne!(hub.response_head(0), hub.response_head(1));
        poll(&mut hub);
        assert_eq!(given_back.get(), 0, "viewers hold both parts");
        drop((one, two));
        poll(&mut hub);
        assert_eq!(given_back.get(), 2);
    }
}
