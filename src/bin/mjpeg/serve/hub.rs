//! The hub: it keeps the newest part, and makes the next one when it is due or when it arrives.

use std::rc::Rc;
use std::time::Duration;

use super::feed::{Feed, Ready};
use super::frame_times::FrameTimes;
use super::part::{Part, Recipe, Trailer};
use super::rate_limit::RateLimit;
use crate::source::error::Error;
use crate::source::live::{Mail, Mailbox, Shot};
use crate::source::picture::Picture;

/// While waiting for the first picture: interval at which the caller is asked whether to keep waiting.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Where frames come from, and who decides when one is shown.
#[derive(Debug)]
pub enum FrameSource {
    /// A paced source: our schedule decides when a frame is shown.
    Feed(Feed),
    /// A live source: a frame is shown when it arrives.
    Mailbox {
        /// Where the source puts its frames.
        mailbox: Mailbox,
        /// Send the last frame again after this long without a new one.
        repeat: Option<Duration>,
        /// The limit of its rate.
        limit: RateLimit,
    },
}

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

/// Holds the newest part, and prepares the next one if the source allows it. It never waits for viewers.
#[derive(Debug)]
pub struct Hub {
    source: FrameSource,
    recipe: Recipe,
    current: Option<Rc<Part>>,
    /// The part for snapshots that are requested before the first frame is published.
    preview: Option<Rc<Part>>,
    /// Number of the newest part; also the count of parts.
    number: u64,
    /// When the newest part was published.
    published_at: Duration,
    /// When the newest frame was published. Repeated frames do not count.
    newest_frame_at: Option<Duration>,
    frame_times: FrameTimes,
    /// Whether frames continue without viewers until the source ends (`--once`, `--loops`).
    plays_to_end: bool,
    closed: bool,
    error: Option<Error>,
    count: Count,
}

/// Counters of the hub.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// Frames published.
    pub frames: u64,
    /// Frames sent again because the source was silent.
    pub repeated: u64,
    /// Frames not sent because they contain the boundary.
    pub uncarried: u64,
    /// Incomplete frames.
    pub torn: u64,
    /// Frames replaced by a newer one before they were published.
    pub unseen: u64,
}

impl Hub {
    /// Creates a hub that has published no frame. It waits for the first picture of a paced source while
    /// `keep_waiting` returns true. With `plays_to_end`, frames continue until the source ends once they have
    /// started. Without it, they pause while there are no viewers.
    pub fn new(
        mut source: FrameSource,
        recipe: Recipe,
        plays_to_end: bool,
        keep_waiting: impl Fn() -> bool,
    ) -> Self {
        if let FrameSource::Feed(feed) = &mut source {
            feed.fill(|picture| recipe.can_carry(picture));
            while feed.is_pending() && keep_waiting() {
                feed.fill_to(1, STOP_CHECK_INTERVAL, |picture| recipe.can_carry(picture));
            }
        }
        Self {
            source,
            recipe,
            current: None,
            preview: None,
            number: 0,
            published_at: Duration::ZERO,
            newest_frame_at: None,
            frame_times: FrameTimes::new(),
            plays_to_end,
            closed: false,
            error: None,
            count: Count::default(),
        }
    }

    /// Whether a paced source has its first picture ready. Always true for a live source.
    pub fn has_picture(&self) -> bool {
        match &self.source {
            FrameSource::Feed(feed) => feed.front().is_some(),
            FrameSource::Mailbox { .. } => true,
        }
    }

    /// The newest part.
    pub fn newest(&self) -> Option<&Rc<Part>> {
        self.current.as_ref()
    }

    /// When [`Hub::tick`] must be called next.
    pub fn due(&self) -> Option<Duration> {
        match &self.source {
            _ if self.closed => None,
            FrameSource::Feed(feed) => feed.due(),
            FrameSource::Mailbox { repeat, limit, .. } => {
                let repeat = self.current.as_ref().and(*repeat).map(|after| self.published_at + after);
                repeat.into_iter().chain(limit.due()).min()
            }
        }
    }

    /// Starts a paced source if it is paused. Call it when a viewer arrives.
    pub fn start(&mut self, now: Duration) -> Update {
        match &mut self.source {
            FrameSource::Feed(feed) if !feed.is_running() && !self.closed => {
                self.frame_times.clear();
                let recipe = &self.recipe;
                feed.start(now, |picture| recipe.can_carry(picture));
            }
            _ => return Update::None,
        }
        // The promised frame was regenerated; no viewer still holds its head.
        if let Some(part) = self.current.take_if(|part| part.promised().is_some()) {
            self.reclaim(part);
        }
        self.advance(now)
    }

