//! Whether a picture can be sent as RTP/JPEG, which has only eight bytes for what a head says.

use core::fmt;

use crate::counted::Counted;
use crate::jpeg::{FrameHeader, Marker, Process, ScanHeader, Segments};

/// The largest width and height, in pixels. RFC 2435 3.1.5: a byte has their eighth.
const MAX_SIDE: u16 = 2040;

/// FNV-1a of the counts and values of the tables K.3, K.4, K.5 and K.6 of T.81: luminance DC, chrominance DC,
/// luminance AC, chrominance AC.
const STANDARD_TABLES: [[u64; 2]; 2] =
    [[0x2a06_fe47_4e29_db95, 0x7c7e_4f8f_115f_0739], [0x1424_519e_9842_19df, 0x901a_f573_5ecd_5799]];

/// Why a picture cannot be sent as RTP/JPEG (RFC 2435).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It is not baseline: progressive and others.
    Process(Process),
    /// Wider or higher than 2040 pixels, or with a height that comes later.
    Size(u16, u16),
    /// It does not have a luminance and two chrominance components.
    Components(u8),
    /// Neither 4:2:2 nor 4:2:0.
    Sampling(&'static str),
    /// More than one scan.
    Scans,
    /// Its Huffman tables are not those of T.81 Annex K, which a receiver uses.
    HuffmanTables,
}

impl Obstacle {
    /// The first one of a picture.
    pub fn of(jpeg: &[u8]) -> Option<Self> {
        let mut frame: Option<FrameHeader> = None;
        // Whether the table of this class and number is the standard one. Without DHT it is.
        let mut is_standard = [[true; 2]; 2];
        for segment in Segments::of(jpeg) {
            match segment.marker {
                Marker::DHT => tables(segment.parameters, &mut is_standard),
                Marker::SOS => {
                    let scan = ScanHeader::parse(segment.parameters)?;
                    if scan.components().len() != 3 {
                        return Some(Self::Scans);
                    }
                    let is_usual = scan.components().iter().enumerate().all(|(i, component)| {
                        let kind = usize::from(i > 0);
                        [component.dc_table, component.ac_table]
                            .iter()
                            .zip(is_standard)
                            .all(|(&number, tables)| usize::from(number) == kind && tables[kind])
                    });
                    return (!is_usual).then_some(Self::HuffmanTables);
                }
                _ => {}
            }
            if frame.is_none() {
                frame = FrameHeader::parse(segment.marker, segment.parameters);
                if let Some(obstacle) = frame.as_ref().and_then(Self::of_frame) {
                    return Some(obstacle);
                }
            }
        }
        None
    }

    fn of_frame(frame: &FrameHeader) -> Option<Self> {
        let (width, height) = (frame.width, frame.height);
        if frame.process() != Process::Baseline {
            return Some(Self::Process(frame.process()));
        }
        if width > MAX_SIDE || height > MAX_SIDE || height == 0 {
            return Some(Self::Size(width, height));
        }
        let factors = frame.components().iter().map(|it| (it.horizontal, it.vertical));
        match frame.component_count {
            3 if factors.clone().eq([(2, 1), (1, 1), (1, 1)]) || factors.eq([(2, 2), (1, 1), (1, 1)]) => None,
            3 => Some(Self::Sampling(frame.sampling().unwrap_or("unusual"))),
            count => Some(Self::Components(count)),
        }
    }
}

/// Compares the tables of a DHT segment with the standard ones.
///
/// ```text
/// DHT := Lh 1*( Tc/Th 16OCTET *OCTET )                         T.81 B.2.4.2
/// ```
fn tables(mut parameters: &[u8], is_standard: &mut [[bool; 2]; 2]) {
    while let [selector, rest @ ..] = parameters {
        let Some(counts) = rest.get(..16) else { return };
        let len = 16 + counts.iter().map(|&n| usize::from(n)).sum::<usize>();
        let Some(table) = rest.get(..len) else { return };
        let (class, number) = (usize::from(selector >> 4), usize::from(selector & 15));
        let standard = STANDARD_TABLES.get(class).and_then(|numbers| numbers.get(number));
        if let (Some(&standard), Some(is_same)) =
            (standard, is_standard.get_mut(class).and_then(|it| it.get_mut(number)))
        {
            *is_same = fnv(table) == standard;
        }
        parameters = &rest[len..];
    }
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(Process::Progressive) => f.write_str("a progressive picture"),
            Self::Process(_) => f.write_str("a picture that is not baseline"),
            Self::Size(_, 0) => f.write_str("the height is not in the frame header"),
            Self::Size(width, height) => write!(f, "{width}x{height}, the limit is {MAX_SIDE}x{MAX_SIDE}"),
            Self::Components(count) => write!(f, "{} instead of 3", Counted(u64::from(*count), "component")),
            Self::Sampling(name) => write!(f, "{name} sampling instead of 4:2:2 or 4:2:0"),
            Self::Scans => f.write_str("more than one scan"),
            Self::HuffmanTables => f.write_str("Huffman tables of its own"),
        }
    }
}
