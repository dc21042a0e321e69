//! The test pattern as a source: each frame is drawn on request.

use std::time::Duration;

use super::paced::{Next, Paced};
use super::picture::Picture;
use crate::output::Reporter;
use crate::pattern::{Pattern, Size};

/// Draws each requested frame.
#[derive(Debug)]
pub struct Drawing {
    pattern: Pattern,
    reporter: Reporter,
}

impl Drawing {
    /// A source of frames of this size.
    pub fn new(size: Size, reporter: Reporter) -> Self {
        Self { pattern: Pattern::new(size), reporter }
    }
}

impl Paced for Drawing {
    fn next(&mut self, number: u64, time: Duration) -> Next {
        let why = match self.pattern.frame(number, time).map(Picture::new) {
            Ok(Ok(picture)) => return Next::Picture(picture),
            Ok(Err(unsound)) => format!("cannot be sent: {unsound}"),
            Err(error) => format!("cannot be drawn: {error}"),
        };
        self.reporter.message(&format!("test pattern: frame {number} {why}"));
        Next::Nothing
    }

    fn shows_time(&self) -> bool {
        true
    }
}
