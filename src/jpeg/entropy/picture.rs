//! What the segments of one picture have said so far.

use core::ops::Range;

use memchr::memchr;

use super::bits::EntropyCoded;
use super::damage::{Damage, DamageKind, Unchecked};
use super::layout;
use super::tables::Specifications;
use crate::jpeg::frame::FrameHeader;
use crate::jpeg::note::{Note, Notes};
use crate::jpeg::quantisation::QuantisationTables;
use crate::jpeg::segment::Segment;

/// A coefficient that no scan has brought yet.
pub(super) const UNSENT: u8 = u8::MAX;

/// Most whole bytes behind the last MCU that are no damage, whatever they are. libjpeg-turbo has read up to seven
/// bytes ahead when it has the last MCU, and drops them in silence; of more bytes it warns.
const READ_AHEAD: usize = 7;

/// The largest width and height that libjpeg takes (`JPEG_MAX_DIMENSION`).
const LONGEST_SIDE: u64 = 65_500;
/// FFmpeg refuses a picture if 8 (width + 128) (height + 128) is this or more (`av_image_check_size2`).
const LARGEST_AREA: u64 = (1 << 31) - 1;

/// The state of one picture between its segments.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) frame: Option<FrameHeader>,
    /// Number of lines, once it is known.
    pub(super) height: u16,
    pub(super) quantisation: QuantisationTables,
    pub(super) huffman: Specifications,
    /// MCUs between two restart markers; 0 for no restart markers.
    pub(super) restart_interval: u16,
    /// Number of scans, the one at hand included.
    pub(super) scans: u32,
    pub(super) notes: Notes,
    /// Why its scans are not understood.
    pub(super) unchecked: Option<Unchecked>,
    /// Whether the entropy-coded data of a scan was not read.
    pub(super) is_skimmed: bool,
    /// For each coefficient of each component, the bit position that its scans went down to.
    pub(super) levels: [[u8; 64]; 4],
}

impl Picture {
    pub(super) fn new() -> Self {
        Self {
            frame: None,
            height: 0,
            quantisation: QuantisationTables::default(),
            huffman: Specifications::default(),
            restart_interval: 0,
            scans: 0,
            notes: Notes::NONE,
            unchecked: None,
            is_skimmed: false,
            levels: [[UNSENT; 64]; 4],
        }
    }

    /// Forgets the picture before.
    pub(super) fn clear(&mut self) {
        // Field by field: a new value would be made on the stack and copied.
        let Self {
            frame,
            height,
            quantisation,
            huffman,
            restart_interval,
            scans,
            notes,
            unchecked,
            is_skimmed,
            levels,
        } = self;
        (*frame, *height, *restart_interval, *scans) = (None, 0, 0, 0);
        (*notes, *unchecked, *is_skimmed) = (Notes::NONE, None, false);
        quantisation.clear();
        huffman.clear();
        levels.iter_mut().for_each(|levels| levels.fill(UNSENT));
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
        if frame.height == 0 {
            self.notes.add(Note::NumberOfLines, segment.at);
        }
        if frame.component_count == 2 {
            self.notes.add(Note::TwoComponents, segment.at);
        }
        let (width, height) = (u64::from(frame.width), u64::from(frame.height));
        if width.max(height) > LONGEST_SIDE {
            self.notes.add(Note::LongSide, segment.at);
        }
        if 8 * (width + 128) * (height + 128) >= LARGEST_AREA {
            self.notes.add(Note::LargeArea, segment.at);
        }
        let ids = frame.components().iter().map(|component| component.id);
        if ids.clone().enumerate().any(|(n, id)| ids.clone().take(n).any(|other| other == id)) {
            self.notes.add(Note::RepeatedComponent, segment.at);
        }
        self.height = frame.height;
        self.frame = Some(frame);
        Ok(())
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

    /// Notes what follows the last MCU of an entropy-coded segment, which ends before bit `bit` of `segment`.
    /// libjpeg shows the same picture whatever it is. A few bytes that are no padding may be the only trace of
    /// damage; more of them are damage. If another restart interval follows, readers must find its marker.
    pub(super) fn pad(
        &mut self,
        segment: &EntropyCoded,
        jpeg: &[u8],
        bit: usize,
        is_last: bool,
    ) -> Result<(), DamageKind> {
        let (bits, count, bytes) = segment.padding(bit);
        let (ones, zeros) = (bits == (1 << count) - 1, bits == 0);
        let only_ones = bytes.iter().all(|&byte| byte == 0xff);
        let all_ones = ones && only_ones;
        let is_dropped = bytes.len() <= READ_AHEAD;
        let is_padding = (ones || zeros) && only_ones;
        let note = match bytes {
            [] if ones => return Ok(()),
            _ if !is_last && !is_padding && is_dropped => Note::HiddenRestart,
            [] if zeros => Note::ZeroPadding,
            [] => Note::MixedPadding,
            _ if all_ones && is_dropped => Note::ExtraPadding,
            // No code is all ones, so these are no data, however many they are.
            _ if all_ones || is_dropped => Note::ExtraBytes,
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
