//! One scan: its MCUs, and its restart intervals.

use super::bits::SegmentEnd;
use super::checker::Checker;
use super::damage::{Damage, DamageKind};
use super::layout::{self, Layout, MAX_BLOCKS};
use super::limits::Limits;
use super::means::MeanBlock;
use super::picture::{Pass, Picture};
use super::progressive::{self, Band};
use super::sequential::{self, Block, Fault};
use super::tables::{Defined, HuffmanTables};
use crate::jpeg::frame::FrameHeader;
use crate::jpeg::marker::Marker;
use crate::jpeg::note::Note;
use crate::jpeg::scan::{ScanHeader, ScanOrder};
use crate::jpeg::segment::Segment;

/// A scan whose header makes sense.
struct Scan {
    header: ScanHeader,
    pass: Pass,
    layout: Layout,
    limits: [Limits; 4],
    /// Where the blocks of its (first) component begin in the history.
    history: usize,
}

/// Damage within a scan, and where.
struct Place {
    kind: DamageKind,
    at: usize,
    mcu: Option<u32>,
}

impl Checker {
    /// Reads the scan of an SOS segment.
    pub(super) fn read_scan(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        segment: &Segment<'_>,
    ) -> Result<(), Damage> {
        let number = picture.scans;
        let in_scan = |Place { kind, at, mcu }| {
            // A cut may fall between the FF and the code of a marker.
            let at = if kind == DamageKind::Cut { jpeg.len() } else { at };
            Damage { kind, at, scan: Some(number), mcu }
        };
        let scan = self
            .start_scan(jpeg, picture, segment)
            .map_err(|kind| in_scan(Place { kind, at: segment.at, mcu: None }))?;
        let Some(scan) = scan else { return Ok(()) };
        if let Some(means) = &mut self.means {
            means.add_bytes(segment.entropy_coded.len());
        }
        self.read_intervals(jpeg, picture, segment, &scan).map_err(in_scan)
    }

    /// Understands the header; `None` when the scan cannot be checked.
    fn start_scan(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        segment: &Segment<'_>,
    ) -> Result<Option<Scan>, DamageKind> {
        let contradiction = DamageKind::Segment(Marker::SOS);
        let frame = picture.frame.ok_or(DamageKind::NoFrame)?;
        let header = ScanHeader::parse(segment.parameters).ok_or(contradiction)?;
        if picture.height == 0 {
            picture.height =
                number_of_lines(jpeg, segment.entropy_coded.end).ok_or(DamageKind::Segment(frame.marker))?;
            picture.notes.add(Note::NumberOfLines, segment.entropy_coded.end);
        }
        let (indices, order) = header.indices(&frame).ok_or(contradiction)?;
        match order {
            ScanOrder::OfFrame => {}
            ScanOrder::Tolerated => picture.notes.add(Note::ScanOrder, segment.at),
            ScanOrder::Other => return Err(DamageKind::ScanOrder),
        }
        let components = &indices[..header.components().len()];
        let layout = Layout::new(&frame, picture.height, components).ok_or(contradiction)?;
        let pass = picture.start_pass(&frame, &header, components, segment.at)?;
        if pass != Pass::Sequential && self.history.is_empty() {
            let blocks = picture.blocks_before(&frame, frame.components().len());
            if let Err(reason) = self.remember(blocks) {
                picture.unchecked = Some(reason);
                return Ok(None);
            }
        }
        self.find_tables(picture, &header, pass, segment.at)?;
        let mut limits = [const { Limits::none() }; 4];
        for (limits, &component) in limits.iter_mut().zip(components) {
            *limits = component_limits(picture, &frame, &header, pass, component)?;
        }
        if pass == Pass::Sequential || pass == Pass::FirstDc {
            // A sequential scan leaves out no bits, whatever its header says.
            let shift = if pass == Pass::FirstDc { header.approximation_low } else { 0 };
            self.start_means(picture, &frame, &layout, components, shift);
        }
        let history = picture.blocks_before(&frame, components[0]);
        Ok(Some(Scan { header, pass, layout, limits, history }))
    }

