//! The newest frame, and how it becomes the next one.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::feed::{Feed, Ready};
use super::part::{Part, Recipe, Trailer};
use crate::source::error::Error;
use crate::source::live::{Mail, Mailbox, Shot};
use crate::source::picture::Picture;

/// Frames whose times are kept to tell the real rate.
const RECENT: usize = 64;
/// How often whoever waits for the first picture is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where frames come from, and whose time it is.
#[derive(Debug)]
pub enum FrameSource {
    /// Ours: a frame is shown when it is due.
    Feed(Feed),
    /// Theirs: a frame is shown when it is there.
    Mailbox {
        /// Where it is left.
        mailbox: Mailbox,
        /// After how long a silence the last frame is sent again.
        repeat: Option<Duration>,
    },
}

/// What a call of the hub has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// A new part to hand out.
    Part,
    /// A new part, the last one.
    LastPart,
    /// The end, without a part.
    End,
    /// Nothing.
    None,
}

/// Holds the newest part, and knows the next one where that can be known. It never waits for viewers.
#[derive(Debug)]
pub struct Hub {
    source: FrameSource,
    recipe: Recipe,
    current: Option<Rc<Part>>,
    /// What a snapshot shows before the first frame.
    preview: Option<Rc<Part>>,
    /// Parts so far.
    number: u64,
    /// When the newest part was made.
    since: Duration,
    /// When the newest frame came that was not sent before.
    fresh: Option<Duration>,
    recent: VecDeque<Duration>,
    /// Whether frames go on with nobody watching, until the source ends.
    to_the_end: bool,
    closed: bool,
    error: Option<Error>,
    count: Count,
}

/// What the hub has counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// Frames published.
    pub frames: u64,
    /// Frames that were sent again because the source was silent.
    pub repeated: u64,
    /// Frames that were not sent because the boundary occurs in them.
    pub uncarried: u64,
    /// Frames that were found incomplete.
    pub torn: u64,
    /// Frames that gave way to a newer one before they could be published.
    pub unseen: u64,
}

impl Hub {
    /// A hub that has shown no frame yet. A paced source has its first one ready, if it has any: it is waited
    /// for as long as `go_on` says. With `to_the_end`, frames that have begun to go out do so until the source
    /// ends; without, they stop while nobody looks.
    pub fn new(mut source: FrameSource, recipe: Recipe, to_the_end: bool, go_on: impl Fn() -> bool) -> Self {
        if let FrameSource::Feed(feed) = &mut source {
            feed.fill(|picture| recipe.can_carry(picture));
            while feed.is_waiting() && go_on() {
                feed.fill_to(1, PATIENCE, |picture| recipe.can_carry(picture));
            }
        }
        Self {
            source,
            recipe,
            current: None,
            preview: None,
            number: 0,
            since: Duration::ZERO,
            fresh: None,
            recent: VecDeque::with_capacity(RECENT),
            to_the_end,
            closed: false,
            error: None,
            count: Count::default(),
        }
    }

    /// Whether a paced source has a first picture to show.
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

    /// When [`Hub::tick`] has something to do.
    pub fn due(&self) -> Option<Duration> {
        match &self.source {
            _ if self.closed => None,
            FrameSource::Feed(feed) => feed.due(),
            FrameSource::Mailbox { repeat, .. } => {
                self.current.as_ref().and(*repeat).map(|after| self.since + after)
            }
        }
    }

    /// Somebody has come to look: frames start to go out if they stood still.
    pub fn start(&mut self, now: Duration) -> Update {
        match &mut self.source {
            FrameSource::Feed(feed) if !feed.is_running() && !self.closed => {
                self.recent.clear();
                let recipe = &self.recipe;
                feed.start(now, |picture| recipe.can_carry(picture));
            }
            _ => return Update::None,
        }
        // What it promised has been made anew, and nobody is left whom it was promised.
        if let Some(part) = self.current.take_if(|part| part.promised().is_some()) {
            self.reclaim(part);
        }
        self.advance(now)
    }

    /// Does what is due. `demand` says whether anybody looks.
    pub fn tick(&mut self, now: Duration, demand: impl FnOnce() -> bool) -> Update {
        if self.due().is_none_or(|due| now < due) {
            return Update::None;
        }
        let demand = demand();
        match &mut self.source {
            FrameSource::Feed(feed) if !self.to_the_end && !demand => {
                feed.pause();
                Update::None
            }
            FrameSource::Feed(_) => self.advance(now),
            FrameSource::Mailbox { .. } if demand => self.repeat(now),
            FrameSource::Mailbox { .. } => {
                self.since = now;
                Update::None
            }
        }
    }

