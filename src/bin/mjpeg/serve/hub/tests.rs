//! Tests of the hub with a source that returns what it is told.

use std::cell::Cell;
use std::collections::VecDeque;

use mjpeg::multipart::Boundary;

use super::super::layout::Layout;
use super::super::recipe::Standard;
use super::super::sent_up_to::SentUpTo;
use super::*;
use crate::source::picture::{Picture, SMALLEST};

/// Returns the results of a list.
#[derive(Debug, Default)]
struct Listed {
    paused: bool,
    results: VecDeque<Polled>,
    given_back: Rc<Cell<u32>>,
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
        Stats { pace: Pace::Live { highest: None, running: true }, uncarried: 0, torn: 0, unseen: 0 }
    }

    fn take_error(&mut self) -> Option<Error> {
        None
    }
}

/// Another frame each time: they differ in their time.
fn frame() -> Frame {
    thread_local!(static NUMBER: Cell<u64> = const { Cell::new(0) });
    let number = NUMBER.get() + 1;
    NUMBER.set(number);
    Frame { picture: Picture::new(SMALLEST.to_vec()).unwrap(), taken: Duration::from_millis(number) }
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
    let mut hub =
        hub([Polled::Frame(one, Upcoming::Known(two.clone())), Polled::Frame(two, Upcoming::Known(frame()))]);
    assert_eq!(poll(&mut hub), Update::Part);
    let promised = hub.newest(0).unwrap().promised().unwrap().clone();
    assert_eq!(poll(&mut hub), Update::Part);
    let newest = hub.newest(0).unwrap();
    assert!(Rc::ptr_eq(newest.frame(), &promised));
    assert_eq!(newest.start(SentUpTo::Head(2), 0), Some(newest.body().start));
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
fn a_frame_that_its_server_repeats_is_no_sign_of_life() {
    let (one, two) = (frame(), frame());
    let frames = [one.clone(), one, two.clone(), two];
    let mut hub = hub(frames.map(|frame| Polled::Frame(frame, Upcoming::Unknown)));
    let ages: Vec<_> = (0..4)
        .map(|second| {
            let now = Duration::from_secs(second);
            assert_eq!(hub.poll(now, Demand::Some), Update::Part, "viewers get it all the same");
            hub.age(now).unwrap().as_secs()
        })
        .collect();
    assert_eq!(ages, [0, 1, 0, 1]);
    assert_eq!((hub.count().frames, hub.count().repeated), (2, 2));
}

#[test]
fn recipes_share_pictures_and_used_buffers_are_given_back() {
    let recipes = ["one", "two"].map(|name| Standard::new(Boundary::new(name).unwrap(), &[]));
    let given_back = Rc::new(Cell::new(0));
    let source = Listed {
        results: (0..3).map(|_| Polled::Frame(frame(), Upcoming::Unknown)).collect(),
        given_back: Rc::clone(&given_back),
        ..Listed::default()
    };
    let mut hub = Hub::new(Box::new(source), &Recipes::new(recipes));
    poll(&mut hub);
    let [one, two] = [0, 1].map(|recipe| hub.newest(recipe).unwrap().clone());
    assert_eq!(one.jpeg().as_ptr(), two.jpeg().as_ptr());
    let [one, two] = [0, 1].map(|recipe| hub.recipe(recipe).unwrap().response_head());
    assert_ne!(one, two);
    poll(&mut hub);
    assert_eq!(given_back.get(), 0, "viewers hold both parts");
    drop((one, two));
    poll(&mut hub);
    assert_eq!(given_back.get(), 2);
}
