//! What a picture announces behind its EOI.

use core::fmt;

use memchr::memmem;

use super::marker::Marker;

/// What follows the EOI in the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Appendix {
    /// More pictures, by a Multi-Picture Format index (CIPA DC-007): MPO, Samsung, gain maps of Apple and
    /// Ultra HDR.
    Pictures,
    /// A gain map, by XMP (Ultra HDR 1.0, ISO 21496-1).
    GainMap,
    /// A video, by XMP (Google Motion Photo 1.0 and its predecessor Micro Video).
    Video,
}

impl Appendix {
    /// Whether segments of this kind may announce something.
    pub(super) fn may_be_announced_by(marker: Marker) -> bool {
        matches!(marker, Marker::APP1 | Marker::APP2)
    }

    /// What this segment announces.
    ///
    /// ```
    /// use mjpeg::jpeg::{Appendix, Marker};
    ///
    /// let index = b"MPF\0II*\0\x08\0\0\0";
    /// assert_eq!(Appendix::announced_by(Marker::APP2, index), Some(Appendix::Pictures));
    /// ```
    pub fn announced_by(marker: Marker, parameters: &[u8]) -> Option<Self> {
        match marker {
            Marker::APP2 => parameters.starts_with(b"MPF\0").then_some(Self::Pictures),
            Marker::APP1 => Self::in_xmp(parameters.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0")?),
            _ => None,
        }
    }

    fn in_xmp(packet: &[u8]) -> Option<Self> {
        let names: [(&[u8], Self); 4] = [
            (b"GainMap\"", Self::GainMap),
            (b"hdrgm:Version", Self::GainMap),
            (b"MotionPhoto=\"1\"", Self::Video),
            (b"MicroVideo=\"1\"", Self::Video),
        ];
        names.into_iter().find(|(name, _)| memmem::find(packet, name).is_some()).map(|(_, appendix)| appendix)
    }
}

impl fmt::Display for Appendix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pictures => "further pictures",
            Self::GainMap => "a gain map",
            Self::Video => "a video",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcements_are_found_where_they_stand() {
        let xmp = |text: &str| [&b"http://ns.adobe.com/xap/1.0/\0"[..], text.as_bytes()].concat();
        let table = [
            (Marker::APP2, b"MPF\0II".to_vec(), Some(Appendix::Pictures)),
            (Marker::APP2, b"ICC_PROFILE\0MPF\0".to_vec(), None),
            (Marker::APP1, b"MPF\0II".to_vec(), None),
            (Marker::APP1, b"Exif\0\0GainMap\"".to_vec(), None),
            (Marker::APP1, xmp("Item:Semantic=\"GainMap\""), Some(Appendix::GainMap)),
            (Marker::APP1, xmp("hdrgm:Version=\"1.0\""), Some(Appendix::GainMap)),
            (Marker::APP1, xmp("GCamera:MotionPhoto=\"1\""), Some(Appendix::Video)),
            (Marker::APP1, xmp("GCamera:MicroVideo=\"1\""), Some(Appendix::Video)),
            (Marker::APP1, xmp("GCamera:MotionPhoto=\"0\""), None),
        ];
        for (marker, parameters, expected) in table {
            assert_eq!(Appendix::announced_by(marker, &parameters), expected, "{marker} {parameters:?}");
        }
    }
}
