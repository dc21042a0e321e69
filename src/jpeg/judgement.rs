//! One judgement of a picture for all that must decide what to do with it.

use core::fmt;
use core::ops::Range;

use super::entropy::{Answer, Checker, Damage, DamageKind, Unchecked};
use super::note::{Note, Notes};
use super::start::{self, Start};
use super::walk::Walk;
use crate::multipart::Extent;

/// Whether a picture can be used, why, and how closely it was read. `serve`, its relays, `record` and `check`
/// decide by [`Judgement::refusal`], so at equal depth they agree.
///
/// A body may have other bytes, or another SOI, before the SOI of its picture. All offsets count from the first byte of
/// the body.
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
    start: usize,
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
    /// It is complete but unusual: some decoders refuse it, and some measured consumer shows it.
    Usable,
    /// No measured consumer shows it: decoders show a part of it, something else, or nothing.
    Damaged,
}

/// How closely a picture was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Its markers and what their segments say.
    Markers,
    /// Every Huffman code too.
    Entropy,
}

/// What a judgement of markers depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The segments, and what is between them.
    Segments,
    /// The entropy-coded data too.
    EntropyCodedData,
}

/// Why a picture is of no use: no measured consumer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is damaged.
    Damaged(Damage),
    /// It has several frames that refine one another.
    Hierarchical,
    /// It has more than four components.
    Components,
    /// It has two components.
    TwoComponents,
    /// Its height is not in its frame header but in a DNL segment.
    NumberOfLines,
}

impl Judgement {
    /// Judges by the markers, and by what their segments say. `extent` is the answer of the marker walk over
    /// `body`, which the multipart parser has made already.
    ///
    /// It costs about as much as a second walk: for the parts of a stream, a [`MarkerJudge`](super::MarkerJudge) is
    /// faster. The entropy-coded data is read only where the markers
    /// show a cut, or bytes that belong to no segment: without damage in it, decoders show the picture.
    /// What is damaged here is damaged at [`Depth::Entropy`] too.
    pub fn of_markers(body: &[u8], extent: Extent) -> Self {
        Self::of_walked(body, extent, 0..0).0
    }

    /// As [`Judgement::of_markers`]. `coded` is entropy-coded data that the walk has passed over: it is not read
    /// again. Empty if that is not known.
    pub(super) fn of_walked(body: &[u8], extent: Extent, coded: Range<usize>) -> (Self, Basis) {
        let mut basis = Basis::Segments;
        let judgement = Self::of_body(body, Depth::Markers, |jpeg, is_whole_body| {
            let (extent, coded) = if is_whole_body { (extent, coded) } else { (Walk::over(jpeg), 0..0) };
            if extent == Extent::Foreign && !start::is_before_junk(jpeg) {
                return NO_START;
            }
            let answer = Answer::of_segments(jpeg, coded);
            if let Some(Damage { kind: DamageKind::Cut | DamageKind::Misplaced, .. }) = answer.damage {
                basis = Basis::EntropyCodedData;
                // Such pictures are rare, so the tables of a checker may be made again.
                let entropy = Checker::new().read(jpeg);
                if entropy.damage.is_none() && entropy.unchecked.is_none() {
                    return entropy;
                }
                // Wrong codes before the end say more than that EOI is missing: the data of a cut picture is sound.
                let is_cut = matches!(answer.damage, Some(Damage { kind: DamageKind::Cut, .. }));
                if is_cut && entropy.damage.is_some_and(|damage| is_wrong(damage, jpeg)) {
                    return entropy;
                }
            }
            answer
        });
        (judgement, basis)
    }

    /// Judges by everything that can be known without pixels.
    pub fn of_entropy(body: &[u8], checker: &mut Checker) -> Self {
        Self::of_body(body, Depth::Entropy, |jpeg, _| checker.read(jpeg))
    }

