//! A live source: its frames are shown when they arrive.

use std::time::Duration;

use super::demand::Want;
use super::frame_source::{Demand, Frame, FrameSource, Pace, Polled, Stats, Upcoming};
use super::rate_limit::RateLimit;
use super::recipes::Recipes;
use crate::source::error::Error;
use crate::source::live::{Mail, Mailbox, Shot};
use crate::source::picture::Picture;
use crate::value::Rate;

/// Takes the newest frame from a mailbox.
#[derive(Debug)]
pub struct Live {
    mailbox: Mailbox,
    recipes: Recipes,
    /// Whether its camera is wanted; `None` for a source that is always read.
    want: Option<Want>,
    /// Whether the camera is wanted, and no frame has come since then.
    starting: bool,
    /// Send the last frame again after this long without a new one.
    repeat: Option<Duration>,
    /// The interval at which the camera is asked, if it gives one picture a request.
    poll: Duration,
    /// Whether it does, as the last frame says.
    is_polled: bool,
    /// The most frames per second, if there is a limit.
    highest: Option<Rate>,
    limit: RateLimit,
    /// When the last frame was published or repeated; `None` before the first.
    published_at: Option<Duration>,
    error: Option<Error>,
    uncarried: u64,
}

impl Live {
    /// Takes frames from `mailbox`, if `recipes` can carry them, at this rate at most.
    pub fn new(mailbox: Mailbox, repeat: Option<Duration>, highest: Option<Rate>, recipes: Recipes) -> Self {
        let limit = RateLimit::new(highest);
        // The limit is for repeated frames too.
        let repeat = repeat.map(|repeat| repeat.max(limit.interval()));
        Self {
            mailbox,
            recipes,
            want: None,
            starting: false,
            repeat,
            poll: Duration::ZERO,
            is_polled: false,
            highest,
            limit,
            published_at: None,
            error: None,
            uncarried: 0,
        }
    }

    /// The same for a camera that is read while it is wanted, and asked at intervals of `poll` if it gives one picture a
    /// request.
    pub fn of_camera(self, want: Want, poll: Duration) -> Self {
        let starting = want.is_wanted();
        Self { want: Some(want), poll, starting, ..self }
    }

    /// When the last frame is sent again.
    fn repeats_at(&self) -> Option<Duration> {
        // A polled picture comes an interval and the time of its way after the one before.
        let least = if self.is_polled { self.poll * 2 } else { Duration::ZERO };
        Some(self.published_at? + self.repeat?.max(least))
    }

    fn is_running(&self) -> bool {
        self.want.as_ref().is_none_or(Want::is_wanted)
    }
}

impl FrameSource for Live {
    fn start(&mut self, now: Duration) -> bool {
        let starts = self.want.as_mut().is_some_and(|want| want.start(now));
        if starts {
            // A picture from before is not what a new viewer waits for.
            self.mailbox.forget_picture();
            self.starting = true;
        }
        starts
    }

    fn due(&self) -> Option<Duration> {
        let want = self.want.as_ref().and_then(Want::due);
        [self.repeats_at(), self.limit.due(), want].into_iter().flatten().min()
    }

    fn poll(&mut self, now: Duration, demand: Demand) -> Polled {
        if let Some(want) = &mut self.want {
            if want.note(demand, now) {
                (self.published_at, self.starting) = (None, false);
            }
            if !want.is_wanted() {
                self.mailbox.forget_picture();
            }
        }
        if !self.limit.allows(now) {
            return Polled::Pending;
        }
        match self.mailbox.take() {
            Mail::Shot(Shot { picture, .. }) if !self.recipes.can_carry(&picture) => {
                self.uncarried += 1;
                Polled::Pending
            }
            Mail::Shot(Shot { picture, taken }) => {
                self.published_at = Some(now);
                self.is_polled = self.want.as_ref().is_some_and(|want| want.link().is_polled());
                self.starting = false;
                self.limit.sent(now);
                Polled::Frame(Frame { picture, taken }, Upcoming::Unknown)
            }
            Mail::End => Polled::Over,
            Mail::Failed(error) => {
                self.error = Some(error);
                Polled::Over
            }
            Mail::Nothing if self.repeats_at().is_some_and(|due| now >= due) => {
                self.published_at = Some(now);
                self.limit.sent(now);
                if demand == Demand::Some { Polled::Again } else { Polled::Pending }
            }
            Mail::Nothing => Polled::Pending,
        }
    }

