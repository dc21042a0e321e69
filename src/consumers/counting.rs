//! How the frames that a consumer shows are counted.
//!
//! Two rules decide cells that can be counted in two ways. They hold for all consumers:
//!
//! 1. A part that a decoder skips because it holds no picture counts as a lost frame, unless the part has
//!    no type or is text that the consumer skips by its type. The sender meant it to be a frame.
//! 2. A picture that lacks its end, and much of its data with it, counts as lost, even if the consumer
//!    shows a part of it. A picture that lacks only EOI is whole.

use alloc::vec::Vec;
use core::time::Duration;

use super::cause::Cause;
use super::consumer::{Parameters, Pictures, Undecodable};
use super::fate::Fate;
use super::framing::{Delivery, Reading};
use super::part_type::Kind;
use super::pictures::{Picture, find};
use super::stop::Stop;
use super::stream::{Body, Stream, StreamEnd};

/// A delay that is late whatever the rate.
const LATE: Duration = Duration::from_millis(200);
/// A delay that the network causes.
const NETWORK: Duration = Duration::from_millis(8);

/// How well a delivery is a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quality {
    Whole,
    /// Bytes before SOI.
    Led,
    /// The last bytes are missing, few of them.
    Cut,
    /// Much is missing.
    Half,
}

/// A frame that was shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    lag: Duration,
    is_sound: bool,
}

/// What the consumer shows of `pictures`, and why not all.
pub(super) fn fate(
    parameters: &Parameters,
    stream: &Stream,
    body: &Body<'_>,
    pictures: &[Picture],
    reading: &Reading,
) -> (Fate, Option<Cause>, Option<usize>) {
    let mut deliveries: Vec<(Duration, &Delivery)> = reading
        .deliveries
        .iter()
        .map(|delivery| (body.time_of(delivery.need).unwrap_or(stream.ended), delivery))
        .collect();
    deliveries.sort_by_key(|&(at, _)| at);
    let mut shown: Vec<Option<Shown>> = alloc::vec![None; pictures.len()];
    let mut lost: Option<(Cause, usize)> = None;
    let mut junk = false;
    let mut died = None;
    let mut last_at = None;
    for (at, delivery) in deliveries {
        if delivery.kind == Kind::Again || parameters.one_per_send && last_at == Some(at) {
            continue;
        }
        last_at = Some(at);
        let is_empty = delivery.start == delivery.end && delivery.kind != Kind::Blank;
        if delivery.kind == Kind::Other || parameters.drops_empty && is_empty {
            continue;
        }
        let found = identify(delivery, &body.bytes, pictures);
        let sound = match parameters.pictures {
            Pictures::Delivered => match found {
                None | Some((_, Quality::Half)) => {
                    junk = true;
                    lost.get_or_insert((Cause::Markers, delivery.start));
                    continue;
                }
                Some((_, quality)) => quality == Quality::Whole,
            },
            Pictures::Decoded { skips_lead, undecodable, skips_text } => match found {
                Some((i, quality)) if quality != Quality::Led || skips_lead => {
                    quality != Quality::Half && !pictures[i].is_truncated
                }
                _ if delivery.kind == Kind::Text && skips_text => continue,
                _ => {
                    match undecodable {
                        Undecodable::Crashes => {
                            return (Fate::Crashes, Some(Cause::Picture), Some(delivery.start));
                        }
                        Undecodable::Stops => {
                            died = Some((Cause::Picture, delivery.start));
                            break;
                        }
                        Undecodable::Skipped if delivery.kind != Kind::Untyped => {
                            lost.get_or_insert((Cause::Picture, delivery.start));
                        }
                        Undecodable::Skipped => {}
                    }
                    continue;
                }
            },
        };
        let Some((i, _)) = found else { continue };
        if !sound {
            let cause = if pictures[i].is_truncated { Cause::Truncated } else { Cause::Markers };
            lost.get_or_insert((cause, delivery.start));
        }
        let lag = at.saturating_sub(pictures[i].at);
        shown[i].get_or_insert(Shown { lag, is_sound: sound });
    }
    let junk_is_lost = matches!(parameters.pictures, Pictures::Decoded { .. });
    let stop = died.map_or(reading.stop, |(cause, read)| Stop::Dies { cause, read });
    let skipped = lost.filter(|_| junk_is_lost).is_some();
    let lost_by = lost.map(|(cause, _)| cause);
    let count = Count { stream, pictures, shown: &shown, junk, skipped, lost_by, stop };
    let (fate, cause) = count.fate();
    let at = match (lost, died) {
        (_, Some((_, at))) => Some(at),
        (Some((lost, at)), _) if Some(lost) == cause => Some(at),
        _ => (fate > Fate::OnTime).then_some(reading.at),
    };
    (fate, cause, at)
}

