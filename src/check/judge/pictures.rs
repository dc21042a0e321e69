//! Judges the bodies of parts.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use memchr::memmem;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use crate::check::body_damage::BodyDamage;
use crate::check::report::Frames;
use crate::check::rules::{content::*, jpeg::*, part_body::*};
use crate::jpeg::{Checker, FrameHeader, Note, Segments, Soundness};
use crate::multipart::{Extent, Part};

/// Most bodies whose sizes are kept for the median.
const SIZES: usize = 1 << 16;
/// A stream of at least this many pictures that are all equal is frozen.
const FROZEN_PICTURES: u64 = 10;

/// The pictures so far.
#[derive(Debug)]
pub struct Pictures {
    /// Whole pictures.
    pub count: u64,
    /// The announced boundary with its dashes, to search pictures for it.
    pub dash_boundary: Option<memmem::Finder<'static>>,
    sizes: Vec<u64>,
    size: Option<(u16, u16)>,
    last: Vec<u8>,
    identical: u64,
    checker: Checker,
    scratch: Vec<u8>,
}

impl Pictures {
    /// No picture yet.
    pub fn new() -> Self {
        Self {
            count: 0,
            dash_boundary: None,
            sizes: Vec::new(),
            size: None,
            last: Vec::new(),
            identical: 0,
            checker: Checker::new(),
            scratch: Vec::new(),
        }
    }

    /// Judges a body that is not a whole picture.
    pub fn damaged(&mut self, part: &Part<'_>, damage: BodyDamage, findings: &mut Findings) {
        let rule = match damage {
            BodyDamage::Empty => &PART_EMPTY,
            BodyDamage::NoSoi => &NO_SOI,
            BodyDamage::NoFrame => &NO_FRAME,
            BodyDamage::Broken { .. } => &BROKEN,
            BodyDamage::NoEoi if self.lacks_only_eoi(part.body) => &NO_EOI,
            BodyDamage::NoEoi => &TRUNCATED,
        };
        findings.note(rule, Place::in_part(part.number, part.spans.body.start), damage.to_string());
    }

    fn lacks_only_eoi(&mut self, body: &[u8]) -> bool {
        self.scratch.clear();
        self.scratch.extend_from_slice(body);
        self.scratch.extend_from_slice(&[0xff, 0xd9]);
        matches!(self.checker.check(&self.scratch), Soundness::Sound(_))
    }

    /// Judges a whole picture.
    pub fn whole(&mut self, part: &Part<'_>, expectations: &Expectations, findings: &mut Findings) {
        let place = |at: usize| Place::in_part(part.number, part.spans.body.start + at as u64);
        self.count += 1;
        if self.sizes.len() < SIZES {
            self.sizes.push(part.body.len() as u64);
        }
        if let Extent::Complete { end } = part.extent {
            let rest = part.body.len() - end;
            if rest > 0 {
                findings.note(&BYTES_AFTER_EOI, place(end), format!("{rest} bytes after EOI"));
            }
        }
        if let Some(at) = self.dash_boundary.as_ref().and_then(|finder| finder.find(part.body)) {
            findings.note(&BOUNDARY_IN_PICTURE, place(at), "the boundary occurs in the picture");
        }
        if self.last == part.body {
            self.identical += 1;
        } else {
            self.last.clear();
            self.last.extend_from_slice(part.body);
        }
        self.size(part, expectations, findings);
        if expectations.deep {
            match self.checker.check(part.body) {
                Soundness::Damaged(damage) => {
                    findings.note(&SCAN_DAMAGED, place(damage.at), damage.to_string());
                }
                Soundness::Sound(notes) if notes.contains(Note::StandardTables) => {
                    findings.note(&STANDARD_TABLES, place(0), "the JPEG has no Huffman tables");
                }
                _ => {}
            }
        }
    }

    fn size(&mut self, part: &Part<'_>, expectations: &Expectations, findings: &mut Findings) {
        let header = Segments::of(part.body)
            .find_map(|segment| FrameHeader::parse(segment.marker, segment.parameters));
        // T.81 B.2.5: with a height of 0, a DNL segment after the first scan has the height.
        let Some(header) = header.filter(|header| header.height > 0) else { return };
        let size = (header.width, header.height);
        let place = Place::in_part(part.number, part.spans.body.start);
        let first = *self.size.get_or_insert(size);
        if first != size {
            let message = format!("{}x{} after {}x{}", size.0, size.1, first.0, first.1);
            findings.note(&SIZE_CHANGE, place, message);
        }
        if let Some(asked) = expectations.size.filter(|&asked| asked != size) {
            let message = format!("{}x{} instead of {}x{}", size.0, size.1, asked.0, asked.1);
            findings.note(&SIZE_MISMATCH, place, message);
        }
    }

    /// Judges the pictures as a whole, and sums them up.
    pub fn finish(mut self, findings: &mut Findings) -> Frames {
        if self.identical + 1 >= FROZEN_PICTURES && self.identical + 1 == self.count {
            findings.note(&FROZEN, Place::STREAM, format!("all {} pictures are the same", self.count));
        }
        self.sizes.sort_unstable();
        let bytes_p50 = self.sizes.get((self.sizes.len().max(1) - 1) / 2).copied();
        Frames { size: self.size, bytes_p50, identical: self.identical }
    }
}
