//! What the segments of one picture have said so far.

use core::ops::Range;

use memchr::memchr;

use super::bits::EntropyCoded;
use super::damage::{Damage, DamageKind, Unchecked};
use super::layout;
use crate::jpeg::frame::{FrameHeader, Process};
use crate::jpeg::marker::Marker;
use crate::jpeg::note::{Note, Notes};
use crate::jpeg::quantisation::QuantisationTables;
use crate::jpeg::scan::ScanHeader;
use crate::jpeg::segment::Segment;

/// A coefficient that no scan has brought yet.
const UNSENT: u8 = u8::MAX;

/// Most whole bytes of zeros that are taken for padding. Decoders read up to seven bytes ahead of the last
/// MCU and drop them in silence; behind those, libjpeg warns.
const ZERO_BYTES: usize = 7;

/// The state of one picture between its segments.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) frame: Option<FrameHeader>,
    /// Number of lines, once it is known.
    pub(super) height: u16,
    pub(super) quantisation: QuantisationTables,
    /// MCUs between two restart markers; 0 for no restart markers.
    pub(super) restart_interval: u16,
    /// Number of scans, the one at hand included.
    pub(super) scans: u32,
    pub(super) notes: Notes,
    pub(super) unchecked: Option<Unchecked>,
    /// For each coefficient of each component, the bit position that its scans went down to.
    levels: [[u8; 64]; 4],
}

/// What the scans of a frame bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Sequential,
    FirstDc,
    RefineDc,
    FirstAc,
    RefineAc,
}

impl Picture {
    pub(super) fn new() -> Self {
        Self {
            frame: None,
            height: 0,
            quantisation: QuantisationTables::default(),
            restart_interval: 0,
            scans: 0,
            notes: Notes::NONE,
            unchecked: None,
            levels: [[UNSENT; 64]; 4],
        }
    }

    /// Takes over a frame header.
    pub(super) fn start_frame(&mut self, segment: &Segment<'_>) -> Result<(), Damage> {
        if segment.marker.code() & 4 != 0 {
            self.unchecked = Some(Unchecked::Hierarchical);
        }
        if self.unchecked == Some(Unchecked::Hierarchical) {
            return Ok(());
        }
        let frame = FrameHeader::parse(segment.marker, segment.parameters);
        let Some(frame) = frame.filter(|frame| self.frame.is_none() && !frame.is_overfull()) else {
            return Err(self.contradiction(segment));
        };
        self.unchecked = Unchecked::of(&frame);
        if self.unchecked.is_none() && !matches!(frame.precision, 8 | 12) {
            return Err(self.contradiction(segment));
        }
        if frame.precision == 12 {
            self.notes.add(Note::TwelveBits, segment.at);
        }
        let ids = frame.components().iter().map(|component| component.id);
        if ids.clone().enumerate().any(|(n, id)| ids.clone().take(n).any(|other| other == id)) {
            self.notes.add(Note::RepeatedComponent, segment.at);
        }
        self.height = frame.height;
        self.frame = Some(frame);
        Ok(())
    }

    /// Finds out what a scan brings, and notes it. `components` are the indices of its components in
    /// the frame, `at` is the place of its header.
    pub(super) fn start_pass(
        &mut self,
        frame: &FrameHeader,
        scan: &ScanHeader,
        components: &[usize],
        at: usize,
    ) -> Result<Pass, DamageKind> {
        let [start, end] = [scan.band_start, scan.band_end].map(usize::from);
        let (high, low) = (scan.approximation_high, scan.approximation_low);
        if frame.process() != Process::Progressive {
            if (start, end, high, low) != (0, 63, 0, 0) {
                self.notes.add(Note::ScanParameters, at);
            }
            for &component in components {
                if self.levels[component & 3][0] != UNSENT {
                    return Err(DamageKind::Progression);
                }
                self.levels[component & 3] = [0; 64];
            }
            return Ok(Pass::Sequential);
        }
        // G.1.1.1: DC coefficients alone, AC coefficients of one component, one bit at a time.
        let band = if start == 0 { end == 0 } else { end < 64 && start <= end && components.len() == 1 };
        if !band || low > 13 || (high > 0 && low + 1 != high) {
            return Err(DamageKind::Segment(Marker::SOS));
        }
        let expected = if high == 0 { UNSENT } else { high };
        for &component in components {
            let levels = &mut self.levels[component & 3];
            if start > 0 && levels[0] == UNSENT {
                return Err(DamageKind::Progression);
            }
            let levels = levels.get_mut(start..=end).unwrap_or_default();
            if levels.iter().any(|&level| level != expected) {
                return Err(DamageKind::Progression);
            }
            levels.fill(low);
        }
        Ok(match (start, high) {
            (0, 0) => Pass::FirstDc,
            (0, _) => Pass::RefineDc,
            (_, 0) => Pass::FirstAc,
            (_, _) => Pass::RefineAc,
        })
    }

    /// The first component without a scan.
    pub(super) fn missing_component(&self) -> Option<u8> {
        let frame = self.frame.as_ref()?;
        let missing = frame.components().iter().zip(&self.levels).find(|(_, levels)| levels[0] == UNSENT);
        missing.map(|(component, _)| component.id)
    }

    /// Blocks of the components up to and without `component`.
    pub(super) fn blocks_before(&self, frame: &FrameHeader, component: usize) -> usize {
        let blocks = |n| {
            let (wide, high) = layout::blocks(frame, self.height, n);
            wide as usize * high as usize
        };
        (0..component).map(blocks).sum()
    }

    /// Notes the padding of an entropy-coded segment whose last MCU ends before bit `bit` of `segment`.
    /// Decoders never look at it, so a wrong padding is no damage; data would be.
    pub(super) fn pad(&mut self, segment: &EntropyCoded, jpeg: &[u8], bit: usize) -> Result<(), DamageKind> {
        let (bits, count, bytes) = segment.padding(bit);
        let (ones, zeros) = (bits == (1 << count) - 1, bits == 0);
        let note = match bytes {
            [] if ones => return Ok(()),
            [] if zeros => Note::ZeroPadding,
            [] => Note::MixedPadding,
            bytes if ones && bytes.iter().all(|&byte| byte == 0xff) => Note::ExtraPadding,
            bytes if zeros && bytes.len() <= ZERO_BYTES && bytes.iter().all(|&byte| byte == 0) => {
                Note::ExtraPadding
            }
            bytes => return Err(DamageKind::Long(bytes.len())),
        };
        self.notes.add(note, segment.origin(jpeg, bit));
        Ok(())
    }

    /// Looks at the bytes between two segments: markers without segments, fill bytes, NULs.
    pub(super) fn look_between(&mut self, jpeg: &[u8], range: Range<usize>) {
        let start = range.start;
        if let Some(n) = jpeg.get(range).and_then(|bytes| memchr(0, bytes)) {
            self.notes.add(Note::NulBytes, start + n);
        }
    }

    /// Whether the scans so far brought every bit of every coefficient.
    pub(super) fn is_complete(&self) -> bool {
        self.frame.as_ref().is_some_and(|frame| {
            let levels = self.levels.iter().zip(frame.components());
            levels.into_iter().all(|(levels, _)| levels.iter().all(|&level| level == 0))
        })
    }

    /// The damage of a segment that cannot be what it says.
    pub(super) fn contradiction(&self, segment: &Segment<'_>) -> Damage {
        Damage { kind: DamageKind::Segment(segment.marker), at: segment.at, scan: None, mcu: None }
    }
}
