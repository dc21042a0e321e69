//! One scan: its MCUs, and its restart intervals.

use super::bits::{BitReader, EntropyCoded, SegmentEnd};
use super::checker::Checker;
use super::damage::{Damage, DamageKind, Unchecked};
use super::layout::{self, MAX_BLOCKS};
use super::limits::Limits;
use super::mean_writer::MeanWriter;
use super::means::{BlockMeans, MeanBlock};
use super::picture::Picture;
use super::plan::{Pass, ScanPlan};
use super::progressive::{self, Band};
use super::sequential::{self, Block, Fault};
use super::tables::HuffmanTables;
use crate::jpeg::marker::Marker;
use crate::jpeg::note::Note;
use crate::jpeg::segment::Segment;

/// A scan and what its data is checked against.
struct Scan<'p> {
    plan: &'p ScanPlan,
    limits: [Limits; 4],
    /// Where the blocks of its (first) component begin in the history.
    history: usize,
}

/// What the intervals of a scan are read with.
struct Intervals<'c> {
    scan: &'c Scan<'c>,
    tables: &'c HuffmanTables,
    blocks: &'c [Block<'c>],
    history: &'c mut [u64],
    means: Option<MeanWriter<'c>>,
}

/// Damage within a scan, and where.
struct Place {
    kind: DamageKind,
    at: usize,
    mcu: Option<u32>,
}

impl Checker {
    /// Reads the entropy-coded data of the scan of an SOS segment, or says why not.
    pub(super) fn read_scan(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        segment: &Segment<'_>,
        plan: &ScanPlan,
    ) -> Result<Option<Unchecked>, Damage> {
        if plan.pass != Pass::Sequential && self.history.is_empty() {
            let blocks = picture.blocks_before(&plan.frame, plan.frame.components().len());
            if let Some(reason) = self.remember(blocks) {
                return Ok(Some(reason));
            }
        }
        let number = picture.scans;
        let in_scan = |Place { kind, at, mcu }| {
            // A cut may fall between the FF and the code of a marker.
            let at = if kind == DamageKind::Cut { jpeg.len() } else { at };
            Damage { kind, at, scan: Some(number), mcu }
        };
        let scan = self
            .start_scan(picture, plan)
            .map_err(|kind| in_scan(Place { kind, at: segment.at, mcu: None }))?;
        self.start_means(picture, plan, segment.entropy_coded.len());
        self.read_intervals(jpeg, picture, segment, &scan).map_err(in_scan)?;
        Ok(None)
    }

    /// Makes the tables and limits of a scan.
    fn start_scan<'p>(&mut self, picture: &Picture, plan: &'p ScanPlan) -> Result<Scan<'p>, DamageKind> {
        let may_be_left_out = plan.may_leave_tables_out();
        for component in plan.header.components() {
            if plan.has_dc_table() {
                let (specification, _) = picture.huffman.dc(component.dc_table, may_be_left_out)?;
                self.tables.make_dc(component.dc_table, specification);
            }
            if plan.has_ac_table() {
                let (specification, _) = picture.huffman.ac(component.ac_table, may_be_left_out)?;
                self.tables.make_ac(component.ac_table, specification);
            }
        }
        let mut limits = [const { Limits::none() }; 4];
        for (limits, &component) in limits.iter_mut().zip(plan.components()) {
            *limits = component_limits(picture, plan, component)?;
        }
        let history = picture.blocks_before(&plan.frame, plan.components()[0]);
        Ok(Scan { plan, limits, history })
    }

    /// Makes room for the means of the blocks, if the scan brings DC coefficients. It has this many bytes.
    fn start_means(&mut self, picture: &Picture, plan: &ScanPlan, bytes: usize) {
        let Some(means) = self.means.as_mut().filter(|_| plan.frame.precision == 8) else { return };
        // A sequential scan leaves out no bits, whatever its header says.
        let shift = if plan.pass == Pass::FirstDc { plan.header.approximation_low } else { 0 };
        // The first scan starts the means. Without them, an earlier scan was too large.
        if plan.has_dc_table() && (picture.scans == 1 || means.is_started()) {
            let (frame, components) = (&plan.frame, plan.components());
            let mcus_wide = match components {
                [component] => layout::blocks(frame, picture.height, *component).0,
                _ => layout::mcus(frame, picture.height).0,
            };
            let blocks = plan.layout.blocks().iter().map(|&n| {
                let component = components.get(usize::from(n)).copied().unwrap_or_default();
                let table = frame.components()[component].quantisation_table;
                let quantisation = picture.quantisation.table(table).map_or(1, |table| table[0].max(1));
                MeanBlock { component: component as u8, scale: quantisation.saturating_mul(1 << shift) }
            });
            means.start(blocks, mcus_wide, plan.layout.mcus, self.sample);
        }
        means.add_bytes(bytes);
    }

    /// Reads the entropy-coded segments of a scan, with the restart markers between them.
    fn read_intervals(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        segment: &Segment<'_>,
        scan: &Scan<'_>,
    ) -> Result<(), Place> {
        let range = segment.entropy_coded.clone();
        let interval = match picture.restart_interval {
            0 => scan.plan.layout.mcus,
            interval => interval.into(),
        };
        let Self { tables, segment: coded, history, means, .. } = self;
        let means = means.as_mut().filter(|means| means.is_started()).map(BlockMeans::writer);
        let blocks = &scan.blocks(tables)[..scan.plan.layout.blocks().len()];
        let mut intervals = Intervals { scan, tables, blocks, history, means };
        let mut at = range.start;
        let mut first = 0;
        let mut expected = 0;
        loop {
            let ended = coded.load(jpeg, at..range.end);
            let end = coded.end();
            let mcus = interval.min(scan.plan.layout.mcus - first);
            intervals.check(coded, jpeg, picture, first, mcus).map_err(|place| match place.kind {
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
                return if first < scan.plan.layout.mcus { Err(missing) } else { Ok(()) };
            };
            let last = first == scan.plan.layout.mcus;
            let number = (picture.restart_interval > 0).then_some(expected);
            // Behind the last MCU, no reader looks at its number.
            if number != Some(found) && !last {
                let kind = DamageKind::Restart { expected: number, found };
                return Err(Place { kind, at: end, mcu: Some(first) });
            }
            if last {
                picture.notes.add(Note::TrailingRestart, end);
            }
            expected = (expected + 1) & 7;
            at = Marker::end(jpeg, end).min(range.end);
        }
    }
}

