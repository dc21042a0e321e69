//! A paced source in its own thread, which prepares each picture before it is due.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context;
use mio::Waker;

use super::paced::{Next, Paced};
use super::picture::Picture;
use crate::problem::Problem;

/// Requests pictures from a source in another thread, so that the caller never waits for drawing or reading.
/// One request is pending at a time.
#[derive(Debug)]
pub struct Ahead {
    messages: Sender<Message>,
    answers: Receiver<Answer>,
    /// The pending request, if any.
    pending: Option<u64>,
    /// An answer that [`Paced::wait`] has received and [`Paced::next`] has not returned yet.
    early: Option<Answer>,
    requests: u64,
    shows_time: bool,
}

/// A message to the thread of the source.
#[derive(Debug)]
enum Message {
    Request { request: u64, number: u64, time: Duration },
    GiveBack(Picture),
}

#[derive(Debug)]
struct Answer {
    request: u64,
    next: Next,
}

impl Ahead {
    /// Moves `source` into a thread. The thread calls `waker` for each answer, and ends when the returned
    /// value is dropped.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn new(source: impl Paced + Send + 'static, waker: Waker) -> Result<Self, Problem> {
        let (messages, inbox) = channel();
        let (answer, answers) = channel();
        let shows_time = source.shows_time();
        let thread = std::thread::Builder::new().name("source".into()).stack_size(512 * 1024);
        thread
            .spawn(move || work(source, &inbox, &answer, &waker))
            .context("cannot start a thread for the source")?;
        Ok(Self { messages, answers, pending: None, early: None, requests: 0, shows_time })
    }
}

fn work(mut source: impl Paced, inbox: &Receiver<Message>, answer: &Sender<Answer>, waker: &Waker) {
    while let Ok(message) = inbox.recv() {
        match message {
            Message::GiveBack(picture) => source.give_back(picture),
            Message::Request { request, number, time } => {
                let next = source.next(number, time);
                if answer.send(Answer { request, next }).is_err() {
                    return;
                }
                // Waking fails only if the eventfd is full, and then a wake-up is pending.
                let _ = waker.wake();
            }
        }
    }
}

impl Paced for Ahead {
    fn next(&mut self, number: u64, time: Duration) -> Next {
        let Some(pending) = self.pending else {
            self.requests += 1;
            self.pending = Some(self.requests);
            let message = Message::Request { request: self.requests, number, time };
            // The thread ends before this value only if the source panicked.
            return if self.messages.send(message).is_ok() { Next::Later } else { Next::End };
        };
        loop {
            let answer = match self.early.take() {
                Some(answer) => answer,
                None => match self.answers.try_recv() {
                    Ok(answer) => answer,
                    Err(std::sync::mpsc::TryRecvError::Empty) => return Next::Later,
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => return Next::End,
                },
            };
            if answer.request == pending {
                self.pending = None;
                return answer.next;
            }
            // The answer to a forgotten request.
            if let Next::Picture(picture) = answer.next {
                self.give_back(picture);
            }
        }
    }

    fn give_back(&mut self, picture: Picture) {
        let _ = self.messages.send(Message::GiveBack(picture));
    }

    fn wait(&mut self, longest: Duration) -> bool {
        if self.early.is_none() {
            self.early = self.answers.recv_timeout(longest).ok();
        }
        self.early.is_some()
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
    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const JPEG: &[u8] = crate::source::picture::SMALLEST;

    /// Three pictures, each marked with its number.
    struct Three;

    impl Paced for Three {
        fn next(&mut self, number: u64, _: Duration) -> Next {
            if number > 3 { Next::End } else { Next::Picture(Picture::copy(JPEG, number as usize).unwrap()) }
        }

        fn give_back(&mut self, _: Picture) {}
    }

    fn ahead() -> (Ahead, mio::Poll) {
        let poll = mio::Poll::new().unwrap();
        let waker = Waker::new(poll.registry(), mio::Token(0)).unwrap();
        (Ahead::new(Three, waker).unwrap(), poll)
    }

    #[test]
    fn a_requested_picture_comes_later_and_wakes_the_poll() {
        let (mut ahead, mut poll) = ahead();
        let mut events = mio::Events::with_capacity(1);
        for number in 1..=3 {
            assert!(matches!(ahead.next(number, Duration::ZERO), Next::Later));
            poll.poll(&mut events, Some(LONG)).unwrap();
            assert!(!events.is_empty());
            let Next::Picture(picture) = ahead.next(number, Duration::ZERO) else { panic!("{number}") };
            assert_eq!(picture.mark() as u64, number);
        }
        assert!(matches!(ahead.next(4, Duration::ZERO), Next::Later));
        assert!(ahead.wait(LONG));
        assert!(matches!(ahead.next(4, Duration::ZERO), Next::End));
    }

    #[test]
    fn the_answer_to_a_forgotten_request_does_not_answer_the_next_request() {
        let (mut ahead, _poll) = ahead();
        assert!(matches!(ahead.next(1, Duration::ZERO), Next::Later));
        assert!(ahead.wait(LONG));
        ahead.forget();
        assert!(matches!(ahead.next(2, Duration::ZERO), Next::Later));
        let picture = loop {
            match ahead.next(2, Duration::ZERO) {
                Next::Picture(picture) => break picture,
                _ => assert!(ahead.wait(LONG)),
            }
        };
        assert_eq!(picture.mark(), 2);
    }
}
