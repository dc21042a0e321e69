//! Reads the strip of each part.

use std::time::Duration;

use mjpeg::multipart::{Event, Extent, Part};

use super::figures::Figures;
use crate::problem::Problem;
use crate::strip_reader::StripReader;
use crate::transport::{Flow, Observer};

/// The observer of the end of a chain.
#[derive(Debug)]
pub struct Watcher {
    figures: Figures,
    strips: StripReader,
    /// When the first byte of the body came, since 1970-01-01 UTC.
    began: Option<Duration>,
    frames_left: Option<u64>,
}

impl Watcher {
    /// An observer that has enough after so many frames.
    pub fn new(frames: Option<u64>) -> Self {
        Self { figures: Figures::default(), strips: StripReader::of_each(), began: None, frames_left: frames }
    }

    /// Whether the last part is so long ago that the stream may have stalled. `watched`: from the first byte until now.
    pub fn is_silent(&self, watched: Option<Duration>) -> bool {
        self.figures.stall_at(watched).is_some()
    }

    /// The figures of all parts. `watched`: from the first byte to the end.
    pub fn finish(mut self, watched: Option<Duration>) -> Figures {
        self.figures.end(watched);
        self.figures
    }
}

/// The observer that waits for one more part.
#[derive(Debug)]
pub struct Awaited;

impl Observer for Awaited {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        let is_whole = matches!(event, Event::Part(Part { extent: Extent::Complete { .. }, .. }));
        Ok(if is_whole { Flow::Enough } else { Flow::More })
    }
}

impl Observer for Watcher {
    fn began(&mut self, unix: Duration) {
        self.began = Some(unix);
    }

    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        let Event::Part(Part { body, .. }) = event else { return Ok(Flow::More) };
        let identity = self.strips.read(body);
        let at = self.began.zip(arrival).map(|(began, arrival)| began.saturating_add(arrival));
        self.figures.part(identity.as_ref(), arrival, at);
        if let Some(left) = &mut self.frames_left {
            *left = left.saturating_sub(1);
        }
        Ok(if self.frames_left == Some(0) { Flow::Enough } else { Flow::More })
    }
}
