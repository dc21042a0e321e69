//! Judges the bodies of parts.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use memchr::memmem;

use super::content::Content;
use super::expectations::Expectations;
use super::findings::{Findings, Place};
use super::format::Format;
use super::repeats::Repeats;
use crate::check::content::Look;
use crate::check::report::Frames;
use crate::check::rule::{Rule, Severity};
use crate::check::rules::content::{QUALITY_CHANGE, SAMPLING_CHANGE, SIZE_CHANGE};
use crate::check::rules::{jpeg::*, part_body::*};
use crate::counted::Counted;
use crate::jpeg::{
    Appendix, Checker, Damage, DamageKind, Judgement, Marker, Note, Refusal, Segments, Unchecked,
};
use crate::multipart::Part;

/// Most bodies whose sizes are kept for the median.
const SIZES: usize = 1 << 16;

/// The pictures so far.
#[derive(Debug)]
pub struct Pictures {
    /// Whole pictures.
    pub count: u64,
    /// The announced boundary with its dashes, to search pictures for it.
    pub dash_boundary: Option<memmem::Finder<'static>>,
    sizes: Vec<u64>,
    format: Format,
    repeats: Repeats,
    content: Content,
    walked: u64,
    unread: u64,
    /// Made for the first picture whose entropy-coded data is read: its tables are most of the memory of a judge.
    pub checker: Option<Checker>,
}

impl Pictures {
    /// No picture yet.
    pub fn new() -> Self {
        Self {
            count: 0,
            dash_boundary: None,
            sizes: Vec::new(),
            format: Format::default(),
            repeats: Repeats::default(),
            content: Content::default(),
            walked: 0,
            unread: 0,
            checker: None,
        }
    }

    /// The pictures of the next window.
    pub fn continued(&mut self, findings: &Findings) -> Self {
        // A change is one finding, not one in each window that follows.
        let is_changed =
            [&SIZE_CHANGE, &SAMPLING_CHANGE, &QUALITY_CHANGE].iter().any(|rule| findings.has(rule));
        Self {
            dash_boundary: self.dash_boundary.take(),
            format: if is_changed { Format::default() } else { self.format.clone() },
            repeats: self.repeats.continued(),
            content: self.content.continued(),
            checker: self.checker.take(),
            count: 0,
            sizes: Vec::new(),
            walked: 0,
            unread: 0,
        }
    }

    /// Notes why no consumer shows a body.
    pub fn refused(&self, part: &Part<'_>, refusal: Refusal, findings: &mut Findings) {
        let mut at = 0;
        let (rule, message) = match refusal {
            Refusal::Damaged(damage) => match damage.kind {
                DamageKind::Empty => (&PART_EMPTY, "the body is empty".into()),
                DamageKind::NoStart if part.body.starts_with(&[0xff, 0xd8]) => {
                    (&NO_SOI, "bytes between SOI and the first marker: no whole JPEG".into())
                }
                DamageKind::NoStart => (&NO_SOI, "the body does not start with SOI: no JPEG".into()),
                DamageKind::NoFrame => (&NO_FRAME, "the JPEG holds no frame header or no scan".into()),
                DamageKind::Cut => match unread_coding(part.body) {
                    // Whether data is missing is not known.
                    Some(unread) => {
                        let place = Place::in_part(part.number, part.spans.body.end());
                        findings.note_explained(1, &NO_EOI, place, Note::NoEnd.to_string());
                        (rule_of_unchecked(unread), unread.to_string())
                    }
                    None => (&TRUNCATED, "the JPEG ends before its EOI".into()),
                },
                DamageKind::NewPicture | DamageKind::Misplaced | DamageKind::Segment(_) => {
                    at = damage.at;
                    (&BROKEN, format!("the JPEG is broken at its byte {}", damage.at))
                }
                _ => {
                    at = damage.at;
                    (&SCAN_DAMAGED, in_picture(damage))
                }
            },
            Refusal::Hierarchical => (&HIERARCHICAL, refusal.to_string()),
            Refusal::TwoComponents => (&TWO_COMPONENTS, refusal.to_string()),
            Refusal::Components => (&TOO_MANY_COMPONENTS, refusal.to_string()),
            _ => (&NUMBER_OF_LINES, refusal.to_string()),
        };
        findings.note(rule, Place::in_part(part.number, part.spans.body.start + at as u64), message);
    }

