//! One JPEG in a buffer with room around it.

use std::ops::Range;

use mjpeg::jpeg::Walk;
use mjpeg::multipart::Extent;

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
    /// Whether it was checked that the picture does not contain the boundary.
    pub boundary_checked: bool,
}

/// Why bytes are no picture that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    /// There are none.
    Empty,
    /// They do not start with SOI.
    NotJpeg,
    /// They end before EOI.
    Truncated,
    /// What stands at this offset cannot stand there.
    Broken(usize),
}

impl std::fmt::Display for Unsound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::NotJpeg => f.write_str("it is no JPEG"),
            Self::Truncated => f.write_str("it ends before its end marker"),
            Self::Broken(at) => write!(f, "its structure is broken at byte {at}"),
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
    /// When the marker walk does not reach an EOI.
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

    /// Takes such a buffer when somebody has walked its JPEG already and found it whole.
    pub fn whole(bytes: Vec<u8>, mark: usize) -> Self {
        let jpeg = ROOM..bytes.len();
        Self { bytes, jpeg, mark, boundary_checked: false }
    }

    /// The same picture in a buffer of its own.
    pub fn duplicate(&self) -> Self {
        let mut bytes = Self::buffer(self.jpeg.len());
        bytes.extend_from_slice(self.jpeg());
        Self { boundary_checked: self.boundary_checked, ..Self::whole(bytes, 0) }
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
    fn a_part_is_written_around_the_picture_again_and_again() {
        let mut picture = Picture::copy(&[JPEG, b"stale"].concat(), 7).unwrap();
        for (before, behind) in [("--b\r\n", "\r\n--b\r\nlonger"), ("", "x"), ("longer than before", "")] {
            let start = picture.wrap(before.as_bytes(), behind.as_bytes());
            let expected = [before.as_bytes(), JPEG, behind.as_bytes()].concat();
            assert_eq!(&picture.bytes()[start..], expected);
            assert_eq!((picture.jpeg(), picture.mark()), (JPEG, 7));
        }
    }

    #[test]
    fn what_is_no_whole_jpeg_is_no_picture() {
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
