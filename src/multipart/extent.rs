//! What the parser must know of a body's own format: where it ends.

use core::ops::Range;

/// How far a body goes, by the rules of its own format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Sound so far and not at its end: more bytes are needed.
    Partial,
    /// Complete; the format's last byte is the one before `end` (bytes from the body's start).
    Complete {
        /// Number of bytes from the start of the body to the end of the picture.
        end: usize,
    },
    /// Not of this format: the first bytes are something else.
    Foreign,
    /// Of this format, but the byte at `at` is not allowed there.
    Broken {
        /// Number of bytes from the start of the body to the byte that contradicts the format. If a
        /// new picture starts there, this is where.
        at: usize,
    },
}

/// Walks a body that grows at its end, without reading any byte twice.
///
/// The multipart parser knows no JPEG; it asks an implementation of this trait where a picture
/// ends. [`crate::jpeg::Walk`] is the one for JPEG.
///
/// The answer must depend on the bytes alone, not on how many of them came at once, and once it is
/// not [`Extent::Partial`] it stays the same until [`BodyWalk::restart`].
pub trait BodyWalk {
    /// Forgets the current body: the next call begins with the first byte of another one.
    fn restart(&mut self);

    /// Continues where the last call stopped.
    ///
    /// `body` holds all bytes of the body so far, from its first one; each call brings the same
    /// bytes as the one before, and perhaps more.
    fn advance(&mut self, body: &[u8]) -> Extent;

    /// The bytes that every picture starts with.
    fn signature(&self) -> &'static [u8];

    /// The first range of the body in which the format has only data. [`BodyWalk::advance`] has passed over it,
    /// so another walk over the same bytes need not read it. Empty until its end is known.
    fn coded(&self) -> Range<usize> {
        0..0
    }

    /// Whether the picture says that more of the same body follows its end: a second picture or a video.
    fn announces_more(&self) -> bool {
        false
    }
}