    fn finish(&mut self, _: Duration) -> Option<Frame> {
        None
    }

    fn peek(&self) -> Option<Frame> {
        None
    }

    fn is_starting(&self) -> bool {
        self.starting
    }

    fn give_back(&mut self, picture: Picture) {
        self.mailbox.give_back(picture);
    }

    fn stats(&self) -> Stats {
        let (torn, unseen) = (self.mailbox.torn(), self.mailbox.unseen());
        let pace = Pace::Live { highest: self.highest, running: self.is_running() };
        Stats { pace, uncarried: self.uncarried, torn, unseen }
    }

    fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::demand::Connected;
    use super::super::recipe::Standard;
    use super::*;
    use crate::source::link::Link;
    use crate::source::picture::SMALLEST;
    use crate::source::wake::Wake;

    #[test]
    fn a_silent_source_repeats_its_frame_while_there_is_demand() {
        let (wake, _poll) = Wake::for_test();
        let mailbox = Mailbox::new(wake);
        let recipes = Recipes::from(Standard::new(Boundary::new("b").unwrap(), &[]));
        let second = Duration::from_secs(1);
        let mut live = Live::new(mailbox.clone(), Some(second), None, recipes);
        assert!(live.due().is_none() && matches!(live.poll(second, Demand::Some), Polled::Pending));
        mailbox.publish(Picture::new(SMALLEST.to_vec()).unwrap(), Duration::ZERO);
        assert!(matches!(live.poll(2 * second, Demand::Some), Polled::Frame(_, Upcoming::Unknown)));
        assert_eq!(live.due(), Some(3 * second));
        assert!(matches!(live.poll(2 * second, Demand::Some), Polled::Pending));
        assert!(matches!(live.poll(3 * second, Demand::Some), Polled::Again));
        assert!(matches!(live.poll(4 * second, Demand::None), Polled::Pending));
        assert_eq!(live.due(), Some(5 * second));
        mailbox.end();
        assert!(matches!(live.poll(4 * second, Demand::Some), Polled::Over));
    }

    #[test]
    fn the_pictures_of_a_polled_camera_are_repeated_only_when_one_is_missing() {
        let second = Duration::from_secs(1);
        for (is_polled, due) in [(true, 3 * second), (false, 2 * second)] {
            let (wake, _poll) = Wake::for_test();
            let (mailbox, link) = (Mailbox::new(wake.clone()), Link::new(wake));
            let recipes = Recipes::from(Standard::new(Boundary::new("b").unwrap(), &[]));
            let want = Want::new(link.clone(), Connected::Always);
            let mut live = Live::new(mailbox.clone(), Some(second), None, recipes).of_camera(want, second);
            link.connected(is_polled);
            mailbox.publish(Picture::new(SMALLEST.to_vec()).unwrap(), Duration::ZERO);
            assert!(matches!(live.poll(second, Demand::Some), Polled::Frame(..)));
            assert_eq!(live.repeats_at(), Some(due));
        }
    }

    #[test]
    fn a_picture_that_contains_the_boundary_is_counted_and_not_sent() {
        let (wake, _poll) = Wake::for_test();
        let mailbox = Mailbox::new(wake);
        let recipes = Recipes::from(Standard::new(Boundary::new("x").unwrap(), &[]));
        let mut live = Live::new(mailbox.clone(), None, None, recipes);
        let jpeg = [b"\xff\xd8\xff\xfe\x00\x06--x-", &SMALLEST[2..]].concat();
        mailbox.publish(Picture::new(jpeg).unwrap(), Duration::ZERO);
        assert!(matches!(live.poll(Duration::ZERO, Demand::Some), Polled::Pending));
        assert_eq!(live.stats().uncarried, 1);
    }
}
