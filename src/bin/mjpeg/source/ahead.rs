//! A paced source in a thread of its own, asked for each picture before it is due.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context;
use mio::Waker;

use super::paced::{Next, Paced};
use super::picture::Picture;
use crate::problem::Problem;

/// Asks a source in another thread, so that whoever hands frames out never waits for one to be drawn or
/// read. One question is under way at a time.
#[derive(Debug)]
pub struct Ahead {
    tell: Sender<Word>,
    answers: Receiver<Answer>,
    /// The last question, while it has no answer.
    open: Option<u64>,
    /// An answer that was waited for and has not been fetched.
    early: Option<Answer>,
    questions: u64,
    shows_time: bool,
}

/// What the source's thread is told.
#[derive(Debug)]
enum Word {
    Ask { question: u64, number: u64, time: Duration },
    GiveBack(Picture),
}

#[derive(Debug)]
struct Answer {
    question: u64,
    next: Next,
}

impl Ahead {
    /// Moves `source` into a thread, which calls `waker` whenever there is an answer, and ends when the
    /// returned source is dropped.
    ///
    /// # Errors
    ///
    /// When the system has no room for a thread.
    pub fn new(source: impl Paced + Send + 'static, waker: Waker) -> Result<Self, Problem> {
        let (tell, told) = channel();
        let (answer, answers) = channel();
        let shows_time = source.shows_time();
        let thread = std::thread::Builder::new().name("source".into()).stack_size(512 * 1024);
        thread
            .spawn(move || work(source, &told, &answer, &waker))
            .context("cannot start a thread for the source")?;
        Ok(Self { tell, answers, open: None, early: None, questions: 0, shows_time })
    }
}

fn work(mut source: impl Paced, told: &Receiver<Word>, answer: &Sender<Answer>, waker: &Waker) {
    while let Ok(word) = told.recv() {
        match word {
            Word::GiveBack(picture) => source.give_back(picture),
            Word::Ask { question, number, time } => {
                let next = source.next(number, time);
                if answer.send(Answer { question, next }).is_err() {
                    return;
                }
                // The eventfd of the waker is full only when a wake-up is pending already.
                let _ = waker.wake();
            }
        }
    }
}

impl Paced for Ahead {
    fn next(&mut self, number: u64, time: Duration) -> Next {
        let Some(open) = self.open else {
            self.questions += 1;
            self.open = Some(self.questions);
            let ask = Word::Ask { question: self.questions, number, time };
            // The thread ends before this value only if the source has panicked.
            return if self.tell.send(ask).is_ok() { Next::Later } else { Next::End };
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
            if answer.question == open {
                self.open = None;
                return answer.next;
            }
            // Nobody wants to know any more.
            if let Next::Picture(picture) = answer.next {
                self.give_back(picture);
            }
        }
    }

    fn give_back(&mut self, picture: Picture) {
        let _ = self.tell.send(Word::GiveBack(picture));
    }

    fn wait(&mut self, longest: Duration) -> bool {
        if self.early.is_none() {
            self.early = self.answers.recv_timeout(longest).ok();
        }
        self.early.is_some()
    }

    fn forget(&mut self) {
        self.open = None;
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

    /// Answers each question with a picture marked by its number, up to three.
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
    fn what_was_asked_for_comes_later_and_wakes_the_poll() {
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
    fn the_answer_to_a_forgotten_question_is_not_given_to_the_next_one() {
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