    /// Judges the picture of a body, which may start behind other bytes.
    fn of_body(body: &[u8], depth: Depth, judge: impl FnOnce(&[u8], bool) -> Answer) -> Self {
        let start = start::of(body).unwrap_or(Start { picture: 0, first: 0 });
        let Start { picture, first } = start;
        let jpeg = body.get(picture..).unwrap_or_default();
        let mut answer = judge(jpeg, picture == 0);
        // Other bytes behind SOI may be the rest of a picture, or no picture at all: the markers must be those of a whole one.
        let is_in_data = |damage: Damage| depth == Depth::Entropy && damage.mcu.is_some();
        if start::is_before_junk(jpeg) && answer.damage.is_some_and(|damage| !is_in_data(damage)) {
            answer = NO_START;
        }
        let Answer { damage, notes, unchecked, end } = answer;
        let damage = damage.map(|damage| Damage { at: damage.at + picture, ..damage });
        let mut notes = notes.moved(picture);
        if first > 0 {
            notes.add(Note::BytesBeforeStart, 0);
        }
        if picture > first {
            notes.add(Note::RepeatedStart, first);
        }
        Self { depth, start: picture, damage, notes, unchecked, end: end.map(|end| end + picture) }
    }

    /// The same judgement of a picture that ends elsewhere.
    pub(super) fn ending_at(self, end: usize) -> Self {
        Self { end: Some(end), ..self }
    }

    /// Whether the picture can be used.
    pub fn grade(&self) -> Grade {
        if self.refusal().is_some() {
            Grade::Damaged
        } else if self.notes.is_empty() && self.unchecked.is_none() {
            Grade::Sound
        } else {
            Grade::Usable
        }
    }

    /// Why no measured consumer shows the picture. Such a picture is an error of the stream: `serve` and
    /// its relays leave it out, and `record` counts it as damaged.
    pub fn refusal(&self) -> Option<Refusal> {
        match (self.damage, self.unchecked) {
            (Some(damage), _) => Some(Refusal::Damaged(damage)),
            (None, Some(Unchecked::Hierarchical)) => Some(Refusal::Hierarchical),
            (None, Some(Unchecked::Components)) => Some(Refusal::Components),
            _ if self.notes.contains(Note::TwoComponents) => Some(Refusal::TwoComponents),
            _ => self.notes.contains(Note::NumberOfLines).then_some(Refusal::NumberOfLines),
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

    /// Offset of its SOI in the body. Other bytes and other SOI may come before it.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Bytes before the first SOI of the body.
    pub fn bytes_before_soi(&self) -> usize {
        self.notes.place(Note::RepeatedStart).unwrap_or(self.start)
    }

    /// Offset of the first byte behind its EOI; `None` if the picture is damaged or has no EOI.
    pub fn end(&self) -> Option<usize> {
        self.end
    }

    /// The bytes of the judged body from its SOI to its EOI, or to the end of the body if there is no EOI.
    pub fn picture<'a>(&self, body: &'a [u8]) -> &'a [u8] {
        body.get(self.start..self.end.unwrap_or(body.len())).unwrap_or(body)
    }
}

/// What is known of a body without the start of a picture.
const NO_START: Answer = Answer {
    damage: Some(Damage { kind: DamageKind::NoStart, at: 0, scan: None, mcu: None }),
    notes: Notes::NONE,
    unchecked: None,
    end: None,
};

/// Whether data before the end of a picture is wrong, not missing.
fn is_wrong(damage: Damage, jpeg: &[u8]) -> bool {
    let is_marker = |two: &&[u8]| two[0] == 0xff && !matches!(two[1], 0 | 0xff);
    match damage.kind {
        DamageKind::Cut => false,
        // A restart marker comes too early; any other marker may be that of a picture that was cut before it.
        DamageKind::Short => {
            let from = jpeg.get(damage.at.saturating_sub(1)..).unwrap_or_default();
            from.windows(2).find(is_marker).is_some_and(|two| (0xd0..=0xd7).contains(&two[1]))
        }
        // What fills a body behind a cut picture.
        DamageKind::Long(bytes) => bytes < jpeg.len() / 2,
        _ => damage.mcu.is_some(),
    }
}

impl Refusal {
    /// The word in JSON: that of the damage, or `hierarchical`, `too-many-components`, `two-components` and
    /// `number-of-lines`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Damaged(damage) => damage.kind.name(),
            Self::Hierarchical => "hierarchical",
            Self::Components => "too-many-components",
            Self::TwoComponents => "two-components",
            Self::NumberOfLines => "number-of-lines",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(damage) => damage.fmt(f),
            Self::Hierarchical => f.write_str("no reader shows hierarchical pictures"),
            Self::Components => f.write_str("no reader shows more than four components"),
            Self::TwoComponents => f.write_str("no reader shows two components"),
            Self::NumberOfLines => f.write_str("no reader shows a picture whose frame header has no height"),
        }
    }
}