    /// Makes room for the means of a scan that brings DC coefficients without their `shift` lowest bits.
    fn start_means(
        &mut self,
        picture: &Picture,
        frame: &FrameHeader,
        layout: &Layout,
        components: &[usize],
        shift: u8,
    ) {
        let Some(means) = self.means.as_mut().filter(|_| frame.precision == 8) else { return };
        // An earlier scan of the picture was too large.
        if picture.scans > 1 && !means.is_started() {
            return;
        }
        let mcus_wide = match components {
            [component] => layout::blocks(frame, picture.height, *component).0,
            _ => layout::mcus(frame, picture.height).0,
        };
        let blocks = layout.blocks().iter().map(|&n| {
            let component = components.get(usize::from(n)).copied().unwrap_or_default();
            let table = frame.components()[component].quantisation_table;
            let quantisation = picture.quantisation.table(table).map_or(1, |table| table[0].max(1));
            MeanBlock { component: component as u8, scale: quantisation.saturating_mul(1 << shift) }
        });
        means.start(blocks, mcus_wide, layout.mcus);
    }

    /// Sees to it that the Huffman tables of a scan are there.
    fn find_tables(
        &mut self,
        picture: &mut Picture,
        header: &ScanHeader,
        pass: Pass,
        at: usize,
    ) -> Result<(), DamageKind> {
        let sequential = pass == Pass::Sequential;
        for component in header.components() {
            let mut defined = [Defined::Picture; 2];
            if sequential || pass == Pass::FirstDc {
                defined[0] = self.tables.make_dc(component.dc_table, sequential)?;
            }
            if sequential || matches!(pass, Pass::FirstAc | Pass::RefineAc) {
                defined[1] = self.tables.make_ac(component.ac_table, sequential)?;
            }
            if defined.contains(&Defined::Standard) {
                picture.notes.add(Note::StandardTables, at);
            }
        }
        Ok(())
    }

    /// Reads the entropy-coded segments of a scan, with the restart markers between them.
    fn read_intervals(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        segment: &Segment<'_>,
        scan: &Scan,
    ) -> Result<(), Place> {
        let range = segment.entropy_coded.clone();
        let interval = match picture.restart_interval {
            0 => scan.layout.mcus,
            interval => interval.into(),
        };
        let mut at = range.start;
        let mut first = 0;
        let mut expected = 0;
        loop {
            let ended = self.segment.load(jpeg, at..range.end);
            let end = self.segment.end();
            let mcus = interval.min(scan.layout.mcus - first);
            self.read_interval(jpeg, picture, scan, first, mcus).map_err(|place| match place.kind {
                // Name the marker that is there instead of data.
                DamageKind::Short => {
                    Place { kind: short(jpeg, ended, picture.restart_interval, end), ..place }
                }
                _ => place,
            })?;
            first += mcus;
            let SegmentEnd::Restart(found) = ended else {
                // E.1.4: all intervals but the last one have their number of MCUs.
                let missing = Place { kind: short(jpeg, ended, 1, end), at: end, mcu: Some(first) };
                return if first < scan.layout.mcus { Err(missing) } else { Ok(()) };
            };
            let last = first == scan.layout.mcus;
            let number = (picture.restart_interval > 0).then_some(expected);
            if number != Some(found) && !(last && number.is_none()) {
                let kind = DamageKind::Restart { expected: number, found };
                return Err(Place { kind, at: end, mcu: Some(first) });
            }
            if last {
                picture.notes.add(Note::TrailingRestart, end);
            }
            expected = (expected + 1) & 7;
            at = behind_marker(jpeg, end).min(range.end);
        }
    }

