//! One judgement of a picture for all that must decide what to do with it.

use super::entropy::{Checker, Damage, DamageKind, Soundness, Unchecked};
use super::frame::FrameHeader;
use super::marker::Marker;
use super::note::{Note, Notes};
use super::scan::ScanHeader;
use super::segment::Segments;
use crate::multipart::Extent;

/// What a picture is worth, why, and how closely it was looked at.
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
}

/// What a picture is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Every decoder shows it.
    Sound,
    /// It is whole, and decoders show it or refuse it for something unusual.
    Usable,
    /// Decoders show a part of it, something else, or nothing.
    Damaged,
}

/// How closely a picture was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Its markers, and the headers before its first scan.
    Markers,
    /// Every Huffman code too.
    Entropy,
}

impl Judgement {
    /// Judges by the markers. `extent` is the answer of the marker walk over `jpeg`, which the multipart
    /// parser has made already; the rest costs next to nothing. What is damaged here is damaged at
    /// [`Depth::Entropy`] too, except a picture that lacks nothing but its EOI.
    pub fn of_markers(jpeg: &[u8], extent: Extent) -> Self {
        let damage = |kind, at| Some(Damage { kind, at, scan: None, mcu: None });
        let damage = match extent {
            _ if jpeg.is_empty() => damage(DamageKind::Empty, 0),
            Extent::Foreign => damage(DamageKind::NoStart, 0),
            Extent::Partial if jpeg.len() < 2 => damage(DamageKind::NoStart, 0),
            Extent::Partial => damage(DamageKind::Cut, jpeg.len()),
            Extent::Complete { end } => damage_of_headers(&mut Segments::of(jpeg), end),
            // Rare enough to be walked again: decoders go on behind bytes that belong to no segment.
            Extent::Broken { at } => {
                let mut segments = Segments::past_junk(jpeg);
                segments.by_ref().for_each(drop);
                match segments.extent() {
                    Extent::Complete { end } => {
                        let mut notes = Notes::NONE;
                        notes.add(Note::JunkBytes, segments.junk().unwrap_or(at));
                        let damage = damage_of_headers(&mut Segments::past_junk(jpeg), end);
                        return Self { depth: Depth::Markers, damage, notes, unchecked: None };
                    }
                    _ if jpeg.get(at + 1) == Some(&Marker::SOI.code()) => damage(DamageKind::NewPicture, at),
                    _ => damage(DamageKind::Misplaced, at),
                }
            }
        };
        Self { depth: Depth::Markers, damage, notes: Notes::NONE, unchecked: None }
    }

    /// Judges by all that can be known without pixels.
    pub fn of_entropy(jpeg: &[u8], checker: &mut Checker) -> Self {
        let judgement = Self { depth: Depth::Entropy, damage: None, notes: Notes::NONE, unchecked: None };
        match checker.check(jpeg) {
            Soundness::Sound(notes) => Self { notes, ..judgement },
            Soundness::Damaged(damage) => Self { damage: Some(damage), ..judgement },
            Soundness::Unchecked(reason) => Self { unchecked: Some(reason), ..judgement },
        }
    }

    /// What the picture is worth.
    pub fn grade(&self) -> Grade {
        if self.damage.is_some() {
            Grade::Damaged
        } else if self.notes.is_empty() && self.unchecked.is_none() {
            Grade::Sound
        } else {
            Grade::Usable
        }
    }

    /// How closely it was looked at.
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

    /// Why its entropy-coded data was not looked at, although the depth asks for that.
    pub fn unchecked(&self) -> Option<Unchecked> {
        self.unchecked
    }
}

/// The damage of the headers before the first scan of a picture whose EOI ends before `end`.
fn damage_of_headers(segments: &mut Segments<'_>, end: usize) -> Option<Damage> {
    let damage = |kind, at| Some(Damage { kind, at, scan: None, mcu: None });
    let mut frame = None;
    for segment in segments {
        if segment.marker == Marker::DHP || segment.marker.is_frame_header() && segment.marker.code() & 4 != 0
        {
            // Hierarchical pictures have several frames.
            return None;
        }
        if segment.marker.is_frame_header() {
            let header = FrameHeader::parse(segment.marker, segment.parameters);
            let Some(header) = header.filter(|header| frame.is_none() && !header.is_overfull()) else {
                return damage(DamageKind::Segment(segment.marker), segment.at);
            };
            frame = Some(header);
        }
        if segment.marker == Marker::SOS {
            return match (frame, ScanHeader::parse(segment.parameters)) {
                (None, _) => damage(DamageKind::NoFrame, segment.at),
                (_, None) => damage(DamageKind::Segment(Marker::SOS), segment.at),
                _ => None,
            };
        }
    }
    damage(DamageKind::NoFrame, end.saturating_sub(2))
}