struct Count<'a> {
    stream: &'a Stream,
    pictures: &'a [Picture],
    shown: &'a [Option<Shown>],
    /// Something that is no picture was delivered.
    junk: bool,
    /// A part was skipped that was meant to be a frame.
    skipped: bool,
    /// Why the first frame was lost.
    lost_by: Option<Cause>,
    stop: Stop,
}

impl Count<'_> {
    fn fate(&self) -> (Fate, Option<Cause>) {
        let cause = Some(match self.stop {
            Stop::Waits(cause) | Stop::Crashes(cause) | Stop::Dies { cause, .. } => cause,
            Stop::Ends { .. } => Cause::CloseDelimiter,
        });
        if let Stop::Crashes(_) = self.stop {
            return (Fate::Crashes, cause);
        }
        let Some(last) = self.shown.iter().rposition(Option::is_some) else {
            return (if self.junk { Fate::Loses } else { Fate::Nothing }, cause);
        };
        let seen = self.shown.iter().flatten().count();
        let tail = self.shown.len() - 1 - last;
        let is_late = self.is_late(last);
        let has_hole = self.shown[..last].iter().any(Option::is_none);
        let waits = matches!(self.stop, Stop::Waits(_));
        let died = matches!(self.stop, Stop::Dies { .. });
        // A stream that was not read to its end: the rest of a frame may be what comes next.
        let tail_is_open = tail <= 1 && self.stream.end == StreamEnd::Open && !died;
        if !tail_is_open {
            let few = tail > 0 && !is_late && seen <= 3;
            if tail > 1 && !(has_hole && waits)
                || few
                || died && tail > 0 && !is_late && !self.loses(has_hole)
            {
                return (Fate::Dies, cause);
            }
        }
        if self.loses(has_hole) {
            return (Fate::Loses, self.lost_by.or(cause));
        }
        if is_late { (Fate::Late, Some(Cause::NextPart)) } else { (Fate::OnTime, None) }
    }

    fn loses(&self, has_hole: bool) -> bool {
        has_hole || self.skipped || self.shown.iter().flatten().any(|shown| !shown.is_sound)
    }

    /// Whether the frames between the first and the last one are late.
    fn is_late(&self, last: usize) -> bool {
        let limit = self.limit();
        let inner = 1..self.pictures.len().saturating_sub(1);
        let mut lags: Vec<Duration> = inner.filter_map(|i| self.shown[i]).map(|shown| shown.lag).collect();
        if lags.is_empty() {
            lags = self.shown[..=last].iter().flatten().map(|shown| shown.lag).collect();
        }
        let late = lags.iter().filter(|&&lag| lag > limit).count();
        late * 2 > lags.len()
    }

    /// Half of the time between two frames is late: the frame waits for the next one.
    fn limit(&self) -> Duration {
        let mut gaps: Vec<Duration> =
            self.pictures.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at)).collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).map_or(LATE, |&gap| (gap / 2).clamp(NETWORK, LATE))
    }
}

/// Which picture a delivery is.
fn identify(delivery: &Delivery, bytes: &[u8], pictures: &[Picture]) -> Option<(usize, Quality)> {
    let (start, end) = (delivery.start, delivery.end);
    if delivery.kind == Kind::Blank || start >= end {
        return None;
    }
    let first = pictures.partition_point(|picture| picture.start < start);
    let here = pictures.get(first).filter(|picture| picture.start == start);
    if here.is_some_and(|picture| picture.end <= end) {
        let quality = if pictures[first].is_contiguous { Quality::Whole } else { Quality::Half };
        return Some((first, quality));
    }
    let behind = first + usize::from(here.is_some());
    if pictures.get(behind).is_some_and(|picture| picture.end <= end) {
        return Some((behind, Quality::Led));
    }
    let soi = find(&bytes[..end], b"\xff\xd8", start)?;
    let i = pictures.binary_search_by_key(&soi, |picture| picture.start).ok()?;
    let (bytes, all) = (end - soi, pictures[i].len());
    if bytes > 20 && bytes * 100 >= all * 95 {
        Some((i, if soi == start { Quality::Cut } else { Quality::Led }))
    } else if bytes > 400 && bytes * 2 >= all {
        Some((i, Quality::Half))
    } else {
        None
    }
}
