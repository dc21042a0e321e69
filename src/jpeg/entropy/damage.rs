//! What the entropy walk answers.

use core::fmt;

use crate::counted::Counted;
use crate::jpeg::frame::{Coding, FrameHeader, Process};
use crate::jpeg::marker::Marker;
use crate::jpeg::note::Notes;

/// The answer of [`super::Checker::check`].
#[expect(clippy::large_enum_variant, reason = "there is one for each picture, and it is not kept")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soundness {
    /// Every MCU is there. The notes say what is unusual about it.
    Sound(Notes),
    /// Something contradicts T.81; this is the first place.
    Damaged(Damage),
    /// All markers are in order up to EOI, but the entropy-coded data was not read.
    Unchecked(Unchecked),
}

/// The first contradiction in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// What it is.
    pub kind: DamageKind,
    /// Where it showed: bytes from the start of the picture. The cause may be earlier: after a
    /// changed bit, entropy-coded data often makes sense for a while.
    pub at: usize,
    /// The number of the scan, from 1; `None` outside scans.
    pub scan: Option<u32>,
    /// The number of the MCU in its scan, from 0; `None` outside entropy-coded data.
    pub mcu: Option<u32>,
}

/// Kinds of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// It has no bytes.
    Empty,
    /// It does not begin with SOI and a marker.
    NoStart,
    /// It ends before its EOI.
    Cut,
    /// Another picture starts before this one's EOI.
    NewPicture,
    /// A byte that is not allowed there: no marker where one must be, or a reserved one.
    Misplaced,
    /// It has no frame header or no scan: tables only (T.81 B.5), or a placeholder.
    NoFrame,
    /// This segment contradicts itself or the segments before it.
    Segment(Marker),
    /// A scan needs a table that this segment should have defined.
    MissingTable(Marker),
    /// The component with this identifier has no scan.
    MissingScan(u8),
    /// Bits that are no code of the Huffman table.
    Code,
    /// A coefficient beyond the last one of its block, or larger than a picture can have.
    Range,
    /// Entropy-coded data ends before its last MCU.
    Short,
    /// Entropy-coded data goes on behind its last MCU, for this many whole bytes.
    Long(usize),
    /// This restart marker is in the place of the `expected` one, or where none is allowed.
    Restart {
        /// The number that is expected there, if any.
        expected: Option<u8>,
        /// The number that is there.
        found: u8,
    },
    /// A run of empty bands goes on behind the last block of its entropy-coded segment.
    Run,
    /// Scans of a progressive picture refine what was not sent, or send the same bits twice.
    Progression,
}

/// Why entropy-coded data was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unchecked {
    /// Arithmetic coding.
    Arithmetic,
    /// Lossless, and not the DCT.
    Lossless,
    /// Hierarchical: several frames that refine one another.
    Hierarchical,
    /// More than four components.
    Components,
    /// A progressive picture that needs more memory than the checker may take.
    TooLarge,
    /// A progressive picture of more than 100 scans.
    Scans,
}

impl Unchecked {
    /// Why the entropy-coded data behind this frame header is not read, if it is a frame header.
    pub(crate) fn of_frame(marker: Marker, parameters: &[u8]) -> Option<Self> {
        let frame = FrameHeader::parse(marker, parameters)?;
        if marker.code() & 4 != 0 { Some(Self::Hierarchical) } else { Self::of(&frame) }
    }

    /// Why the entropy-coded data of such a frame is not read.
    pub(in crate::jpeg) fn of(frame: &FrameHeader) -> Option<Self> {
        if frame.coding() == Coding::Arithmetic {
            Some(Self::Arithmetic)
        } else if frame.process() == Process::Lossless {
            Some(Self::Lossless)
        } else if usize::from(frame.component_count) > frame.components().len() {
            Some(Self::Components)
        } else {
            None
        }
    }
}

impl DamageKind {
    /// The word in JSON: `empty`, `no-soi`, `no-eoi`, `no-frame`, `broken`, and `scan-damaged` for what
    /// only the entropy walk finds.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoStart => "no-soi",
            Self::Cut => "no-eoi",
            Self::NoFrame => "no-frame",
            Self::NewPicture | Self::Misplaced | Self::Segment(_) => "broken",
            _ => "scan-damaged",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.at)?;
        if let Some(scan) = self.scan {
            write!(f, ", scan {scan}")?;
        }
        if let Some(mcu) = self.mcu {
            write!(f, ", MCU {mcu}")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no bytes"),
            Self::NoStart => f.write_str("no start of image"),
            Self::Cut => f.write_str("the picture is cut: no end of image"),
            Self::NewPicture => f.write_str("another picture starts inside this one"),
            Self::Misplaced => f.write_str("no marker where one must be"),
            Self::Segment(marker) => write!(f, "the {marker} segment contradicts itself or those before it"),
            Self::NoFrame => f.write_str("no frame header or no scan: nothing to show"),
            Self::MissingTable(marker) => {
                write!(f, "the scan needs a table that no {marker} segment defines")
            }
            Self::MissingScan(component) => write!(f, "component {component} has no scan"),
            Self::Code => f.write_str("bits that are no code of the Huffman table"),
            Self::Range => f.write_str("a coefficient out of range"),
            Self::Short => f.write_str("entropy-coded data ends before its last MCU"),
            Self::Long(bytes) => {
                write!(f, "{} of entropy-coded data after the last MCU", Counted(*bytes as u64, "byte"))
            }
            Self::Restart { expected: Some(expected), found } => {
                write!(f, "restart marker RST{found} instead of RST{expected}")
            }
            Self::Restart { expected: None, found } => {
                write!(f, "restart marker RST{found} where none is allowed")
            }
            Self::Run => f.write_str("a run of empty blocks goes on after the last one"),
            Self::Progression => f.write_str("the scans do not follow one another"),
        }
    }
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arithmetic => "arithmetic coding",
            Self::Lossless => "lossless coding",
            Self::Hierarchical => "hierarchical coding",
            Self::Components => "more than four components",
            Self::TooLarge => "too large a progressive picture",
            Self::Scans => "more than 100 scans",
        })
    }
}
