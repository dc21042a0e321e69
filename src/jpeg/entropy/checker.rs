//! From segment to segment of a picture.

use alloc::vec::Vec;

use super::bits::EntropyCoded;
use super::damage::{Damage, DamageKind, Soundness, Unchecked};
use super::means::BlockMeans;
use super::picture::Picture;
use super::tables::HuffmanTables;
use crate::jpeg::marker::Marker;
use crate::jpeg::note::Note;
use crate::jpeg::segment::{Segment, Segments};
use crate::multipart::Extent;

/// Memory for the history of progressive pictures by default: 16 MiB, enough for 89 million pixels of
/// 4:2:0.
const MEMORY_LIMIT: usize = 16 << 20;

/// Scans of a progressive picture that are read, as many as `jpegtran` would write.
const MAX_SCANS: u32 = 100;

/// Reads every Huffman code of a picture, without computing pixels.
///
/// It keeps its tables and buffers: for a stream, one checker for all frames. Then nothing is allocated
/// once the largest frame has been seen.
///
/// ```
/// use mjpeg::jpeg::{Checker, DamageKind, Soundness};
///
/// let jpeg = include_bytes!("../../../fixtures/jpeg/420.jpg");
/// let mut checker = Checker::new();
/// assert_eq!(checker.check(jpeg), Soundness::Sound(Default::default()));
///
/// let Soundness::Damaged(damage) = checker.check(&jpeg[..jpeg.len() / 2]) else { panic!() };
/// assert_eq!(damage.kind, DamageKind::Cut);
/// ```
#[derive(Debug)]
pub struct Checker {
    pub(super) tables: HuffmanTables,
    pub(super) segment: EntropyCoded,
    /// For each block of a progressive picture, which of its coefficients are not zero.
    pub(super) history: Vec<u64>,
    pub(super) means: Option<BlockMeans>,
    memory_limit: usize,
}

impl Checker {
    /// A checker that takes at most 16 MiB for the history of a progressive picture.
    pub fn new() -> Self {
        Self::with_memory_limit(MEMORY_LIMIT)
    }

    /// A checker that takes at most `bytes` for the history of a progressive picture: 8 bytes for
    /// each block of 64 samples. Larger ones are [`Unchecked::TooLarge`].
    ///
    /// Sequential pictures need none. All need a copy of one entropy-coded segment.
    pub fn with_memory_limit(bytes: usize) -> Self {
        Self {
            tables: HuffmanTables::new(),
            segment: EntropyCoded::default(),
            history: Vec::new(),
            means: None,
            memory_limit: bytes,
        }
    }

    /// The same, and it keeps the mean of each block: see [`BlockMeans`].
    pub fn with_means(self) -> Self {
        Self { means: Some(BlockMeans::default()), ..self }
    }

    /// The means of the blocks of the last picture; `None` if it is damaged or could not be read, if it has samples
    /// of 12 bits or more than 2^20 blocks, or if means are not kept.
    pub fn means(&self) -> Option<&BlockMeans> {
        self.means.as_ref().filter(|means| means.is_started())
    }

    /// Gives the means of the last picture away, in exchange for others whose memory the next picture uses. Does
    /// nothing if there are none.
    pub fn swap_means(&mut self, other: &mut BlockMeans) {
        if let Some(means) = self.means.as_mut().filter(|means| means.is_started()) {
            core::mem::swap(means, other);
            means.clear();
        }
    }

    /// Checks a picture from its SOI to its EOI; bytes behind EOI are not read.
    pub fn check(&mut self, jpeg: &[u8]) -> Soundness {
        self.check_to_end(jpeg).0
    }

    /// As [`Checker::check`], with the offset behind EOI. There is none if the picture is damaged or has
    /// no EOI.
    pub(in crate::jpeg) fn check_to_end(&mut self, jpeg: &[u8]) -> (Soundness, Option<usize>) {
        self.tables.forget();
        self.history.clear();
        if let Some(means) = &mut self.means {
            means.clear();
        }
        let mut picture = Picture::new();
        let answer = match self.segments(jpeg, &mut picture) {
            Err(damage) => (Soundness::Damaged(damage), None),
            Ok(end) => match picture.unchecked {
                Some(reason) => (Soundness::Unchecked(reason), end),
                None => (Soundness::Sound(picture.notes), end),
            },
        };
        if let Some(means) = &mut self.means {
            means.finish(matches!(answer.0, Soundness::Sound(_)), &self.history);
        }
        answer
    }