    /// Pictures so far that show the same as the one before.
    pub fn identical(&self) -> u64 {
        self.repeats.identical()
    }

    /// Judges a picture that some consumer shows, by its markers.
    pub fn whole(
        &mut self,
        part: &Part<'_>,
        arrival: Option<Duration>,
        markers: &Judgement,
        expectations: &Expectations,
        findings: &mut Findings,
    ) {
        let place = |at: usize| Place::in_part(part.number, part.spans.body.start + at as u64);
        self.count += 1;
        if self.sizes.len() < SIZES {
            self.sizes.push(part.body.len() as u64);
        }
        let end = markers.end().unwrap_or(part.body.len());
        let rest = part.body.len().saturating_sub(end);
        let bytes = Counted(rest as u64, "byte");
        let picture = markers.picture(part.body);
        match announced(picture) {
            _ if rest == 0 => {}
            Some(appendix) => {
                let message = format!("{bytes} after EOI, announced as {appendix}");
                findings.note(&ANNOUNCED_AFTER_EOI, place(end), message);
            }
            None => {
                let is_picture = part.body.get(end..).is_some_and(|rest| rest.starts_with(&[0xff, 0xd8]));
                let what = if is_picture { ": another picture starts there" } else { "" };
                findings.note(&BYTES_AFTER_EOI, place(end), format!("{bytes} after EOI{what}"));
            }
        }
        if let Some(at) = self.dash_boundary.as_ref().and_then(|finder| finder.find(part.body)) {
            findings.note(&BOUNDARY_IN_PICTURE, place(at), "the boundary occurs in the picture");
        }
        let is_repeat = self.repeats.picture(part, arrival);
        let colour = self.format.picture(part, picture, expectations, findings);
        let mut checker = expectations.deep.then(|| self.checker.get_or_insert_with(new_checker));
        let entropy = checker.as_mut().map(|checker| Judgement::of_entropy(part.body, checker));
        let judgement = entropy.as_ref().unwrap_or(markers);
        if expectations.deep {
            let is_unread = judgement.damage().is_none() && judgement.unchecked().is_some();
            *(if is_unread { &mut self.unread } else { &mut self.walked }) += 1;
        }
        if let Some(damage) = judgement.damage() {
            return findings.note(&SCAN_DAMAGED, place(damage.at), in_picture(damage));
        }
        if let Some(unchecked) = judgement.unchecked() {
            findings.note(rule_of_unchecked(unchecked), place(0), unchecked.to_string());
        }
        for (note, at) in judgement.notes().iter() {
            let message = match note {
                Note::BytesBeforeStart => before_soi(judgement),
                Note::ReservedMarker
                | Note::JpegLsMarker
                | Note::JpgMarker
                | Note::Conditioning
                | Note::LateMarker => marker(part.body, at, note),
                note => note.to_string(),
            };
            if let Some(rule) = rule_of_note(note) {
                findings.note(rule, place(at), message);
            }
        }
        if let Some(checker) = checker {
            self.content.picture(checker, colour, part, arrival, is_repeat, findings);
        }
    }

    /// Judges the pictures as a whole, and sums them up.
    pub fn finish(mut self, findings: &mut Findings) -> Frames {
        let identical = self.repeats.finish(self.count, findings);
        self.content.finish(self.count, findings);
        if self.count > 1 && findings.count(&BYTES_BEFORE_SOI) == 1 {
            // Players skip them, and the other pictures come everywhere but in browsers.
            findings.set_severity(&BYTES_BEFORE_SOI, Severity::Warning);
        }
        self.sizes.sort_unstable();
        let bytes_p50 = self.sizes.get((self.sizes.len().max(1) - 1) / 2).copied();
        Frames { size: self.format.size, bytes_p50, identical, walked: self.walked, unread: self.unread }
    }
}

