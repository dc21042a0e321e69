//! The responses as received, if they are kept: as captures, or by a flight recorder.

use super::captures::Captures;
use super::raw::Times;
use crate::flight::{FlightRecorder, Tally};
use crate::problem::Problem;
use crate::transport::{Opened, Tap};

/// What keeps the bytes of the responses. Both are `None` if nothing does.
#[derive(Default)]
pub struct Responses {
    /// All of them.
    pub captures: Option<Captures>,
    /// The last ones.
    pub flight: Option<FlightRecorder>,
    /// What the flight recorder has written, at the end.
    pub tally: Option<Tally>,
}

impl Responses {
    /// What takes the bytes of a response that begins.
    ///
    /// # Errors
    ///
    /// When its capture cannot be created.
    pub fn opened(&mut self, opened: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        if let Some(flight) = &self.flight {
            return Ok(Some(flight.response(opened.body_start, opened.is_in_chunks, opened.offset)));
        }
        let times = if opened.is_live { Times::Written } else { Times::None };
        self.captures.as_mut().map(|captures| captures.next(times)).transpose()
    }

    /// A part begins at this offset.
    pub fn part(&self, start: u64) {
        if let Some(flight) = &self.flight {
            flight.part(start);
        }
    }

    /// The stream has a good frame: replaces earlier captures.
    ///
    /// # Errors
    ///
    /// When they cannot be replaced.
    pub fn replace(&mut self) -> Result<(), Problem> {
        self.captures.as_mut().map_or(Ok(()), Captures::replace)
    }

    /// A response ended.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn ended(&mut self, word: &'static str) -> Result<(), Problem> {
        if let Some(flight) = &self.flight {
            flight.ended(word);
        }
        self.captures.as_mut().map_or(Ok(()), |captures| captures.ended(word))
    }

    /// Closes all files.
    ///
    /// # Errors
    ///
    /// When a capture cannot be written.
    pub fn finish(&mut self) -> Result<(), Problem> {
        let closed = self.captures.as_mut().map_or(Ok(()), Captures::close);
        self.tally = self.flight.take().map(|flight| flight.finish());
        closed
    }
}
