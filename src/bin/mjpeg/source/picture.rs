//! One JPEG in a buffer with room around it.

use std::ops::Range;

use mjpeg::jpeg::{Damage, DamageKind, Judgement, Walk};

/// Bytes kept free before and behind a JPEG, so that its part's fields and delimiters are written
/// beside it and the picture itself is never copied. Two delimiters with a boundary of 70 characters
/// and the fields of a part take less.
pub const ROOM: usize = 320;

/// A JPEG from its SOI to its EOI, with [`ROOM`] bytes before it in the same buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    bytes: Vec<u8>,
    jpeg: Range<usize>,
    mark: usize,
    /// Whether it is known that it can be sent.
    pub carried: bool,
}

/// Why a picture is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsound(Damage);

impl std::fmt::Display for Unsound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.kind {
            DamageKind::Empty => f.write_str("it is empty"),
            DamageKind::NoStart => f.write_str("it is no JPEG"),
            DamageKind::Cut => f.write_str("it ends before its end marker"),
            DamageKind::NoFrame => f.write_str("it has no frame header or no scan"),
            _ => write!(f, "its structure is broken at byte {}", self.0.at),
        }
    }
}

impl Picture {
    /// Takes a buffer whose first [`ROOM`] bytes are free and whose others are a JPEG. Bytes behind its
    /// EOI are left out.
    ///
    /// `mark` is the source's own mark on the picture; it comes back with it.
    ///
    /// # Errors
    ///
    /// If [`Judgement::of_markers`] finds damage.
    pub fn new(bytes: Vec<u8>, mark: usize) -> Result<Self, Unsound> {
        let jpeg = bytes.get(ROOM..).unwrap_or_default();
        let judgement = Judgement::of_markers(jpeg, Walk::over(jpeg));
        if let Some(damage) = judgement.damage() {
            return Err(Unsound(damage));
        }
        let end = judgement.end().unwrap_or(jpeg.len());
        Ok(Self { bytes, jpeg: ROOM..ROOM + end, mark, carried: false })
    }

    /// Takes such a buffer whose JPEG was judged already and ends with its EOI.
    pub fn whole(bytes: Vec<u8>, mark: usize) -> Self {
        let jpeg = ROOM..bytes.len();
        Self { bytes, jpeg, mark, carried: false }
    }

    /// The same picture in a buffer of its own.
    pub fn duplicate(&self) -> Self {
        let mut bytes = Self::buffer(self.jpeg.len());
        bytes.extend_from_slice(self.jpeg());
        Self { carried: self.carried, ..Self::whole(bytes, 0) }
    }

    /// Copies a JPEG into a buffer with room.
    ///
    /// # Errors
    ///
    /// As [`Picture::new`].
    pub fn copy(jpeg: &[u8], mark: usize) -> Result<Self, Unsound> {
        let mut bytes = Self::buffer(jpeg.len());
        bytes.extend_from_slice(jpeg);
        Self::new(bytes, mark)
    }

    /// A buffer to append a JPEG of about `length` bytes to, for [`Picture::new`].
    pub fn buffer(length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length.saturating_add(2 * ROOM));
        bytes.resize(ROOM, 0);
        bytes
    }

    /// The buffer, emptied for another JPEG.
    pub fn into_buffer(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        bytes.truncate(ROOM);
        bytes
    }

    /// The JPEG, from SOI to EOI.
    pub fn jpeg(&self) -> &[u8] {
        &self.bytes[self.jpeg.clone()]
    }

    /// The source's own mark.
    pub fn mark(&self) -> usize {
        self.mark
    }

    /// Bytes the buffer takes.
    pub fn weight(&self) -> usize {
        self.bytes.capacity()
    }

    /// Writes `before` right before the JPEG and `behind` right behind it. Returns the buffer and where
    /// `before` starts in it.
    ///
    /// # Panics
    ///
    /// When `before` does not fit into [`ROOM`].
    pub fn dress(&mut self, before: &[u8], behind: &[u8]) -> usize {
        let start = self.jpeg.start - before.len();
        self.bytes[start..self.jpeg.start].copy_from_slice(before);
        self.bytes.truncate(self.jpeg.end);
        self.bytes.extend_from_slice(behind);
        start
    }

    /// The whole buffer, as [`Picture::dress`] left it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The smallest picture that can be sent: one component, one sample, no entropy-coded data.
#[cfg(test)]
pub const SMALLEST: &[u8] =
    b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9";

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = SMALLEST;

    #[test]
    fn a_part_is_written_around_the_picture_again_and_again() {
        let mut picture = Picture::copy(&[JPEG, b"stale"].concat(), 7).unwrap();
        for (before, behind) in [("--b\r\n", "\r\n--b\r\nlonger"), ("", "x"), ("longer than before", "")] {
            let start = picture.dress(before.as_bytes(), behind.as_bytes());
            let expected = [before.as_bytes(), JPEG, behind.as_bytes()].concat();
            assert_eq!(&picture.bytes()[start..], expected);
            assert_eq!((picture.jpeg(), picture.mark()), (JPEG, 7));
        }
    }

    #[test]
    fn what_is_no_whole_jpeg_is_no_picture() {
        for (bytes, message) in [
            (&b""[..], "it is empty"),
            (b"<html>", "it is no JPEG"),
            (&JPEG[..JPEG.len() - 1], "it ends before its end marker"),
            (b"\xff\xd8\xff\xfe\x00\x04ab\xff\xd9", "it has no frame header or no scan"),
            (b"\xff\xd8\xff\xda\x00\x02scan\xff\xd8", "its structure is broken at byte 10"),
        ] {
            assert_eq!(Picture::copy(bytes, 0).unwrap_err().to_string(), message);
        }
        assert_eq!(Picture::new(Vec::new(), 0).unwrap_err().to_string(), "it is empty");
    }
}
