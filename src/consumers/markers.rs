//! Readers that know no multipart: they look for the start and the end of pictures.

use alloc::vec::Vec;

use super::cause::Cause;
use super::framing::{Delivery, Reading};
use super::markers_length;
use super::part_type::Kind;
use super::pictures::{EOI, Picture, SOI, find};
use super::stop::{NEVER, Stop};
use super::stream::Body;

/// How a reader that knows no multipart finds pictures.
#[derive(Debug, Clone, Copy)]
pub struct Markers {
    /// What ends a picture.
    pub end: PictureEnd,
    /// What it looks at in one step.
    pub reads: Reads,
    /// It takes one picture out of one read.
    pub one_per_read: bool,
    /// It stops after the first picture.
    pub one_in_all: bool,
}

/// What ends a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureEnd {
    /// The first EOI behind SOI.
    Eoi {
        /// It is not looked for in the first bytes of a picture, so many.
        skipped: usize,
    },
    /// The first EOI, also one before SOI.
    FirstEoi,
    /// The next SOI.
    NextSoi,
    /// As many bytes behind SOI as Content-Length says, and one more.
    LengthAndOne,
    /// EOI or Content-Length; SOI must come in the same read as Content-Length.
    SameRead,
}

/// What a reader looks at in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// What one read from the socket returns.
    Events,
    /// Blocks of so many bytes: it waits until one is full.
    Blocks(usize),
    /// Everything, at the end.
    All,
}

impl Markers {
    /// Reads `body`, in which `pictures` are. `is_short`: the last read fails.
    pub(super) fn read(&self, body: &Body<'_>, pictures: &[Picture], is_short: bool) -> Reading {
        let bytes = &body.bytes[..];
        let mut reads = self.reads(body);
        if is_short {
            reads.pop();
        }
        let (deliveries, stop) = match self.end {
            PictureEnd::NextSoi => (up_to_next_soi(bytes, pictures), Stop::Waits(Cause::Markers)),
            PictureEnd::Eoi { skipped: 0 } | PictureEnd::FirstEoi => {
                (self.up_to_eoi(bytes, &reads), Stop::Waits(Cause::Markers))
            }
            PictureEnd::Eoi { skipped } => {
                (self.up_to_late_eoi(bytes, &reads, skipped), Stop::Waits(Cause::Markers))
            }
            PictureEnd::LengthAndOne => markers_length::length_and_one(bytes, &reads),
            PictureEnd::SameRead => {
                (markers_length::same_read(bytes, &reads), Stop::Waits(Cause::LengthMissing))
            }
        };
        Reading { deliveries, stop, at: bytes.len() }
    }

    /// The end of each read, and how many bytes must have come for it.
    fn reads(&self, body: &Body<'_>) -> Vec<(usize, usize)> {
        let len = body.bytes.len();
        match self.reads {
            Reads::Events => body.events().into_iter().map(|end| (end, end)).collect(),
            Reads::All => [(len, NEVER)].into(),
            Reads::Blocks(size) => {
                let whole = (1..=len / size).map(|i| (i * size, i * size));
                let rest = (!len.is_multiple_of(size)).then_some((len, NEVER));
                whole.chain(rest).collect()
            }
        }
    }

    fn enough(&self, deliveries: &[Delivery]) -> bool {
        self.one_in_all && !deliveries.is_empty()
    }

    fn up_to_eoi(&self, bytes: &[u8], reads: &[(usize, usize)]) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        let mut start = find(bytes, SOI, 0);
        let mut eoi = self.eoi_behind(bytes, start, 0);
        for &(read_end, need) in reads {
            while let (Some(soi), Some(end)) = (start, eoi) {
                if soi.max(end) + 2 > read_end || self.enough(&deliveries) {
                    break;
                }
                deliveries.push(Delivery { start: soi, end: soi.max(end + 2), need, kind: Kind::Image });
                start = find(bytes, SOI, end + 2);
                eoi = self.eoi_behind(bytes, start, end + 2);
                if self.one_per_read {
                    break;
                }
            }
        }
        deliveries
    }

    fn eoi_behind(&self, bytes: &[u8], soi: Option<usize>, from: usize) -> Option<usize> {
        if self.end == PictureEnd::FirstEoi { find(bytes, EOI, from) } else { find(bytes, EOI, soi? + 2) }
    }

    fn up_to_late_eoi(&self, bytes: &[u8], reads: &[(usize, usize)], skipped: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        let (mut from, mut read_start) = (0, 0);
        let mut start = find(bytes, SOI, 0);
        for &(read_end, need) in reads {
            while let Some(soi) = start.filter(|&soi| soi + 2 <= read_end) {
                // In the read that holds SOI the search begins behind the skipped bytes, later at each read.
                let begin = if soi >= read_start.max(from) {
                    (soi + 2).max((soi + skipped).min(read_end))
                } else {
                    read_start
                };
                let Some(end) = find(&bytes[..read_end], EOI, begin) else { break };
                deliveries.push(Delivery { start: soi, end: end + 2, need, kind: Kind::Image });
                from = end + 2;
                start = find(bytes, SOI, from);
                if self.one_per_read {
                    break;
                }
            }
            read_start = read_end;
        }
        deliveries
    }
}

/// Pictures that end where the next one starts.
fn up_to_next_soi(bytes: &[u8], pictures: &[Picture]) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    let mut at = find(bytes, b"\xff\xd8\xff", 0);
    while let Some(start) = at {
        let whole = pictures.binary_search_by_key(&start, |picture| picture.start);
        let end = whole.ok().map(|i| pictures[i].end);
        let next = find(bytes, b"\xff\xd8\xff", end.unwrap_or(start + 2));
        let need = next.map_or(NEVER, |next| next + 3);
        let end = end.unwrap_or(next.unwrap_or(bytes.len()));
        deliveries.push(Delivery { start, end, need, kind: Kind::Image });
        at = next;
    }
    deliveries
}
