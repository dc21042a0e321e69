//! One judgement of a picture for all that must decide what to do with it.

use super::entropy::{Checker, Damage, DamageKind, Soundness, Unchecked};
use super::frame::FrameHeader;
use super::marker::Marker;
use super::note::{Note, Notes};
use super::scan::ScanHeader;
use super::segment::Segments;
use crate::multipart::Extent;

/// Whether a picture can be used, why, and how closely it was read. `serve`, `record` and `check` decide
/// by it, so at equal depth they agree.
///
/// ```
/// use mjpeg::jpeg::{Checker, Depth, Grade, Judgement, Walk};
///
/// let jpeg = include_bytes!("../../fixtures/jpeg/420.jpg");
/// assert_eq!(Judgement::of_markers(jpeg, Walk::over(jpeg)).grade(), Grade::Sound);
///
/// let cut = &jpeg[..1000];
/// let judgement = Judgement::of_entropy(cut, &mut Checker::new());
/// assert_eq!((judgement.grade(), judgement.depth()), (Grade::Damaged, Depth::Entropy));
/// assert_eq!(judgement.damage().unwrap().kind.name(), "no-eoi");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    depth: Depth,
    damage: Option<Damage>,
    notes: Notes,
    unchecked: Option<Unchecked>,
    end: Option<usize>,
}

/// Whether a picture can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Every decoder shows it.
    Sound,
    /// It is complete but unusual: some decoders refuse it.
    Usable,
    /// Decoders show a part of it, something else, or nothing.
    Damaged,
}

/// How closely a picture was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Its markers, and the headers before its first scan.
    Markers,
    /// Every Huffman code too.
    Entropy,
}

impl Judgement {
    /// Judges by the markers. `extent` is the answer of the marker walk over `jpeg`, which the multipart
    /// parser has made already; the rest costs next to nothing.
    ///
    /// What is damaged here is damaged at [`Depth::Entropy`] too, with two exceptions: a picture that
    /// lacks only its EOI, and one with junk behind all of its entropy-coded data.
    pub fn of_markers(jpeg: &[u8], extent: Extent) -> Self {
        let damaged = |kind, at| Self::damaged(Damage { kind, at, scan: None, mcu: None });
        match extent {
            _ if jpeg.is_empty() => damaged(DamageKind::Empty, 0),
            Extent::Foreign => damaged(DamageKind::NoStart, 0),
            Extent::Partial if jpeg.len() < 2 => damaged(DamageKind::NoStart, 0),
            Extent::Partial => damaged(DamageKind::Cut, jpeg.len()),
            Extent::Complete { end } => Self::of_headers(Segments::of(jpeg), end),
            // Such pictures are rare, so a second walk is cheap enough.
            Extent::Broken { at } => {
                let mut segments = Segments::past_junk(jpeg);
                let mut first_scan = None;
                for segment in segments.by_ref().filter(|segment| segment.marker == Marker::SOS) {
                    first_scan.get_or_insert(segment.at);
                }
                match (segments.extent(), segments.junk().unwrap_or(at)) {
                    // Junk behind a scan header may be what entropy-coded data was overwritten with.
                    (Extent::Complete { end }, junk) if first_scan.is_some_and(|scan| junk < scan) => {
                        let mut judgement = Self::of_headers(Segments::past_junk(jpeg), end);
                        judgement.notes.add(Note::JunkBytes, junk);
                        judgement
                    }
                    _ if jpeg.get(at + 1) == Some(&Marker::SOI.code()) => damaged(DamageKind::NewPicture, at),
                    _ => damaged(DamageKind::Misplaced, at),
                }
            }
        }
    }

    /// Judges by everything that can be known without pixels.
    pub fn of_entropy(jpeg: &[u8], checker: &mut Checker) -> Self {
        let (soundness, end) = checker.check_to_end(jpeg);
        let judgement = Self { depth: Depth::Entropy, end, ..Self::SOUND };
        match soundness {
            Soundness::Sound(notes) => Self { notes, ..judgement },
            Soundness::Damaged(damage) => Self { damage: Some(damage), ..judgement },
            Soundness::Unchecked(reason) => Self { unchecked: Some(reason), ..judgement },
        }
    }

    const SOUND: Self =
        Self { depth: Depth::Markers, damage: None, notes: Notes::NONE, unchecked: None, end: None };

    fn damaged(damage: Damage) -> Self {
        Self { damage: Some(damage), ..Self::SOUND }
    }

    /// Judges by the headers before the first scan of a picture whose EOI ends before `end`.
    fn of_headers(segments: Segments<'_>, end: usize) -> Self {
        let damaged = |kind, at| Self::damaged(Damage { kind, at, scan: None, mcu: None });
        let mut judgement = Self { end: Some(end), ..Self::SOUND };
        let mut frame = None;
        for segment in segments {
            let is_frame_header = segment.marker.is_frame_header();
            if segment.marker == Marker::DHP || is_frame_header && segment.marker.code() & 4 != 0 {
                // Hierarchical pictures have several frames.
                judgement.unchecked = Some(Unchecked::Hierarchical);
                return judgement;
            }
            if is_frame_header {
                let header = FrameHeader::parse(segment.marker, segment.parameters);
                let Some(header) = header.filter(|header| frame.is_none() && !header.is_overfull()) else {
                    return damaged(DamageKind::Segment(segment.marker), segment.at);
                };
                judgement.unchecked = Unchecked::of(&header);
                if header.precision == 12 {
                    judgement.notes.add(Note::TwelveBits, segment.at);
                }
                if header.height == 0 {
                    judgement.notes.add(Note::NumberOfLines, segment.at);
                }
                frame = Some(header);
            }
            if segment.marker == Marker::SOS {
                return match (frame, ScanHeader::parse(segment.parameters)) {
                    (None, _) => damaged(DamageKind::NoFrame, segment.at),
                    (_, None) => damaged(DamageKind::Segment(Marker::SOS), segment.at),
                    _ => judgement,
                };
            }
        }
        damaged(DamageKind::NoFrame, end.saturating_sub(2))
    }

    /// Whether the picture can be used.
    pub fn grade(&self) -> Grade {
        if self.damage.is_some() {
            Grade::Damaged
        } else if self.notes.is_empty() && self.unchecked.is_none() {
            Grade::Sound
        } else {
            Grade::Usable
        }
    }

    /// How closely it was read.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The first damage.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// What is unusual. Where a picture is damaged, the notes end at the damage.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Why its entropy-coded data is not read.
    pub fn unchecked(&self) -> Option<Unchecked> {
        self.unchecked
    }

    /// Number of bytes from SOI to the end of EOI; `None` if the picture is damaged or has no EOI.
    pub fn end(&self) -> Option<usize> {
        self.end
    }
}
