//! Marker codes.

use core::fmt;

/// The second byte of a marker, behind `FF`.
///
/// ```text
/// marker := 1*%xFF %x01-FE            fill bytes, then the code                       T.81 B.1.1.2
///
/// 00      none: a data byte FF inside an entropy-coded segment is written FF 00
/// 01      TEM                         no segment
/// 02-BF   RES                         reserved
/// C0-CF   SOF0-3 SOF5-7 SOF9-11 SOF13-15, DHT (C4), JPG (C8), DAC (CC)
/// D0-D7   RST0-7                      no segment; inside entropy-coded data
/// D8 D9   SOI EOI                     no segment
/// DA-DF   SOS DQT DNL DRI DHP EXP
/// E0-EF   APP0-15
/// F0-FD   JPG0-13                     extensions
/// FE      COM
/// ```
///
/// ```
/// use mjpeg::jpeg::Marker;
///
/// assert_eq!(Marker(0xc0).to_string(), "SOF0");
/// assert!(Marker::COM.has_segment());
/// assert!(!Marker::EOI.has_segment());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker(pub u8);

impl Marker {
    /// Temporary private use in arithmetic coding; has no segment.
    pub const TEM: Self = Self(0x01);
    /// Baseline frame header.
    pub const SOF0: Self = Self(0xc0);
    /// Extended sequential frame header, Huffman-coded.
    pub const SOF1: Self = Self(0xc1);
    /// Progressive frame header, Huffman-coded.
    pub const SOF2: Self = Self(0xc2);
    /// Huffman tables.
    pub const DHT: Self = Self(0xc4);
    /// Kept for extensions, among the codes of frame headers.
    pub const JPG: Self = Self(0xc8);
    /// Conditioning of the arithmetic coder.
    pub const DAC: Self = Self(0xcc);
    /// Start of image.
    pub const SOI: Self = Self(0xd8);
    /// End of image.
    pub const EOI: Self = Self(0xd9);
    /// Start of scan.
    pub const SOS: Self = Self(0xda);
    /// Quantisation tables.
    pub const DQT: Self = Self(0xdb);
    /// Number of lines, behind the first scan of a frame whose header says 0.
    pub const DNL: Self = Self(0xdc);
    /// Restart interval.
    pub const DRI: Self = Self(0xdd);
    /// Hierarchical progression.
    pub const DHP: Self = Self(0xde);
    /// Expansion of the reference picture.
    pub const EXP: Self = Self(0xdf);
    /// First application segment: `JFIF` or `AVI1`.
    pub const APP0: Self = Self(0xe0);
    /// Second application segment: `Exif` or XMP.
    pub const APP1: Self = Self(0xe1);
    /// Third application segment: `ICC_PROFILE` or `MPF`.
    pub const APP2: Self = Self(0xe2);
    /// Fifteenth application segment: `Adobe`.
    pub const APP14: Self = Self(0xee);
    /// Comment.
    pub const COM: Self = Self(0xfe);

    /// The code byte.
    pub fn code(self) -> u8 {
        self.0
    }

    /// Whether this is the header of a frame: SOF0 to SOF15 without DHT, JPG and DAC.
    pub fn is_frame_header(self) -> bool {
        matches!(self.0, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf)
    }

    /// The number of a restart marker, 0 to 7.
    pub fn restart(self) -> Option<u8> {
        matches!(self.0, 0xd0..=0xd7).then_some(self.0 & 7)
    }

    /// The number of an application segment, 0 to 15.
    pub fn application(self) -> Option<u8> {
        matches!(self.0, 0xe0..=0xef).then_some(self.0 & 15)
    }

    /// Whether two bytes of length and that many bytes of parameters follow (T.81 B.1.1.4).
    pub fn has_segment(self) -> bool {
        self.0 >= 0xc0 && self.0 != 0xff && !matches!(self.0, 0xd0..=0xd9)
    }

    /// Where the marker that starts at `at`, perhaps with fill bytes, ends; behind the input if it is cut.
    pub(super) fn end(jpeg: &[u8], at: usize) -> usize {
        let fill = jpeg.get(at..).unwrap_or_default().iter().take_while(|&&byte| byte == 0xff).count();
        at + fill + 1
    }

    /// Whether T.81 keeps this code for later (02 to BF), or it is no marker at all (00 and FF).
    pub fn is_reserved(self) -> bool {
        matches!(self.0, 0x00 | 0x02..=0xbf | 0xff)
    }
}

/// The symbol of T.81 Table B.1.
impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.0;
        match code {
            0x01 => f.write_str("TEM"),
            0xc4 => f.write_str("DHT"),
            0xc8 => f.write_str("JPG"),
            0xcc => f.write_str("DAC"),
            0xc0..=0xcf => write!(f, "SOF{}", code & 15),
            0xd0..=0xd7 => write!(f, "RST{}", code & 7),
            0xd8 => f.write_str("SOI"),
            0xd9 => f.write_str("EOI"),
            0xda => f.write_str("SOS"),
            0xdb => f.write_str("DQT"),
            0xdc => f.write_str("DNL"),
            0xdd => f.write_str("DRI"),
            0xde => f.write_str("DHP"),
            0xdf => f.write_str("EXP"),
            0xe0..=0xef => write!(f, "APP{}", code & 15),
            0xf0..=0xfd => write!(f, "JPG{}", code & 15),
            0xfe => f.write_str("COM"),
            0x00 | 0x02..=0xbf | 0xff => write!(f, "FF{code:02X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn every_code_is_of_one_kind() {
        for marker in (0..=255).map(Marker) {
            let alone = marker == Marker::TEM
                || marker == Marker::SOI
                || marker == Marker::EOI
                || marker.restart().is_some();
            let kinds = [alone, marker.has_segment(), marker.is_reserved()];
            assert_eq!(kinds.iter().filter(|&&k| k).count(), 1, "{marker}");
        }
    }

    #[test]
    fn symbols_are_those_of_table_b_1() {
        let table = [
            (0xc2, "SOF2"),
            (0xcf, "SOF15"),
            (0xc8, "JPG"),
            (0xd3, "RST3"),
            (0xee, "APP14"),
            (0xfd, "JPG13"),
            (0x02, "FF02"),
        ];
        for (code, symbol) in table {
            assert_eq!(Marker(code).to_string(), symbol);
        }
    }

    #[test]
    fn tables_are_no_frame_headers() {
        assert_eq!((0..=255).filter(|&c| Marker(c).is_frame_header()).count(), 13);
        assert!(!Marker::DHT.is_frame_header() && !Marker::DAC.is_frame_header());
    }
}
