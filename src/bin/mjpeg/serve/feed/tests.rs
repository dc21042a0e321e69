//! Tests of the feed under the simulated clock.

use mjpeg::multipart::Boundary;

use super::super::recipe::Standard;
use super::*;
use crate::source::picture::SMALLEST;

/// Each picture takes two calls of `next`: the first says `Later`. It counts the pictures that it produced.
struct Slow {
    shows_time: bool,
    making: bool,
}

impl Paced for Slow {
    fn next(&mut self, number: u64, _: Duration) -> Next {
        self.making = !self.making;
        if self.making {
            Next::Later
        } else {
            let comment = [b"\xff\xd8\xff\xfe\x00\x03", &[number as u8][..]].concat();
            Next::Picture(Picture::new([&comment, &SMALLEST[2..]].concat()).unwrap())
        }
    }

    fn forget(&mut self) {
        self.making = false;
    }

    fn shows_time(&self) -> bool {
        self.shows_time
    }
}

fn feed(shows_time: bool) -> (Feed, Clock) {
    let clock = Clock::simulated();
    let source = Box::new(Slow { shows_time, making: false });
    let recipes = Recipes::from(Standard::new(Boundary::new("b").unwrap(), &[]));
    (Feed::new(source, "10".parse().unwrap(), Play::OnDemand, recipes, clock.clone()), clock)
}

fn ahead(feed: &Feed) -> Vec<(u8, Duration)> {
    feed.queue.iter().map(|frame| (frame.picture.jpeg()[6], frame.taken)).collect()
}

#[test]
fn a_picture_in_production_has_no_due_time() {
    let (mut feed, clock) = feed(false);
    assert!(feed.start(clock.now()));
    assert!(feed.is_starting() && ahead(&feed).is_empty());
    assert_eq!(feed.due(), None, "the producer wakes us");
    assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Pending));
    // The first picture is there; it waits for the second.
    assert_eq!(ahead(&feed), [(1, clock.unix())]);
    assert_eq!(feed.due(), Some(clock.now() + FIRST_FRAME_TIMEOUT));
    assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Frame(_, Upcoming::Known(_))));
    assert!(!feed.is_starting());
    assert_eq!(feed.due(), Some(clock.now() + Duration::from_millis(100)));
}

#[test]
fn the_first_frame_does_not_wait_long_for_the_second() {
    let (mut feed, clock) = feed(false);
    feed.start(clock.now());
    feed.fill();
    clock.advance(FIRST_FRAME_TIMEOUT);
    feed.source = Box::new(Stuck);
    assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Frame(_, Upcoming::Unknown)));
}

/// Produces nothing.
struct Stuck;

impl Paced for Stuck {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        Next::Later
    }
}

#[test]
fn old_pictures_get_the_time_at_which_they_are_shown() {
    for shows_time in [false, true] {
        let (mut feed, clock) = feed(shows_time);
        feed.fill();
        feed.fill();
        clock.advance(Duration::from_secs(3600));
        feed.start(clock.now());
        feed.fill();
        feed.fill();
        // Pictures that show their time are produced again, with the same numbers.
        let (first, second) = (clock.unix(), clock.unix() + feed.rate.span(1));
        assert_eq!(ahead(&feed), [(1, first), (2, second)], "{shows_time}");
    }
}

/// Always has a picture, and any number of them at once.
struct Ready;

impl Paced for Ready {
    fn next(&mut self, number: u64, _: Duration) -> Next {
        if number > 20 { Next::End } else { Next::Picture(Picture::new(SMALLEST.to_vec()).unwrap()) }
    }

    fn group(&self) -> usize {
        8
    }
}

#[test]
fn pictures_in_memory_are_fetched_in_groups_and_sent_one_by_one() {
    let (mut feed, clock) = feed(false);
    feed.source = Box::new(Ready);
    feed.start(clock.now());
    let (start, mut queued) = (clock.unix(), Vec::new());
    for n in 0..20 {
        let Polled::Frame(frame, upcoming) = feed.poll(clock.now(), Demand::Some) else {
            panic!("frame {n}")
        };
        assert_eq!(frame.taken, start + feed.rate.span(n));
        assert_eq!(matches!(upcoming, Upcoming::Never), n == 19, "{n}");
        feed.prepare();
        queued.push(feed.queue.len());
        clock.advance(Duration::from_millis(100));
    }
    assert_eq!(queued, [8, 7, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2, 4, 3, 2, 1, 0]);
    assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Over));
}

/// Always has one picture.
struct Single;

impl Paced for Single {
    fn next(&mut self, _: u64, _: Duration) -> Next {
        Next::Picture(Picture::new(SMALLEST.to_vec()).unwrap())
    }
}

#[test]
fn a_wall_clock_that_is_set_is_seen_within_a_second() {
    let (mut feed, clock) = feed(false);
    feed.source = Box::new(Single);
    feed.start(clock.now());
    clock.set_forward(Duration::from_secs(3600));
    for n in 0..15 {
        let Polled::Frame(frame, _) = feed.poll(clock.now(), Demand::Some) else { panic!("frame {n}") };
        let is_new = frame.taken == clock.unix();
        assert!(is_new || frame.taken + Duration::from_secs(3600) == clock.unix());
        // After a second, behind the frame whose head may have been sent.
        assert_eq!(is_new, n >= 11, "{n}");
        feed.prepare();
        clock.advance(Duration::from_millis(100));
    }
}

#[test]
fn a_feed_pauses_without_demand() {
    let (mut feed, clock) = feed(false);
    feed.start(clock.now());
    feed.fill();
    assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Frame(..)));
    clock.advance(Duration::from_millis(100));
    feed.fill();
    assert!(matches!(feed.poll(clock.now(), Demand::None), Polled::Pending));
    assert!(feed.due().is_none() && feed.start(clock.now()));
}

#[test]
fn a_feed_that_pauses_keeps_few_pictures_that_may_be_old_later() {
    let (mut feed, clock) = feed(false);
    feed.source = Box::new(Ready);
    feed.start(clock.now());
    assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Frame(..)));
    assert!(feed.queue.len() > AHEAD);
    clock.advance(Duration::from_millis(100));
    assert!(matches!(feed.poll(clock.now(), Demand::None), Polled::Pending));
    assert_eq!(feed.queue.len(), AHEAD);
}

#[test]
fn cameras_have_their_own_phases_from_the_first_interval_on() {
    let ms = Duration::from_millis;
    for start in [35, 1_035] {
        for phase in (0..100).step_by(10) {
            let (feed, clock) = feed(false);
            let mut feed = Feed { source: Box::new(Single), ..feed.with_phase(ms(phase)) };
            clock.advance(ms(start));
            feed.start(clock.now());
            let begun = start - start % 100;
            let next = begun + phase + if phase < 35 { 100 } else { 0 };
            for n in 0..3 {
                assert!(matches!(feed.poll(clock.now(), Demand::Some), Polled::Frame(..)), "{start} {phase}");
                let due = ms(next + 100 * n);
                assert_eq!(feed.due(), Some(due), "{start} {phase}");
                feed.prepare();
                clock.advance(due - clock.now());
            }
        }
    }
}
