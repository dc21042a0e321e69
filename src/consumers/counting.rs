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
    /// It comes with bytes that were not read: its lag is longer than that.
    is_awaited: bool,
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
    let mut comes_in_bursts = false;
    for (at, delivery) in deliveries {
        if delivery.kind == Kind::Again {
            continue;
        }
        if parameters.one_per_send && last_at == Some(at) {
            comes_in_bursts = true;
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
                        Undecodable::Crashes if stream.end != StreamEnd::Reset => {
                            return (Fate::Crashes, Some(Cause::Picture), Some(delivery.start));
                        }
                        Undecodable::Crashes | Undecodable::Stops => {
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
        let is_awaited = stream.end == StreamEnd::Open && body.time_of(delivery.need).is_none();
        shown[i].get_or_insert(Shown { lag, is_sound: sound, is_awaited });
    }
    let junk_is_lost = matches!(parameters.pictures, Pictures::Decoded { .. });
    let stop = match (died, reading.stop) {
        (Some((cause, read)), _) => Stop::Dies { cause, read },
        // The line that it does not like ends where the reading ended.
        (None, Stop::Dies { cause, read }) if stream.end == StreamEnd::Open && read >= body.bytes.len() => {
            Stop::Waits(cause)
        }
        (None, stop) => stop,
    };
    let skipped = lost.filter(|_| junk_is_lost).is_some();
    let lost_by = lost.map(|(cause, _)| cause);
    let is_cut = pictures.last().is_some_and(|last| !last.has_end && !last.is_followed(&body.bytes));
    let count =
        Count { stream, pictures, shown: &shown, junk, skipped, lost_by, stop, is_cut, comes_in_bursts };
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
    /// The last picture has no end, and nothing follows it.
    is_cut: bool,
    /// A frame is lost because another one came with it.
    comes_in_bursts: bool,
}

impl Count<'_> {
    fn fate(&self) -> (Fate, Option<Cause>) {
        let cause = Some(match self.stop {
            // The length and the markers of that part are not to blame.
            Stop::Waits(Cause::LengthWrong | Cause::LengthMissing | Cause::Markers | Cause::NextPart)
                if self.is_cut =>
            {
                Cause::Cut
            }
            Stop::Waits(_) if self.comes_in_bursts => Cause::Burst,
            Stop::Waits(cause) | Stop::Crashes(cause) | Stop::Dies { cause, .. } => cause,
            Stop::Ends { .. } => Cause::CloseDelimiter,
        });
        if let Stop::Crashes(_) = self.stop {
            return (Fate::Crashes, cause);
        }
        let Some(last) = self.shown.iter().rposition(Option::is_some) else {
            if self.pictures.len() == 1 && self.stream.end == StreamEnd::Open {
                // It was not read further: the bytes that this reader waits for may come.
                match self.stop {
                    Stop::Waits(Cause::NextPart) if !self.is_cut => {
                        return (Fate::Late, Some(Cause::NextPart));
                    }
                    Stop::Waits(
                        Cause::NextPart
                        | Cause::LengthWrong
                        | Cause::Delimiter
                        | Cause::DelimiterTail
                        | Cause::Markers,
                    ) => {
                        return (Fate::Unknown, None);
                    }
                    _ => {}
                }
            }
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
        let known = |shown: &Shown| (!shown.is_awaited).then_some(shown.lag);
        let mut lags: Vec<Duration> =
            inner.filter_map(|i| self.shown[i]).filter_map(|shown| known(&shown)).collect();
        if lags.is_empty() {
            lags = self.shown[..=last].iter().flatten().filter_map(known).collect();
        }
        if lags.is_empty() {
            // All that is shown waits for the next frame.
            return true;
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
