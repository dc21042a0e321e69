//! One JPEG in a buffer with free space around it.

use std::ops::Range;

use mjpeg::jpeg::{DamageKind, Judgement, Refusal, Walk};

/// Bytes of free space before and after a JPEG. The fields and delimiters of its part are written there, so the
/// picture itself is never copied. Two delimiters with a boundary of 70 characters and the fields of a part need
/// less.
pub const ROOM: usize = 320;

/// A JPEG from its SOI to its EOI, with [`ROOM`] bytes before it in the same buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    bytes: Vec<u8>,
    jpeg: Range<usize>,
    mark: usize,
    /// Whether it was checked that the picture does not contain the boundary.
    pub boundary_checked: bool,
}

/// Why a picture is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsound(Refusal);

impl std::fmt::Display for Unsound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Refusal::Damaged(damage) = self.0 else { return self.0.fmt(f) };
        match damage.kind {
            DamageKind::Empty => f.write_str("it is empty"),
            DamageKind::NoStart => f.write_str("it is not a JPEG"),
            DamageKind::Cut => f.write_str("it ends before its end marker"),
            DamageKind::NoFrame => f.write_str("it has no frame header or no scan"),
            _ => write!(f, "its structure is broken at byte {}", damage.at),
        }
    }
}

impl Picture {
    /// Takes a buffer of [`ROOM`] free bytes and a JPEG. Bytes after EOI are ignored.
    ///
    /// `mark` is a number for the source: the picture has it when it is given back.
    ///
    /// # Errors
    ///
    /// If no consumer would show the picture, by [`Judgement::of_markers`].
    pub fn new(bytes: Vec<u8>, mark: usize) -> Result<Self, Unsound> {
        let jpeg = bytes.get(ROOM..).unwrap_or_default();
        let judgement = Judgement::of_markers(jpeg, Walk::over(jpeg));
        if let Some(refusal) = judgement.refusal() {
            return Err(Unsound(refusal));
        }
        let end = judgement.end().unwrap_or(jpeg.len());
        Ok(Self { bytes, jpeg: ROOM..ROOM + end, mark, boundary_checked: false })
    }

    /// Takes such a buffer without a judgement: the caller has judged the JPEG, which ends with its EOI.
    pub fn whole(bytes: Vec<u8>, mark: usize) -> Self {
        let jpeg = ROOM..bytes.len();
        Self { bytes, jpeg, mark, boundary_checked: false }
    }

    /// A copy of the picture in another buffer.
    pub fn duplicate(&self) -> Self {
        let mut bytes = Self::buffer(self.jpeg.len());
        bytes.extend_from_slice(self.jpeg());
        Self { boundary_checked: self.boundary_checked, ..Self::whole(bytes, 0) }
    }

    /// Copies a JPEG into a buffer with free space.
    ///
    /// # Errors
    ///
    /// As [`Picture::new`].
    pub fn copy(jpeg: &[u8], mark: usize) -> Result<Self, Unsound> {
        let mut bytes = Self::buffer(jpeg.len());
        bytes.extend_from_slice(jpeg);
        Self::new(bytes, mark)
    }

    /// A buffer for [`Picture::new`]: a JPEG of about `length` bytes is appended to it.
    pub fn buffer(length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length.saturating_add(2 * ROOM));
        bytes.resize(ROOM, 0);
        bytes
    }

    /// The buffer, emptied for the next JPEG.
    pub fn into_buffer(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        bytes.truncate(ROOM);
        bytes
    }

    /// The JPEG, from SOI to EOI.
    pub fn jpeg(&self) -> &[u8] {
        &self.bytes[self.jpeg.clone()]
    }

    /// The number that the source gave to the picture.
    pub fn mark(&self) -> usize {
        self.mark
    }

    /// The capacity of the buffer in bytes.
    pub fn weight(&self) -> usize {
        self.bytes.capacity()
    }

    /// Writes `before` right before the JPEG and `behind` right after it. Returns the offset of `before` in the
    /// buffer.
    ///
    /// # Panics
    ///
    /// When `before` does not fit into [`ROOM`].
    pub fn wrap(&mut self, before: &[u8], behind: &[u8]) -> usize {
        let start = self.jpeg.start - before.len();
        self.bytes[start..self.jpeg.start].copy_from_slice(before);
        self.bytes.truncate(self.jpeg.end);
        self.bytes.extend_from_slice(behind);
        start
    }

    /// The whole buffer, as [`Picture::wrap`] left it.
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
    fn a_part_can_be_written_around_a_picture_several_times() {
        let mut picture = Picture::copy(&[JPEG, b"stale"].concat(), 7).unwrap();
        for (before, behind) in [("--b\r\n", "\r\n--b\r\nlonger"), ("", "x"), ("longer than before", "")] {
            let start = picture.wrap(before.as_bytes(), behind.as_bytes());
            let expected = [before.as_bytes(), JPEG, behind.as_bytes()].concat();
            assert_eq!(&picture.bytes()[start..], expected);
            assert_eq!((picture.jpeg(), picture.mark()), (JPEG, 7));
        }
    }

    #[test]
    fn only_a_sound_jpeg_is_a_picture() {
        for (bytes, message) in [
            (&b""[..], "it is empty"),
            (b"<html>", "it is not a JPEG"),
            (&JPEG[..JPEG.len() - 1], "it ends before its end marker"),
            (b"\xff\xd8\xff\xfe\x00\x04ab\xff\xd9", "it has no frame header or no scan"),
            (&[&JPEG[..JPEG.len() - 2], b"\xff\xd8\xff"].concat(), "its structure is broken at byte 25"),
        ] {
            assert_eq!(Picture::copy(bytes, 0).unwrap_err().to_string(), message);
        }
        assert_eq!(Picture::new(Vec::new(), 0).unwrap_err().to_string(), "it is empty");
    }
}