    /// Reads one entropy-coded segment of `mcus` MCUs, the first of which has the number `first`.
    fn read_interval(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        scan: &Scan,
        first: u32,
        mcus: u32,
    ) -> Result<(), Place> {
        let mut bits = self.segment.reader();
        let blocks = scan.blocks(&self.tables);
        let blocks = &blocks[..scan.layout.blocks().len()];
        let history = scan.history + first as usize;
        let means = self.means.as_mut().filter(|means| means.is_started());
        let means = means.map(|means| means.writer(first));
        let read = match scan.pass {
            Pass::Sequential => match means {
                Some(means) => sequential::read(&mut bits, blocks, mcus, means),
                None => sequential::read(&mut bits, blocks, mcus, ()),
            },
            Pass::FirstDc => match means {
                Some(means) => progressive::read_dc(&mut bits, blocks, mcus, means),
                None => progressive::read_dc(&mut bits, blocks, mcus, ()),
            },
            Pass::RefineDc => progressive::refine_dc(&mut bits, blocks.len() as u32, mcus),
            Pass::FirstAc | Pass::RefineAc => {
                let band = scan.band(&self.tables);
                let history = self.history.get_mut(history..history + mcus as usize).unwrap_or_default();
                let read =
                    if scan.pass == Pass::FirstAc { progressive::read_ac } else { progressive::refine_ac };
                read(&mut bits, &band, history)
            }
        };
        let remaining = bits.remaining();
        if let Err(Fault { mcu, kind }) = read {
            let mcu = Some(first + mcu);
            // A code may have 16 bits: with fewer it is the end that is wrong, not the code.
            return Err(match remaining {
                Some(17..) => Place { kind, at: self.segment.origin(jpeg, bits.position()), mcu },
                _ if kind == DamageKind::Run => Place { kind, at: self.segment.end(), mcu },
                _ => Place { kind: DamageKind::Short, at: self.segment.end(), mcu },
            });
        }
        let position = bits.position();
        let last = Some(first + mcus.saturating_sub(1));
        let behind = position.next_multiple_of(8);
        picture.pad(&self.segment, jpeg, position).map_err(|kind| Place {
            kind,
            at: self.segment.origin(jpeg, behind),
            mcu: last,
        })
    }
}

impl Scan {
    fn blocks<'t>(&'t self, tables: &'t HuffmanTables) -> [Block<'t>; MAX_BLOCKS] {
        let components = self.header.components();
        core::array::from_fn(|n| {
            // Nothing is checked behind the last block of the MCU.
            let component = self.layout.blocks().get(n).map_or(0, |&c| usize::from(c));
            Block {
                component,
                dc: tables.dc(components[component].dc_table),
                ac: tables.ac(components[component].ac_table),
                limits: &self.limits[component],
            }
        })
    }

    fn band<'t>(&'t self, tables: &'t HuffmanTables) -> Band<'t> {
        Band {
            start: usize::from(self.header.band_start),
            end: usize::from(self.header.band_end),
            codes: tables.ac(self.header.components()[0].ac_table).codes(),
            coefficients: tables.ac(self.header.components()[0].ac_table),
            is_last: self.header.approximation_low == 0,
            limits: &self.limits[0],
        }
    }
}

fn component_limits(
    picture: &Picture,
    frame: &FrameHeader,
    header: &ScanHeader,
    pass: Pass,
    component: usize,
) -> Result<Limits, DamageKind> {
    let table = frame.components()[component].quantisation_table;
    let table = picture.quantisation.table(table).ok_or(DamageKind::MissingTable(Marker::DQT))?;
    let (end, shift) = match pass {
        Pass::Sequential => (63, 0),
        _ => (header.band_end, header.approximation_low),
    };
    Ok(Limits::new(frame.precision, table, end, shift))
}

/// Why an entropy-coded segment is too short, by what ends it.
fn short(jpeg: &[u8], ended: SegmentEnd, restart_interval: u16, end: usize) -> DamageKind {
    match ended {
        SegmentEnd::Restart(found) if restart_interval == 0 => DamageKind::Restart { expected: None, found },
        SegmentEnd::Restart(_) => DamageKind::Short,
        SegmentEnd::Scan => match jpeg.get(behind_marker(jpeg, end) - 1) {
            None | Some(0xff) => DamageKind::Cut,
            Some(&code) if code == Marker::SOI.code() => DamageKind::NewPicture,
            Some(_) => DamageKind::Short,
        },
    }
}

/// The number of lines in the DNL segment that starts at `at`: T.81 B.2.5.
fn number_of_lines(jpeg: &[u8], at: usize) -> Option<u16> {
    let behind = behind_marker(jpeg, at);
    match *jpeg.get(behind.checked_sub(1)?..behind + 4)? {
        [code, 0, 4, high, low] if code == Marker::DNL.code() => {
            Some(u16::from_be_bytes([high, low])).filter(|&lines| lines > 0)
        }
        _ => None,
    }
}

/// Where the marker that starts at `at`, perhaps with fill bytes, ends; behind the input if it is cut.
fn behind_marker(jpeg: &[u8], at: usize) -> usize {
    let fill = jpeg.get(at..).unwrap_or_default().iter().take_while(|&&byte| byte == 0xff).count();
    at + fill + 1
}
