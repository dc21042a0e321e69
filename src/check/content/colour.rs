//! What the components of a picture mean.

use crate::jpeg::{FrameHeader, Marker};

/// What the components of a picture mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    /// The first component is luminance, the others, if any, are the two of chrominance.
    #[default]
    Luminance,
    /// RGB, CMYK and others: a mean says nothing about brightness.
    Other,
}

impl Colour {
    /// By the frame header, and by the parameters of an APP14 segment if there is one.
    ///
    /// As decoders do: one component is grey; three are YCbCr, unless an Adobe segment says that nothing was
    /// transformed, or the identifiers spell `RGB`.
    pub fn of(frame: &FrameHeader, app14: Option<&[u8]>) -> Self {
        let components = frame.components();
        let is_rgb = components.len() == 3 && components.iter().map(|c| c.id).eq(*b"RGB");
        // "Adobe", version, two flags, transform: 12 bytes.
        let is_untransformed = matches!(app14, Some([b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, 0, ..]));
        match frame.component_count {
            1 => Self::Luminance,
            3 if !is_rgb && !is_untransformed => Self::Luminance,
            _ => Self::Other,
        }
    }

    /// The marker of the segment that Adobe's encoders describe colours in: APP14.
    pub const APP14: Marker = Marker(0xee);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ids: &[u8]) -> FrameHeader {
        let mut parameters = [8, 0, 16, 0, 16, ids.len() as u8].to_vec();
        ids.iter().for_each(|&id| parameters.extend([id, 0x11, 0]));
        FrameHeader::parse(Marker::SOF0, &parameters).unwrap()
    }

    #[test]
    fn the_first_component_is_luminance_unless_something_says_otherwise() {
        let adobe = |transform| [b"Adobe\0d\0\0\0\0".as_slice(), &[transform]].concat();
        let table = [
            (&[1][..], None, Colour::Luminance),
            (&[1, 2, 3], None, Colour::Luminance),
            (&[1, 2, 3], Some(adobe(1)), Colour::Luminance),
            (&[1, 2, 3], Some(adobe(0)), Colour::Other),
            (b"RGB", None, Colour::Other),
            (&[1, 2, 3, 4], Some(adobe(2)), Colour::Other),
            (&[1, 2, 3], Some(b"Adobe".to_vec()), Colour::Luminance),
        ];
        for (ids, app14, expected) in table {
            assert_eq!(Colour::of(&frame(ids), app14.as_deref()), expected, "{ids:?} {app14:?}");
        }
    }
}
