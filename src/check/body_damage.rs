//! Whether a body is a whole picture.

use core::fmt;

use crate::jpeg::{FrameHeader, Marker, Segments};
use crate::multipart::{Extent, Part};

/// Why a body is not a whole JPEG. Only the structure counts: damage inside the entropy-coded data needs
/// [`Checker`](crate::jpeg::Checker).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyDamage {
    /// No bytes at all.
    Empty,
    /// It does not start with SOI.
    NoSoi,
    /// It ends before EOI.
    NoEoi,
    /// It has SOI and EOI, but no frame header or no scan.
    NoFrame,
    /// It has a byte that a JPEG cannot have there.
    Broken {
        /// Bytes from the start of the body.
        at: usize,
    },
}

impl BodyDamage {
    /// The damage of a part's body; `None` if the body has a whole picture.
    pub fn of(part: &Part<'_>) -> Option<Self> {
        match part.extent {
            _ if part.body.is_empty() => Some(Self::Empty),
            Extent::Complete { .. } => (!has_frame(part.body)).then_some(Self::NoFrame),
            Extent::Foreign => Some(Self::NoSoi),
            Extent::Partial if part.body.len() < 2 => Some(Self::NoSoi),
            Extent::Partial => Some(Self::NoEoi),
            Extent::Broken { at } => Some(Self::Broken { at }),
        }
    }

    /// The word in JSON: `empty`, `no-soi`, `no-eoi`, `no-frame`, `broken`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoSoi => "no-soi",
            Self::NoEoi => "no-eoi",
            Self::NoFrame => "no-frame",
            Self::Broken { .. } => "broken",
        }
    }

    /// Whether a part is not meant as a picture: its Content-Type is not an image and its body does not
    /// start like a JPEG (status text and XML between frames).
    pub fn is_not_a_picture(part: &Part<'_>) -> bool {
        let is_image = part
            .fields
            .first("content-type")
            .is_none_or(|value| value.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"image/")));
        !is_image && part.extent == Extent::Foreign
    }
}

/// Whether a frame header precedes the first scan. This reads only the segments before the scan, which is
/// cheap.
fn has_frame(jpeg: &[u8]) -> bool {
    let mut has_header = false;
    for segment in Segments::of(jpeg) {
        if segment.marker == Marker::SOS {
            return has_header;
        }
        has_header |= FrameHeader::parse(segment.marker, segment.parameters).is_some();
    }
    false
}

impl fmt::Display for BodyDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the body is empty"),
            Self::NoSoi => f.write_str("the body does not start with SOI: no JPEG"),
            Self::NoEoi => f.write_str("the JPEG ends before its EOI"),
            Self::NoFrame => f.write_str("the JPEG holds no frame header or no scan"),
            Self::Broken { at } => write!(f, "the JPEG is broken at its byte {at}"),
        }
    }
}
