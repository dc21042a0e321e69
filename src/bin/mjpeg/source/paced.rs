//! Sources that have a next frame whenever it is due.

use std::time::Duration;

use super::error::Error;
use super::picture::Picture;

/// What a source has to give.
#[derive(Debug)]
pub enum Next {
    /// The next picture.
    Picture(Picture),
    /// It is being made: asking again for the same one is worth it when the poll has been woken.
    Later,
    /// None right now; one may come later. Asking again is not free.
    Nothing,
    /// None any more.
    End,
}

/// A source that gives frames on demand, one ahead of when they are shown.
pub trait Paced {
    /// The next picture.
    ///
    /// `number` counts the pictures from 1, `time` is when this one is due, since 1970-01-01 UTC.
    fn next(&mut self, number: u64, time: Duration) -> Next;

    /// Takes a picture back when nobody needs it any more, so that its buffer can be used again.
    fn give_back(&mut self, picture: Picture);

    /// Waits until asking again after [`Next::Later`] is worth it. Says whether it is, `longest` at most
    /// having passed.
    fn wait(&mut self, longest: Duration) -> bool {
        let _ = longest;
        false
    }

    /// Why there never was a picture, if that is known.
    fn take_error(&mut self) -> Option<Error> {
        None
    }

    /// Lets go of what is being made: the next question is a new one.
    fn forget(&mut self) {}

    /// Whether a picture shows its time: then it may be asked for again, by its number, when it is shown
    /// later than was planned.
    fn shows_time(&self) -> bool {
        false
    }
}