    /// Publishes the next frame if it is due. `demand` says whether anyone requests frames: a viewer, or a
    /// snapshot since the last frame.
    pub fn tick(&mut self, now: Duration, demand: impl FnOnce() -> bool) -> Update {
        if self.due().is_none_or(|due| now < due) {
            return Update::None;
        }
        if let FrameSource::Mailbox { limit, .. } = &self.source
            && limit.due().is_some_and(|due| now >= due)
        {
            return self.fetch(now);
        }
        let demand = demand();
        match &mut self.source {
            FrameSource::Feed(feed) if !self.plays_to_end && !demand => {
                feed.pause();
                Update::None
            }
            FrameSource::Feed(_) => self.advance(now),
            FrameSource::Mailbox { .. } if demand => self.repeat(now),
            FrameSource::Mailbox { .. } => {
                self.published_at = now;
                Update::None
            }
        }
    }

    /// Fetches pictures ahead. Call it after the newest part has been sent.
    pub fn prepare(&mut self) {
        if let FrameSource::Feed(feed) = &mut self.source {
            let recipe = &self.recipe;
            feed.fill(|picture| recipe.can_carry(picture));
        }
    }

    /// Takes what the source has produced since the last call. Pictures of a paced source are published later,
    /// when they are due.
    pub fn fetch(&mut self, now: Duration) -> Update {
        let FrameSource::Mailbox { mailbox, limit, .. } = &mut self.source else {
            self.prepare();
            return Update::None;
        };
        if !limit.allows(now) {
            return Update::None;
        }
        match mailbox.take() {
            Mail::Shot(Shot { picture, .. }) if !self.recipe.can_carry(&picture) => {
                self.count.uncarried += 1;
                Update::None
            }
            Mail::Shot(Shot { picture, taken }) => {
                self.publish(now, picture, taken, Trailer::Delimiter);
                Update::Part
            }
            Mail::End => self.finish(now),
            Mail::Failed(error) => {
                self.error = Some(error);
                self.finish(now)
            }
            Mail::Nothing => Update::None,
        }
    }

    /// Publishes the last part: the promised frame, or else the newest frame again for viewers that have
    /// already received a delimiter (a delimiter requires a part, and we never send an empty one).
    pub fn finish(&mut self, now: Duration) -> Update {
        if self.closed {
            return Update::None;
        }
        self.closed = true;
        let promised = self.current.as_ref().and_then(|part| part.promised());
        let next = match (&mut self.source, promised) {
            (FrameSource::Feed(feed), Some(_)) => feed.take(now),
            _ => None,
        };
        let last = match (next, &self.current) {
            (Some(Ready { picture, taken, .. }), _) => Some((picture, taken)),
            (None, Some(part)) => Some((part.picture().duplicate(), part.taken)),
            (None, None) => None,
        };
        // Before the first frame no delimiter was sent, so no close-delimiter is needed.
        let Some((picture, taken)) = last else { return Update::End };
        self.publish(now, picture, taken, Trailer::CloseAtOnce);
        Update::LastPart
    }

    /// The part for a snapshot: the newest one, or the first picture if none was published yet.
    pub fn snapshot(&mut self) -> Option<Rc<Part>> {
        if let Some(part) = &self.current {
            return Some(Rc::clone(part));
        }
        let FrameSource::Feed(feed) = &self.source else { return None };
        if self.preview.is_none() {
            let ready = feed.front()?;
            let picture = ready.picture.duplicate();
            self.preview = Some(Rc::new(self.recipe.part(picture, 0, ready.taken, Trailer::Nothing)));
        }
        self.preview.clone()
    }

    /// Whether a request for a snapshot starts a paused source.
    pub fn starts_for_snapshots(&self) -> bool {
        !self.plays_to_end
    }

    /// Why the source never produced a frame, if it reported a reason.
    pub fn take_error(&mut self) -> Option<Error> {
        let feed_error = || match &mut self.source {
            FrameSource::Feed(feed) => feed.take_error(),
            FrameSource::Mailbox { .. } => None,
        };
        self.error.take().or_else(feed_error)
    }

    /// The counters.
    pub fn count(&self) -> Count {
        let mut count = self.count;
        match &self.source {
            FrameSource::Feed(feed) => count.uncarried += feed.uncarried,
            FrameSource::Mailbox { mailbox, .. } => {
                (count.torn, count.unseen) = (mailbox.torn(), mailbox.unseen());
            }
        }
        count
    }

    /// The configured frames per second of a paced source.
    pub fn fps_asked(&self) -> Option<f64> {
        match &self.source {
            FrameSource::Feed(feed) => Some(feed.rate().fps()),
            FrameSource::Mailbox { .. } => None,
        }
    }

    /// The measured frames per second over the last frames; `None` while no frames are sent.
    pub fn fps(&self, now: Duration) -> Option<f64> {
        match &self.source {
            FrameSource::Feed(feed) if !feed.is_running() => None,
            _ => self.frame_times.fps(now),
        }
    }

