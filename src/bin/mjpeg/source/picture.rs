//! One JPEG in a buffer with free space around it.

use std::ops::Range;

use mjpeg::jpeg::Walk;
use mjpeg::multipart::Extent;

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

/// Why bytes are not a complete JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    /// There are no bytes.
    Empty,
    /// The bytes do not start with SOI.
    NotJpeg,
    /// The bytes end before EOI.
    Truncated,
    /// The byte at this offset is not allowed there.
    Broken(usize),
}

impl std::fmt::Display for Unsound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::NotJpeg => f.write_str("it is not a JPEG"),
            Self::Truncated => f.write_str("it ends before its end marker"),
            Self::Broken(at) => write!(f, "its structure is broken at byte {at}"),
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
    /// If the marker walk does not reach EOI.
    pub fn new(bytes: Vec<u8>, mark: usize) -> Result<Self, Unsound> {
        let jpeg = bytes.get(ROOM..).unwrap_or_default();
        match Walk::over(jpeg) {
            _ if jpeg.is_empty() => Err(Unsound::Empty),
            Extent::Complete { end } => {
                Ok(Self { bytes, jpeg: ROOM..ROOM + end, mark, boundary_checked: false })
            }
            Extent::Partial => Err(Unsound::Truncated),
            Extent::Foreign => Err(Unsound::NotJpeg),
            Extent::Broken { at } => Err(Unsound::Broken(at)),
        }
    }

    /// Takes such a buffer without a marker walk: the caller knows that the JPEG is complete.
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

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff\xfe\x00\x04ab\xff\xd9";

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
    fn only_a_complete_jpeg_is_a_picture() {
        for (bytes, unsound) in [
            (&b""[..], Unsound::Empty),
            (b"<html>", Unsound::NotJpeg),
            (&JPEG[..9], Unsound::Truncated),
            (b"\xff\xd8\xff\xda\x00\x02scan\xff\xd8", Unsound::Broken(10)),
        ] {
            assert_eq!(Picture::copy(bytes, 0), Err(unsound));
        }
        assert_eq!(Picture::new(Vec::new(), 0), Err(Unsound::Empty));
    }
}
