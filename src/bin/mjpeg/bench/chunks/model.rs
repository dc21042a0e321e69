//! The model of a cell: the timeline of its stream on an infinitely fast machine.
//!
//! A pump sends whole reads, so a frame is complete when the read with its last byte is complete. The part that a read
//! waits for follows from the lengths of the parts:
//!
//! * a read within one part waits for that part only;
//! * a read of n bytes across parts waits for the part with the last of the n bytes; frames then
//!   arrive `ceil(n / part)` intervals apart;
//! * the chunked encoder in tiny_http's `respond()` sends 8192 bytes when the byte after them arrives, and an answer
//!   to HTTP/1.0 when the body has ended, which never happens here.
//!
//! A pump that ends on a short read stops after the first part shorter than its chunk if a read returns whole parts, and
//! after the first part that is not a multiple of the chunk if reads are cut at the end of each part.

use super::cell::{Cell, Http, Pump, ReadRule, Reads};
use super::parts::Sequence;
use super::schedule::Schedule;
use super::timeline::Timeline;

/// The chunk size of the crate chunked_transfer, which tiny_http uses.
pub const TINY_HTTP_CHUNK: u64 = 8192;

/// The predicted timeline of the stream of `cell`.
pub fn timeline(cell: &Cell, sequence: &Sequence, schedule: &Schedule) -> Timeline {
    let due = schedule.frames_due();
    let last = last_part(cell, sequence).filter(|&last| last < due);
    let arrivals = (0..last.map_or(due, |last| last + 1))
        .map_while(|number| Some(schedule.due(waits_for(cell, sequence, number)?)))
        .take_while(|&at| at < schedule.duration())
        .collect();
    Timeline { arrivals, over: last.map(|last| schedule.due(last)), ..Timeline::default() }
}

/// The part that must be due before the frame in part `number` is complete at the client; `None` if that never happens.
pub fn waits_for(cell: &Cell, sequence: &Sequence, number: u64) -> Option<u64> {
    let end = sequence.jpeg_end(number);
    match (cell.pump, cell.reads) {
        (Pump::TinyHttp, _) if cell.http == Http::V10 => None,
        (Pump::TinyHttp, _) => Some(sequence.part_at(end.div_ceil(TINY_HTTP_CHUNK) * TINY_HTTP_CHUNK)),
        (_, Some(Reads { rule: ReadRule::Fill, chunk_bytes })) => {
            Some(sequence.part_at(end.div_ceil(chunk_bytes) * chunk_bytes - 1))
        }
        _ => Some(number),
    }
}

/// The part after which the pump stops; `None` if it does not stop.
pub fn last_part(cell: &Cell, sequence: &Sequence) -> Option<u64> {
    let Reads { rule, chunk_bytes } = cell.reads.filter(|_| cell.pump == Pump::EndsOnShortRead)?;
    let short = |len: u64| match rule {
        ReadRule::Part => len < chunk_bytes,
        ReadRule::Short => !len.is_multiple_of(chunk_bytes),
        ReadRule::Fill => false,
    };
    (0..sequence.count()).find(|&number| short(sequence.len(number)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// A naive oracle: simulates the pump byte by byte over `lengths`, and notes when each JPEG (a part without its last
    /// two bytes) was sent completely.
    fn simulate(cell: &Cell, lengths: &[u64], schedule: &Schedule) -> Timeline {
        let due = |part: u64| schedule.due(part);
        let len = |part: u64| lengths[(part % lengths.len() as u64) as usize];
        let mut timeline = Timeline::default();
        // The part and the place of the next byte, bytes sent, bytes read, the ends of JPEGs.
        let (mut part, mut place, mut sent, mut taken) = (0u64, 0u64, 0u64, 0u64);
        let mut jpeg_ends: Vec<u64> = Vec::new();
        loop {
            // One read.
            let (wanted, rule, holds_one_back) = match (cell.pump, cell.reads) {
                (Pump::TinyHttp, _) if cell.http == Http::V10 => return timeline,
                (Pump::TinyHttp, _) => (8192, ReadRule::Fill, true),
                (_, Some(Reads { rule, chunk_bytes })) => (chunk_bytes, rule, false),
                (_, None) => (0, ReadRule::Part, false),
            };
            let target = if rule == ReadRule::Part { u64::MAX } else { wanted };
            let mut got = 0;
            let mut now;
            loop {
                now = due(part);
                if now >= schedule.duration() {
                    return timeline;
                }
                got += 1;
                taken += 1;
                place += 1;
                if place == len(part) - 2 {
                    jpeg_ends.push(taken);
                }
                let ended = place == len(part);
                if ended {
                    (part, place) = (part + 1, 0);
                }
                if got == target || (ended && rule != ReadRule::Fill) {
                    break;
                }
            }
            if holds_one_back {
                // The chunk is sent when the next byte is read.
                now = due(part);
                if now >= schedule.duration() {
                    return timeline;
                }
            }
            sent += got;
            while jpeg_ends.get(timeline.arrivals.len()).is_some_and(|&end| end <= sent) {
                timeline.arrivals.push(now);
            }
            if cell.pump == Pump::EndsOnShortRead && got < wanted {
                timeline.over = Some(now);
                return timeline;
            }
        }
    }

    fn cells(chunk_bytes: u64) -> Vec<Cell> {
        use clap::ValueEnum;
        Cell::all(Pump::value_variants(), ReadRule::value_variants(), &[chunk_bytes])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn the_model_agrees_with_a_byte_by_byte_simulation(
            lengths in prop::collection::vec(3u64..400, 1..12),
            chunk_bytes in prop_oneof![1u64..1000, 1u64..20],
        ) {
            let schedule = Schedule::new(30.0, Duration::from_millis(1500));
            let sequence = Sequence::new(lengths.iter().copied());
            for cell in cells(chunk_bytes) {
                prop_assert_eq!(
                    timeline(&cell, &sequence, &schedule),
                    simulate(&cell, &lengths, &schedule),
                    "{:?}", cell
                );
            }
        }
    }

    #[test]
    fn a_stream_of_whole_parts_runs_up_to_the_smallest_part_and_no_further() {
        let schedule = Schedule::new(30.0, Duration::from_secs(4));
        let sequence = Sequence::new([64_543, 40_000, 28_970, 50_000]);
        let frames = |rule, chunk_bytes| {
            let reads = Some(Reads { rule, chunk_bytes });
            let cell = Cell { pump: Pump::EndsOnShortRead, reads, http: Http::V11 };
            timeline(&cell, &sequence, &schedule).arrivals.len()
        };
        for (chunk_bytes, expected) in
            [(1, 120), (28_969, 120), (28_970, 120), (28_971, 3), (40_001, 2), (65_536, 1)]
        {
            assert_eq!(frames(ReadRule::Part, chunk_bytes), expected, "{chunk_bytes}");
        }
        for chunk_bytes in [1024, 28_970, 30_000, 1 << 20] {
            assert_eq!(frames(ReadRule::Short, chunk_bytes), 1, "{chunk_bytes}");
        }
        assert_eq!(frames(ReadRule::Fill, 1024), 119, "the last frame waits for a next one");
    }
}
