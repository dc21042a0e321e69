//! A paced source in its own thread, which prepares each picture before it is due.

use std::time::Duration;

use anyhow::Context;

use super::paced::{Next, Paced};
use super::wake::Wake;
use crate::channel::{Receiver, Sender, TryRecvError, channel};
use crate::problem::Problem;
use crate::threads;

/// Requests pictures from a source in another thread, so that the caller never waits for drawing or reading.
/// One request is pending at a time.
#[derive(Debug)]
pub struct Ahead {
    orders: Sender<Request>,
    answers: Receiver<Answer>,
    /// The pending request, if any.
    pending: Option<u64>,
    requests: u64,
    shows_time: bool,
}

/// A request to the thread of the source.
#[derive(Debug)]
struct Request {
    request: u64,
    number: u64,
    time: Duration,
}

#[derive(Debug)]
struct Answer {
    request: u64,
    next: Next,
}

impl Ahead {
    /// Moves `source` into a thread. The thread calls `wake` for each answer, and ends when the returned
    /// value is dropped.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn new(source: impl Paced + Send + 'static, wake: Wake) -> Result<Self, Problem> {
        let (orders, inbox) = channel();
        let (answer, answers) = channel();
        let shows_time = source.shows_time();
        threads::start("source", 512 * 1024, move || work(source, &inbox, &answer, &wake))
            .context("cannot start a thread for the source")?;
        Ok(Self { orders, answers, pending: None, requests: 0, shows_time })
    }
}

fn work(mut source: impl Paced, inbox: &Receiver<Request>, answer: &Sender<Answer>, wake: &Wake) {
    while let Ok(Request { request, number, time }) = inbox.recv() {
        let next = source.next(number, time);
        if answer.send(Answer { request, next }).is_err() {
            return;
        }
        wake.wake();
    }
}

impl Paced for Ahead {
    fn next(&mut self, number: u64, time: Duration) -> Next {
        let Some(pending) = self.pending else {
            self.requests += 1;
            self.pending = Some(self.requests);
            let request = Request { request: self.requests, number, time };
            // The thread ends before this value only if the source panicked.
            return if self.orders.send(request).is_ok() { Next::Later } else { Next::End };
        };
        loop {
            match self.answers.try_recv() {
                Ok(answer) if answer.request == pending => {
                    self.pending = None;
                    return answer.next;
                }
                // The answer to a forgotten request.
                Ok(_) => {}
                Err(TryRecvError::Empty) => return Next::Later,
                Err(TryRecvError::Disconnected) => return Next::End,
            }
        }
    }

    fn forget(&mut self) {
        self.pending = None;
    }

    fn shows_time(&self) -> bool {
        self.shows_time
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture::{Picture, SMALLEST};
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    /// Three pictures; the text in each is its number.
    struct Three;

    impl Paced for Three {
        fn next(&mut self, number: u64, _: Duration) -> Next {
            if number > 3 { Next::End } else { Next::Picture(numbered(number)) }
        }
    }

    fn numbered(number: u64) -> Picture {
        let comment = [b"\xff\xd8\xff\xfe\x00\x0a", &number.to_be_bytes()[..]].concat();
        Picture::new([&comment, &SMALLEST[2..]].concat()).unwrap()
    }

    fn ahead() -> (Ahead, mio::Poll) {
        let (wake, poll) = Wake::for_test();
        (Ahead::new(Three, wake).unwrap(), poll)
    }

    /// Waits for the next wake-up.
    fn wait(poll: &mut mio::Poll) {
        let mut events = mio::Events::with_capacity(1);
        poll.poll(&mut events, Some(LONG)).unwrap();
        assert!(!events.is_empty());
    }

    /// The next picture or the end, after any number of wake-ups.
    fn next(ahead: &mut Ahead, number: u64) -> Next {
        let end = std::time::Instant::now() + LONG;
        loop {
            match ahead.next(number, Duration::ZERO) {
                Next::Later if std::time::Instant::now() < end => std::thread::yield_now(),
                next => return next,
            }
        }
    }

    #[test]
    fn a_requested_picture_comes_later_and_wakes_the_poll() {
        let (mut ahead, mut poll) = ahead();
        assert!(matches!(ahead.next(1, Duration::ZERO), Next::Later));
        wait(&mut poll);
        for number in 1..=3 {
            let Next::Picture(picture) = next(&mut ahead, number) else { panic!("{number}") };
            assert_eq!(picture.jpeg(), numbered(number).jpeg());
        }
        assert!(matches!(next(&mut ahead, 4), Next::End));
    }

    #[test]
    fn the_answer_to_a_forgotten_request_does_not_answer_the_next_request() {
        let (mut ahead, mut poll) = ahead();
        assert!(matches!(ahead.next(1, Duration::ZERO), Next::Later));
        wait(&mut poll);
        ahead.forget();
        let Next::Picture(picture) = next(&mut ahead, 2) else { panic!("no picture") };
        assert_eq!(picture.jpeg(), numbered(2).jpeg());
    }
}