    /// How long ago the newest frame was published.
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.newest_frame_at.map(|came| now - came)
    }

    /// Whether frames arrive on time. A live source must produce one within `patience`. A paced source that is
    /// running may also take three intervals, if that is longer; a paused one is always healthy.
    pub fn is_healthy(&self, now: Duration, patience: Duration) -> bool {
        match (&self.source, self.age(now)) {
            (FrameSource::Feed(feed), Some(age)) if feed.is_running() => {
                age < patience.max(feed.rate().span(3))
            }
            (FrameSource::Feed(_), _) => true,
            (FrameSource::Mailbox { limit, .. }, age) => {
                age.is_some_and(|age| age < patience.max(limit.interval() * 3))
            }
        }
    }

    /// The value of the response's `Content-Type`.
    pub fn content_type(&self) -> String {
        self.recipe.content_type()
    }

    fn advance(&mut self, now: Duration) -> Update {
        let FrameSource::Feed(feed) = &mut self.source else { return Update::None };
        if feed.front().is_none() {
            let recipe = &self.recipe;
            feed.fill(|picture| recipe.can_carry(picture));
        }
        let Some(ready) = feed.take(now) else {
            // No head was promised: a promised picture would be in the queue.
            return if feed.is_over() { self.finish(now) } else { Update::None };
        };
        let trailer = match feed.front() {
            Some(next) => Trailer::Promise(self.number + 2, Recipe::head(&next.picture, next.taken)),
            None if feed.has_ended() => Trailer::Close,
            // This may be the last frame. A delimiter would require one more part.
            None if self.plays_to_end => Trailer::Nothing,
            None => Trailer::Delimiter,
        };
        self.publish(now, ready.picture, ready.taken, trailer);
        if trailer == Trailer::Close {
            self.closed = true;
            return Update::LastPart;
        }
        Update::Part
    }

    fn repeat(&mut self, now: Duration) -> Update {
        let Some(part) = &self.current else { return Update::None };
        let (picture, taken) = (part.picture().duplicate(), part.taken);
        self.replace(now, picture, taken, Trailer::Delimiter);
        self.count.repeated += 1;
        Update::Part
    }

    fn publish(&mut self, now: Duration, picture: Picture, taken: Duration, trailer: Trailer) {
        self.replace(now, picture, taken, trailer);
        self.count.frames += 1;
        self.newest_frame_at = Some(now);
        self.frame_times.push(now);
    }

    fn replace(&mut self, now: Duration, picture: Picture, taken: Duration, trailer: Trailer) {
        self.number += 1;
        self.published_at = now;
        if let FrameSource::Mailbox { limit, .. } = &mut self.source {
            limit.sent(now);
        }
        let part = Rc::new(self.recipe.part(picture, self.number, taken, trailer));
        self.preview = None;
        if let Some(old) = self.current.replace(part) {
            self.reclaim(old);
        }
    }

    /// Returns the picture of a part to its source, which reuses the buffer.
    fn reclaim(&mut self, part: Rc<Part>) {
        // If a slow viewer still holds the part, the buffer is freed when that viewer releases it.
        if let Some(part) = Rc::into_inner(part) {
            match &mut self.source {
                FrameSource::Feed(feed) => feed.give_back(part.into_picture()),
                FrameSource::Mailbox { mailbox, .. } => mailbox.give_back(part.into_picture()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::part::{Layout, SentUpTo};
    use super::*;
    use crate::clock::Clock;
    use crate::source::paced::{Next, Paced};

    const JPEG: &[u8] = crate::source::picture::SMALLEST;

    /// Its pictures show their time. It delivers at once until `forget` is called, and never after that.
    struct Slow(bool);

    impl Paced for Slow {
        fn next(&mut self, number: u64, _: Duration) -> Next {
            if self.0 { Next::Later } else { Next::Picture(Picture::copy(JPEG, number as usize).unwrap()) }
        }

        fn give_back(&mut self, _: Picture) {}

        fn forget(&mut self) {
            self.0 = true;
        }

        fn shows_time(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_viewer_that_comes_after_a_pause_has_not_been_sent_the_old_head() {
        let clock = Clock::simulated();
        let feed = Feed::new(Box::new(Slow(false)), "10".parse().unwrap(), clock.clone());
        let recipe = Recipe::new(Boundary::new("b").unwrap());
        let mut hub = Hub::new(FrameSource::Feed(feed), recipe, false, || true);
        // `start` would discard the pictures that are already queued; `resume` keeps them.
        let FrameSource::Feed(feed) = &mut hub.source else { unreachable!() };
        feed.resume(clock.now());
        assert_eq!(hub.advance(clock.now()), Update::Part);
        let part = Rc::clone(hub.newest().unwrap());
        assert_eq!(part.sent_up_to(part.end(Layout::Early)), SentUpTo::Head(2));
        drop(part);
        clock.advance(Duration::from_millis(100));
        assert_eq!(hub.tick(clock.now(), || false), Update::None);
        clock.advance(Duration::from_secs(60));
        assert_eq!(hub.start(clock.now()), Update::None);
        assert!(hub.newest().is_none());
        assert_eq!(hub.finish(clock.now()), Update::End);
    }
}