/// What breaks by bytes before SOI, and the cure: a warning has no other place for them.
fn before_soi(judgement: &Judgement) -> String {
    let bytes = Counted(judgement.bytes_before_soi() as u64, "byte");
    format!("{bytes} before SOI; Chromium shows no frame from here on; start each body with FF D8")
}

/// The marker of a note with its code.
fn marker(body: &[u8], at: usize, note: Note) -> String {
    let code = body.get(at..).and_then(|rest| rest.iter().find(|&&byte| byte != 0xff));
    code.map_or_else(|| note.to_string(), |code| format!("{note}: FF {code:02X}"))
}

/// The damage with its place in the picture. The place of the finding counts the bytes of the stream.
fn in_picture(damage: Damage) -> String {
    let scan = damage.scan.map(|scan| format!("scan {scan}, ")).unwrap_or_default();
    let mcu = damage.mcu.map(|mcu| format!("MCU {mcu}, ")).unwrap_or_default();
    format!("{scan}{mcu}byte {} of the picture: {}", damage.at, damage.kind)
}

/// What the picture says about the bytes behind its EOI.
fn announced(jpeg: &[u8]) -> Option<Appendix> {
    let headers = Segments::of(jpeg).take_while(|segment| segment.marker != Marker::SOS);
    headers.into_iter().find_map(|segment| Appendix::announced_by(segment.marker, segment.parameters))
}

/// Why nobody can read the entropy-coded data of a picture.
fn unread_coding(jpeg: &[u8]) -> Option<Unchecked> {
    Segments::of(jpeg).find_map(|segment| Unchecked::of_frame(segment.marker, segment.parameters))
}

fn rule_of_unchecked(unchecked: Unchecked) -> &'static Rule {
    match unchecked {
        Unchecked::Arithmetic => &ARITHMETIC,
        Unchecked::Lossless => &LOSSLESS,
        Unchecked::Hierarchical => &HIERARCHICAL,
        Unchecked::Components => &TOO_MANY_COMPONENTS,
        Unchecked::TooLarge | Unchecked::Scans => &SCAN_NOT_READ,
    }
}

/// Notes without a rule make no difference to any measured consumer.
fn rule_of_note(note: Note) -> Option<&'static Rule> {
    match note {
        Note::BytesBeforeStart => Some(&BYTES_BEFORE_SOI),
        Note::RepeatedStart => Some(&REPEATED_SOI),
        Note::StandardTables => Some(&STANDARD_TABLES),
        Note::NoEnd => Some(&NO_EOI),
        Note::ScanOrder => Some(&SCAN_ORDER),
        Note::TwelveBits => Some(&TWELVE_BITS),
        Note::NumberOfLines => Some(&NUMBER_OF_LINES),
        Note::TwoComponents => Some(&TWO_COMPONENTS),
        Note::LongSide => Some(&SIDE_TOO_LONG),
        Note::LargeArea => Some(&AREA_TOO_LARGE),
        Note::ExtraPadding => Some(&EXTRA_PADDING),
        Note::ExtraBytes => Some(&EXTRA_BYTES),
        Note::HiddenRestart => Some(&HIDDEN_RESTART),
        Note::ScanParameters => Some(&SCAN_PARAMETERS),
        Note::NulBytes => Some(&NUL_BYTES),
        Note::JunkBytes => Some(&JUNK_BYTES),
        Note::BytesAfterStart => Some(&BYTES_AFTER_SOI),
        Note::ReservedMarker => Some(&RESERVED_MARKER),
        Note::JpegLsMarker => Some(&JPEG_LS_MARKER),
        Note::JpgMarker => Some(&JPG_MARKER),
        Note::Conditioning => Some(&CONDITIONING),
        Note::LateMarker => Some(&LATE_MARKER),
        Note::ShortSegment => Some(&SHORT_SEGMENT),
        _ => None,
    }
}

/// A checker for the first picture.
// Not inlined: its tables are made on the stack, and a monitor has a hundred threads that are lent one.
#[cold]
#[inline(never)]
fn new_checker() -> Checker {
    Checker::new().with_sampled_means(Look::MCUS)
}
