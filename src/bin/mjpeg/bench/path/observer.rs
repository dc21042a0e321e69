//! Reads the strip of each part.

use std::time::Duration;

use image::ImageFormat;
use mjpeg::multipart::{Event, Part};
use mjpeg::strip::{Finder, Identity, Reader};

use super::figures::Figures;
use crate::problem::Problem;
use crate::transport::{Flow, Observer};

/// Frames without a strip before which pixels are looked at each time; afterwards only one of so many.
const PATIENCE: u64 = 20;

/// The most pixels of a picture that is decoded: 8K.
const MOST_PIXELS: u64 = 7680 * 4320;

/// The observer of the end of a chain.
#[derive(Debug)]
pub struct Watcher {
    figures: Figures,
    reader: Reader,
    finder: Finder,
    /// When the first byte of the body came, since 1970-01-01 UTC.
    began: Option<Duration>,
    /// The first part, which came before that was known.
    first: Option<(Option<Identity>, Option<Duration>)>,
    /// Frames in a row without a strip.
    unreadable: u64,
    frames_left: Option<u64>,
}

impl Watcher {
    /// An observer that has enough after so many frames.
    pub fn new(frames: Option<u64>) -> Self {
        Self {
            figures: Figures::default(),
            reader: Reader::new(),
            finder: Finder::new(),
            began: None,
            first: None,
            unreadable: 0,
            frames_left: frames,
        }
    }

    /// The first part is in, or nothing came: this is when the first byte came. Returns whether more is wanted.
    pub fn began(&mut self, began: Option<Duration>) -> bool {
        self.began = began;
        let Some((identity, arrival)) = self.first.take() else { return false };
        self.take(identity, arrival);
        self.frames_left != Some(0)
    }

    /// The figures of all parts.
    pub fn finish(self) -> Figures {
        self.figures
    }

    fn take(&mut self, identity: Option<Identity>, arrival: Option<Duration>) {
        let at = self.began.zip(arrival).map(|(began, arrival)| began + arrival);
        self.figures.part(identity.as_ref(), arrival, at);
    }

    /// The identity of a picture: from its DC coefficients, else from its pixels, which takes far longer.
    fn identity(&mut self, jpeg: &[u8]) -> Option<Identity> {
        if let Some(identity) = self.reader.read(jpeg) {
            self.unreadable = 0;
            return Some(identity);
        }
        let is_tried = self.unreadable < PATIENCE || self.unreadable.is_multiple_of(PATIENCE);
        let identity = if is_tried { self.find(jpeg) } else { None };
        self.unreadable = if identity.is_some() { 0 } else { self.unreadable + 1 };
        identity
    }

    fn find(&mut self, jpeg: &[u8]) -> Option<Identity> {
        let mut reader = image::ImageReader::with_format(std::io::Cursor::new(jpeg), ImageFormat::Jpeg);
        reader.limits(limits());
        let grey = reader.decode().ok()?.into_luma8();
        let width = usize::try_from(grey.width()).ok()?;
        self.finder.find(grey.as_raw(), width)
    }
}

/// A picture may say that it is larger than the memory.
fn limits() -> image::Limits {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MOST_PIXELS * 4);
    limits
}

impl Observer for Watcher {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        let Event::Part(Part { body, .. }) = event else { return Ok(Flow::More) };
        let identity = self.identity(body);
        if let Some(left) = &mut self.frames_left {
            *left = left.saturating_sub(1);
        }
        if self.began.is_none() {
            self.first = Some((identity, arrival));
            return Ok(Flow::Enough);
        }
        self.take(identity, arrival);
        Ok(if self.frames_left == Some(0) { Flow::Enough } else { Flow::More })
    }
}