impl Intervals<'_> {
    /// Reads one entropy-coded segment of `mcus` MCUs, the first of which has the number `first`, and its padding.
    fn check(
        &mut self,
        coded: &EntropyCoded,
        jpeg: &[u8],
        picture: &mut Picture,
        first: u32,
        mcus: u32,
    ) -> Result<(), Place> {
        let mut bits = coded.reader();
        let read = self.read(&mut bits, first, mcus);
        let remaining = bits.remaining();
        if let Err(Fault { mcu, kind }) = read {
            let mcu = Some(first + mcu);
            // A code may have 16 bits: with fewer it is the end that is wrong, not the code.
            return Err(match remaining {
                Some(17..) => Place { kind, at: coded.origin(jpeg, bits.position()), mcu },
                _ if kind == DamageKind::Run => Place { kind, at: coded.end(), mcu },
                _ => Place { kind: DamageKind::Short, at: coded.end(), mcu },
            });
        }
        let position = bits.position();
        let last = Some(first + mcus.saturating_sub(1));
        let behind = position.next_multiple_of(8);
        let is_last = first + mcus == self.scan.plan.layout.mcus;
        picture.pad(coded, jpeg, position, is_last).map_err(|kind| Place {
            kind,
            at: coded.origin(jpeg, behind),
            mcu: last,
        })
    }

    fn read(&mut self, bits: &mut BitReader<'_>, first: u32, mcus: u32) -> Result<(), Fault> {
        let Self { scan, tables, blocks, .. } = *self;
        match scan.plan.pass {
            Pass::Sequential => sequential::read(bits, blocks, mcus, self.means.as_mut()),
            Pass::FirstDc => progressive::read_dc(bits, blocks, mcus, self.means.as_mut()),
            Pass::RefineDc => progressive::refine_dc(bits, blocks.len() as u32, mcus),
            Pass::FirstAc | Pass::RefineAc => {
                let start = scan.history + first as usize;
                let history = self.history.get_mut(start..start + mcus as usize).unwrap_or_default();
                let band = scan.band(tables);
                if scan.plan.pass == Pass::FirstAc {
                    progressive::read_ac(bits, &band, history)
                } else {
                    progressive::refine_ac(bits, &band, history)
                }
            }
        }
    }
}

impl Scan<'_> {
    fn blocks<'t>(&'t self, tables: &'t HuffmanTables) -> [Block<'t>; MAX_BLOCKS] {
        let components = self.plan.header.components();
        core::array::from_fn(|n| {
            // Nothing is checked behind the last block of the MCU.
            let component = self.plan.layout.blocks().get(n).map_or(0, |&c| usize::from(c));
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
            start: usize::from(self.plan.header.band_start),
            end: usize::from(self.plan.header.band_end),
            codes: tables.ac(self.plan.header.components()[0].ac_table).codes(),
            coefficients: tables.ac(self.plan.header.components()[0].ac_table),
            is_last: self.plan.header.approximation_low == 0,
            limits: &self.limits[0],
        }
    }
}

fn component_limits(picture: &Picture, plan: &ScanPlan, component: usize) -> Result<Limits, DamageKind> {
    let table = plan.frame.components()[component].quantisation_table;
    let table = picture.quantisation.table(table).ok_or(DamageKind::MissingTable(Marker::DQT))?;
    let (end, shift) = match plan.pass {
        Pass::Sequential => (63, 0),
        _ => (plan.header.band_end, plan.header.approximation_low),
    };
    Ok(Limits::new(plan.frame.precision, table, end, shift))
}

/// Why an entropy-coded segment is too short, by what ends it.
fn short(jpeg: &[u8], ended: SegmentEnd, restart_interval: u16, end: usize) -> DamageKind {
    match ended {
        SegmentEnd::Restart(found) if restart_interval == 0 => DamageKind::Restart { expected: None, found },
        SegmentEnd::Restart(_) => DamageKind::Short,
        SegmentEnd::Scan => match jpeg.get(Marker::end(jpeg, end) - 1) {
            None | Some(0xff) => DamageKind::Cut,
            Some(&code) if code == Marker::SOI.code() => DamageKind::NewPicture,
            Some(_) => DamageKind::Short,
        },
    }
}
