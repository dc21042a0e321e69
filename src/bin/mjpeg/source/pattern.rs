//! The test pattern as a source: each frame is drawn on request.

use std::time::Duration;

use super::notices::{More, Notices};
use super::paced::{Next, Paced};
use super::picture::Picture;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::pattern::{Pattern, Size};

/// Draws each requested frame.
#[derive(Debug)]
pub struct Drawing {
    pattern: Pattern,
    notices: Notices,
}

impl Drawing {
    /// A source of frames of this size.
    pub fn new(size: Size, clock: &Clock, reporter: Reporter) -> Self {
        Self { pattern: Pattern::of_random_source(size), notices: Notices::new(clock.clone(), reporter) }
    }
}

impl Paced for Drawing {
    fn next(&mut self, number: u64, time: Duration) -> Next {
        let why = match self.pattern.frame(number, time).map(Picture::new) {
            Ok(Ok(picture)) => return Next::Picture(picture),
            Ok(Err(unsound)) => format!("cannot be sent: {unsound}"),
            Err(error) => format!("cannot be drawn: {error}"),
        };
        let text = format!("test pattern: frame {number} {why}");
        let more = More::new(
            "more frame of the test pattern was not sent",
            "more frames of the test pattern were not sent",
        );
        self.notices.say("frame", &more, &text);
        Next::Nothing
    }

    fn shows_time(&self) -> bool {
        true
    }
}
