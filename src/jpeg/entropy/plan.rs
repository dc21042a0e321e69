//! What a scan brings, by its header and the segments before it.

use super::damage::DamageKind;
use super::layout::Layout;
use super::picture::{Picture, UNSENT};
use super::tables::Defined;
use crate::jpeg::frame::{FrameHeader, Process};
use crate::jpeg::marker::Marker;
use crate::jpeg::note::Note;
use crate::jpeg::scan::{ScanHeader, ScanOrder};
use crate::jpeg::segment::Segment;

/// A scan whose header makes sense.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanPlan {
    pub(super) frame: FrameHeader,
    pub(super) header: ScanHeader,
    /// The index in the frame of each component of the scan.
    indices: [usize; 4],
    pub(super) pass: Pass,
    pub(super) layout: Layout,
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

impl ScanPlan {
    /// Understands the header of the next scan, and notes in `picture` what is unusual and what it brings.
    pub(super) fn new(jpeg: &[u8], picture: &mut Picture, segment: &Segment<'_>) -> Result<Self, DamageKind> {
        let contradiction = DamageKind::Segment(Marker::SOS);
        let frame = picture.frame.ok_or(DamageKind::NoFrame)?;
        let header = ScanHeader::parse(segment.parameters).ok_or(contradiction)?;
        if picture.height == 0 {
            picture.height =
                number_of_lines(jpeg, segment.entropy_coded.end).ok_or(DamageKind::Segment(frame.marker))?;
        }
        let (indices, order) = header.indices(&frame).ok_or(contradiction)?;
        match order {
            ScanOrder::OfFrame => {}
            ScanOrder::Tolerated => picture.notes.add(Note::ToleratedScanOrder, segment.at),
            ScanOrder::Other => picture.notes.add(Note::ScanOrder, segment.at),
        }
        let components = &indices[..header.components().len()];
        let layout = Layout::new(&frame, picture.height, components).ok_or(contradiction)?;
        let pass = start_pass(picture, &frame, &header, components, segment.at)?;
        let plan = Self { frame, header, indices, pass, layout };
        plan.note_standard_tables(picture, segment.at);
        Ok(plan)
    }

    /// The index in the frame of each component of the scan.
    pub(super) fn components(&self) -> &[usize] {
        &self.indices[..self.header.components().len()]
    }

    /// Whether the scan has DC coefficients that are coded with a Huffman table.
    pub(super) fn has_dc_table(&self) -> bool {
        matches!(self.pass, Pass::Sequential | Pass::FirstDc)
    }

    /// Whether the scan has AC coefficients.
    pub(super) fn has_ac_table(&self) -> bool {
        matches!(self.pass, Pass::Sequential | Pass::FirstAc | Pass::RefineAc)
    }

    /// Whether Huffman tables of T.81 K.3 may be left out.
    pub(super) fn may_leave_tables_out(&self) -> bool {
        self.pass == Pass::Sequential
    }

    /// Notes Huffman tables that are left out and stand in T.81 K.3.
    fn note_standard_tables(&self, picture: &mut Picture, at: usize) {
        let may_be_left_out = self.may_leave_tables_out();
        for component in self.header.components() {
            let dc = self.has_dc_table().then(|| picture.huffman.dc(component.dc_table, may_be_left_out));
            let ac = self.has_ac_table().then(|| picture.huffman.ac(component.ac_table, may_be_left_out));
            let is_standard = |table| matches!(table, Some(Ok((_, Defined::Standard))));
            if is_standard(dc) || is_standard(ac) {
                picture.notes.add(Note::StandardTables, at);
            }
        }
    }
}

/// Finds out what a scan brings, and notes it. `components` are the indices of its components in
/// the frame, `at` is the place of its header.
fn start_pass(
    picture: &mut Picture,
    frame: &FrameHeader,
    scan: &ScanHeader,
    components: &[usize],
    at: usize,
) -> Result<Pass, DamageKind> {
    let [start, end] = [scan.band_start, scan.band_end].map(usize::from);
    let (high, low) = (scan.approximation_high, scan.approximation_low);
    if frame.process() != Process::Progressive {
        if (start, end, high, low) != (0, 63, 0, 0) {
            picture.notes.add(Note::ScanParameters, at);
        }
        for &component in components {
            if picture.levels[component & 3][0] != UNSENT {
                return Err(DamageKind::Progression);
            }
            picture.levels[component & 3] = [0; 64];
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
        let levels = &mut picture.levels[component & 3];
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

/// The number of lines in the DNL segment that starts at `at`: T.81 B.2.5.
fn number_of_lines(jpeg: &[u8], at: usize) -> Option<u16> {
    let behind = Marker::end(jpeg, at);
    match *jpeg.get(behind.checked_sub(1)?..behind + 4)? {
        [code, 0, 4, high, low] if code == Marker::DNL.code() => {
            Some(u16::from_be_bytes([high, low])).filter(|&lines| lines > 0)
        }
        _ => None,
    }
}
