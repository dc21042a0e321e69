//! Takes the pictures out of a stream's parts.

use std::time::Duration;

use mjpeg::jpeg::MarkerJudge;
use mjpeg::multipart::{Event, Part};

use crate::problem::Problem;
use crate::source::picture::Picture;
use crate::transport::{Flow, Observer};

/// What receives the pictures of a stream.
pub trait Receiver {
    /// An empty buffer for a JPEG of `length` bytes.
    fn buffer(&self, length: usize) -> Vec<u8> {
        Vec::with_capacity(length)
    }

    /// Receives a picture and the part it came in. [`Flow::Enough`] ends the stream.
    fn receive(&mut self, picture: Picture, part: &Part<'_>) -> Flow;

    /// Called for each part whose JPEG no consumer would show.
    fn torn(&self) {}
}

/// Copies each JPEG that some consumer shows into a [`Picture`] and passes it on.
#[derive(Debug)]
pub struct Sink<R> {
    /// Pictures passed on so far.
    pub published: u64,
    judge: MarkerJudge,
    receiver: R,
}

impl<R: Receiver> Sink<R> {
    /// A sink that passes pictures to `receiver`.
    pub fn new(receiver: R) -> Self {
        Self { published: 0, judge: MarkerJudge::new(), receiver }
    }
}

impl<R: Receiver> Observer for Sink<R> {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        let Event::Part(part) = event else { return Ok(Flow::More) };
        // Status text or XML between the frames is no torn frame.
        if part.is_not_a_picture() {
            return Ok(Flow::Rejected);
        }
        let judgement = self.judge.judge(part);
        if judgement.refusal().is_some() {
            self.receiver.torn();
            return Ok(Flow::Rejected);
        }
        let jpeg = judgement.picture(part.body);
        let mut buffer = self.receiver.buffer(jpeg.len());
        buffer.extend_from_slice(jpeg);
        let picture = Picture::whole(buffer);
        self.published += 1;
        Ok(self.receiver.receive(picture, part))
    }
}