    fn segments(&mut self, jpeg: &[u8], picture: &mut Picture) -> Result<Option<usize>, Damage> {
        let mut segments = Segments::past_junk(jpeg);
        // Behind SOI.
        let mut at = 2;
        for segment in segments.by_ref() {
            picture.look_between(jpeg, at..segment.at);
            self.read_segment(jpeg, picture, &segment)?;
            at = segment.end();
        }
        let damage = |kind, at| Err(Damage { kind, at, scan: None, mcu: None });
        if let Some(at) = segments.junk() {
            picture.notes.add(Note::JunkBytes, at);
            // Perhaps it is what a scan was overwritten with.
            if picture.unchecked.is_none() && !picture.is_complete() {
                return damage(DamageKind::Misplaced, at);
            }
        }
        match segments.extent() {
            Extent::Foreign => damage(DamageKind::NoStart, 0),
            Extent::Partial if jpeg.is_empty() => damage(DamageKind::Empty, 0),
            Extent::Partial if jpeg.len() < 2 => damage(DamageKind::NoStart, 0),
            Extent::Partial if picture.is_complete() && picture.unchecked.is_none() => {
                picture.notes.add(Note::NoEnd, jpeg.len());
                Ok(None)
            }
            Extent::Partial => damage(DamageKind::Cut, jpeg.len()),
            Extent::Broken { at } if jpeg.get(at + 1) == Some(&Marker::SOI.code()) => {
                damage(DamageKind::NewPicture, at)
            }
            Extent::Broken { at } => damage(DamageKind::Misplaced, at),
            Extent::Complete { end } => {
                picture.look_between(jpeg, at..end);
                if picture.unchecked.is_some() {
                    return Ok(Some(end));
                }
                if picture.frame.is_none() || picture.scans == 0 {
                    return damage(DamageKind::NoFrame, end - 2);
                }
                match picture.missing_component() {
                    Some(id) => damage(DamageKind::MissingScan(id), end - 2),
                    None => Ok(Some(end)),
                }
            }
        }
    }

    fn read_segment(
        &mut self,
        jpeg: &[u8],
        picture: &mut Picture,
        segment: &Segment<'_>,
    ) -> Result<(), Damage> {
        match segment.marker {
            Marker::DQT if !picture.quantisation.define(segment.parameters) => {
                Err(picture.contradiction(segment))
            }
            Marker::DHT => self.tables.define(segment.parameters).ok_or(picture.contradiction(segment)),
            Marker::DRI => match *segment.parameters {
                [high, low] => {
                    picture.restart_interval = u16::from_be_bytes([high, low]);
                    Ok(())
                }
                _ => Err(picture.contradiction(segment)),
            },
            Marker::DHP => {
                picture.unchecked = Some(Unchecked::Hierarchical);
                Ok(())
            }
            marker if marker.is_frame_header() => picture.start_frame(segment),
            Marker::SOS => {
                picture.scans = picture.scans.saturating_add(1);
                if picture.unchecked.is_none() && picture.scans > MAX_SCANS {
                    picture.unchecked = Some(Unchecked::Scans);
                }
                if picture.unchecked.is_some() { Ok(()) } else { self.read_scan(jpeg, picture, segment) }
            }
            _ => {
                // Only COM and APPn segments get this far with such a length.
                if let Some(&[0, 0 | 1]) = jpeg.get(segment.at + 2..segment.at + 4) {
                    picture.notes.add(Note::ShortSegment, segment.at);
                }
                Ok(())
            }
        }
    }

    /// Makes room for the history of a progressive picture with this many blocks.
    pub(super) fn remember(&mut self, blocks: usize) -> Result<(), Unchecked> {
        if blocks > self.memory_limit / size_of::<u64>() {
            return Err(Unchecked::TooLarge);
        }
        self.history.resize(blocks, 0);
        Ok(())
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}
