//! Paced sources: the reader decides when it takes the next frame.

use std::time::Duration;

use super::error::Error;
use super::picture::Picture;

/// The answer of a source.
#[derive(Debug)]
pub enum Next {
    /// The next picture.
    Picture(Picture),
    /// The picture is being prepared. Call again with the same number after the source woke the poll.
    Later,
    /// No picture now; one may come later. A new call repeats the search, which costs time.
    Nothing,
    /// The source has ended.
    End,
}

/// A source that returns frames on demand. Each frame is requested before it is due.
pub trait Paced {
    /// The next picture.
    ///
    /// `number` counts pictures from 1. `time` is when this picture is due, since 1970-01-01 UTC.
    fn next(&mut self, number: u64, time: Duration) -> Next;

    /// How many pictures to fetch at once, at least. More than one where they are in memory: it costs less.
    fn group(&self) -> usize {
        1
    }

    /// The error of a source that ended before its first picture, if known.
    fn take_error(&mut self) -> Option<Error> {
        None
    }

    /// Cancels the pending picture: the next call of [`Paced::next`] is a new request.
    fn forget(&mut self) {}

    /// Whether pictures show their time. Such a picture may be requested again, by its number, if it is sent later
    /// than planned.
    fn shows_time(&self) -> bool {
        false
    }
}
