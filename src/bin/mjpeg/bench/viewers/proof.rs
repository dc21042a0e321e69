//! Whether the frames of a URL can be skipped by their lengths: the library's reader and the skimmer read the first ones, and
//! must find the same.

use std::cell::Cell;
use std::rc::Rc;

use mjpeg::response::{Expected, Reader};

use super::found::Found;
use super::frame::Frame;
use super::library::read;
use super::skimmer::{Skimmer, Step};

/// Frames that the library's reader and the skimmer must both find before the skimmer is trusted.
const PROOF: u64 = 3;
/// The most viewers that read with both at once: both together hold a frame.
const PROVING: usize = 16;

/// What is known of the lengths in the streams of one URL; all its viewers share it.
#[derive(Debug, Default)]
pub struct Trust {
    /// Whether frames can be skipped by them.
    pub(super) lengths: Cell<Lengths>,
    /// Viewers that read with both.
    pub(super) proving: Cell<usize>,
}

/// Whether frames can be skipped by their lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lengths {
    /// It is not known.
    #[default]
    Unknown,
    /// They can.
    Right,
    /// They cannot.
    Wrong,
}

impl Trust {
    /// Whether the library's reader reads all streams.
    pub fn has_no_lengths(&self) -> bool {
        self.lengths.get() == Lengths::Wrong
    }

    /// Whether one more viewer may read with both.
    pub fn may_prove(&self) -> bool {
        self.lengths.get() == Lengths::Unknown && self.proving.get() < PROVING
    }
}

/// The library's reader and the skimmer, side by side.
#[derive(Debug)]
pub struct Proof {
    reader: Reader,
    skimmer: Skimmer,
    read: u64,
    skimmed: u64,
    /// Whether they have found different frames.
    differs: bool,
    trust: Rc<Trust>,
}

/// Which of the two reads on.
#[derive(Debug)]
pub enum Outcome {
    /// The lengths are right.
    Right(Skimmer),
    /// They are missing or wrong.
    Wrong(Box<Reader>),
}

impl Drop for Proof {
    fn drop(&mut self) {
        self.trust.proving.set(self.trust.proving.get().saturating_sub(1));
    }
}

impl Proof {
    /// A reader that has read the head of the response, and a skimmer at the start of its body.
    pub fn new(reader: Reader, skimmer: Skimmer, trust: &Rc<Trust>) -> Self {
        trust.proving.set(trust.proving.get() + 1);
        Self { reader, skimmer, read: 0, skimmed: 0, differs: false, trust: Rc::clone(trust) }
    }

    /// Reads bytes of the body with both. The frames are those of the reader.
    ///
    /// # Errors
    ///
    /// What else the response is.
    pub fn read(
        &mut self,
        bytes: &[u8],
        too_large: &mut u64,
        each: &mut impl FnMut(Frame),
    ) -> Result<(), Found> {
        let mut is_plain = true;
        let mut rest = bytes;
        while !rest.is_empty() && is_plain {
            let (taken, step) = self.skimmer.step(rest);
            rest = &rest[taken..];
            self.skimmed += u64::from(matches!(step, Step::Frame(_)));
            is_plain = !matches!(step, Step::Odd | Step::End);
        }
        let mut frames = 0;
        let result = read(&mut self.reader, bytes, too_large, &mut |frame| {
            frames += 1;
            each(frame);
        });
        self.read += frames;
        self.differs = !is_plain || self.read != self.skimmed;
        result
    }

    /// Which of the two reads on, once this is known. It is taken out, and all viewers know it then.
    pub fn outcome(&mut self) -> Option<Outcome> {
        if self.differs {
            self.trust.lengths.set(Lengths::Wrong);
            Some(Outcome::Wrong(Box::new(self.take_reader())))
        } else if self.read >= PROOF {
            self.trust.lengths.set(Lengths::Right);
            Some(Outcome::Right(std::mem::replace(&mut self.skimmer, Skimmer::new(b""))))
        } else {
            None
        }
    }

    /// Takes the library's reader out.
    pub fn take_reader(&mut self) -> Reader {
        std::mem::replace(&mut self.reader, Reader::new(Expected::Response))
    }
}