    /// Makes ready what comes after the next frame. Call it when the newest has been handed out.
    pub fn prepare(&mut self) {
        if let FrameSource::Feed(feed) = &mut self.source {
            let recipe = &self.recipe;
            feed.fill(|picture| recipe.can_carry(picture));
        }
    }

    /// Fetches what a source has made or left since the last call. What a paced one has made is shown
    /// when it is due.
    pub fn fetch(&mut self, now: Duration) -> Update {
        let FrameSource::Mailbox { mailbox, .. } = &self.source else {
            self.prepare();
            return Update::None;
        };
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

    /// Makes the last part: the one that was promised, or the newest again for those who have been sent
    /// a delimiter behind it, as no part is ever empty.
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
        // Without a frame there is nobody to be sent the close-delimiter: no delimiter was.
        let Some((picture, taken)) = last else { return Update::End };
        self.publish(now, picture, taken, Trailer::CloseAtOnce);
        Update::LastPart
    }

    /// The part whose picture answers a snapshot: the newest, or the first one before any was shown.
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

    /// Whether somebody who only takes a snapshot makes frames go out.
    pub fn starts_for_snapshots(&self) -> bool {
        !self.to_the_end
    }

    /// Why the source never had a frame, if it said so.
    pub fn take_error(&mut self) -> Option<Error> {
        let of_feed = || match &mut self.source {
            FrameSource::Feed(feed) => feed.take_error(),
            FrameSource::Mailbox { .. } => None,
        };
        self.error.take().or_else(of_feed)
    }

    /// What has been counted.
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

    /// The frames per second asked for.
    pub fn fps_asked(&self) -> Option<f64> {
        match &self.source {
            FrameSource::Feed(feed) => Some(feed.rate().fps()),
            FrameSource::Mailbox { .. } => None,
        }
    }

    /// The frames per second of late, if frames are going out.
    pub fn fps(&self, now: Duration) -> Option<f64> {
        let (first, last) = (*self.recent.front()?, *self.recent.back()?);
        let gaps = u32::try_from(self.recent.len() - 1).ok().filter(|gaps| *gaps > 0)?;
        let gap = (last - first) / gaps;
        // Three gaps without a frame are a silence.
        let playing = now.saturating_sub(last) <= gap * 3
            && match &self.source {
                FrameSource::Feed(feed) => feed.is_running(),
                FrameSource::Mailbox { .. } => true,
            };
        (playing && !gap.is_zero()).then(|| 1.0 / gap.as_secs_f64())
    }

    /// How long ago the newest frame came.
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.fresh.map(|fresh| now - fresh)
    }

    /// Whether frames come when they should: a paced source one for each interval while anybody looks, a
    /// live one within `patience`.
    pub fn is_healthy(&self, now: Duration, patience: Duration) -> bool {
        match (&self.source, self.age(now)) {
            (FrameSource::Feed(feed), Some(age)) if feed.is_running() => {
                age < patience.max(feed.rate().span(3))
            }
            (FrameSource::Feed(_), _) => true,
            (FrameSource::Mailbox { .. }, age) => age.is_some_and(|age| age < patience),
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
            // Nothing was promised, or it would be there.
            return if feed.is_over() { self.finish(now) } else { Update::None };
        };
        let trailer = match feed.front() {
            Some(next) => Trailer::Promise(self.number + 2, Recipe::head(&next.picture, next.taken)),
            None if feed.has_ended() => Trailer::Close,
            // What is played so many times must not end with a picture too many.
            None if self.to_the_end => Trailer::Nothing,
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
        self.fresh = Some(now);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    fn replace(&mut self, now: Duration, picture: Picture, taken: Duration, trailer: Trailer) {
        self.number += 1;
        self.since = now;
        let part = Rc::new(self.recipe.part(picture, self.number, taken, trailer));
        self.preview = None;
        if let Some(old) = self.current.replace(part) {
            self.reclaim(old);
        }
    }

    /// Gives the picture of a part back to its source.
    fn reclaim(&mut self, part: Rc<Part>) {
        // A slow viewer may still be reading it; its buffer then goes with it.
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

    /// Gives three pictures at once that show their time, and makes those it is asked for anew for ever.
    struct Overtaxed(bool);

    impl Paced for Overtaxed {
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
    fn what_was_promised_before_a_pause_is_promised_to_nobody_who_comes_after_it() {
        let clock = Clock::simulated();
        let feed = Feed::new(Box::new(Overtaxed(false)), "10".parse().unwrap(), clock.clone());
        let recipe = Recipe::new(Boundary::new("b").unwrap());
        let mut hub = Hub::new(FrameSource::Feed(feed), recipe, false, || true);
        // The first start forgets what was made before anybody came, too; here it stays.
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
