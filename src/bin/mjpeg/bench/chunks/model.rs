//! What theory predicts for a cell: the course of its stream on a machine that takes no time.
//!
//! A pump sends nothing but whole reads, so a frame is complete when the read that holds its last
//! byte is. Which part a read has to wait for is arithmetic over the lengths of the parts:
//!
//! * a read within one part waits for that part alone;
//! * a read of n bytes across parts waits for the part with the last of the n bytes; frames then
//!   come `ceil(n / part)` intervals apart;
//! * the chunked encoder behind tiny_http's `respond()` sends 8192 bytes when the byte after them
//!   comes, and an answer to HTTP/1.0 when the body has ended, which this one never does.
//!
//! A pump that ends on a short read stops behind the first part shorter than its chunk where a read
//! returns whole parts, and behind the first part that is no multiple of it where reads are cut at
//! the end of each part.

use super::cell::{Cell, Http, Pump, ReadRule, Reads};
use super::course::Course;
use super::parts::Sequence;
use super::schedule::Schedule;

/// Chunk size of the crate chunked_transfer, which tiny_http uses.
pub const TINY_HTTP_CHUNK: u64 = 8192;

/// The predicted course of the stream of `cell`.
pub fn course(cell: &Cell, sequence: &Sequence, schedule: &Schedule) -> Course {
    let due = schedule.frames_due();
    let last = last_part(cell, sequence).filter(|&last| last < due);
    let arrivals = (0..last.map_or(due, |last| last + 1))
        .map_while(|number| Some(schedule.due(waits_for(cell, sequence, number)?)))
        .take_while(|&at| at < schedule.duration())
        .collect();
    Course { arrivals, over: last.map(|last| schedule.due(last)), ..Course::default() }
}

/// Which part must be due before the frame in part `number` is complete at the client; `None` when
/// that never happens.
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

/// The part behind which the pump stops, if it ever does.
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

    /// The naive oracle: does what a pump does, byte by byte, over `lengths`, and notes when each
    /// JPEG (a part but for its last two bytes) has left completely.
    fn simulate(cell: &Cell, lengths: &[u64], schedule: &Schedule) -> Course {
        let due = |part: u64| schedule.due(part);
        let len = |part: u64| lengths[(part % lengths.len() as u64) as usize];
        let mut course = Course::default();
        // The byte that is read next: its part and its place there; bytes that have left; JPEG ends.
        let (mut part, mut place, mut sent, mut taken) = (0u64, 0u64, 0u64, 0u64);
        let mut jpeg_ends: Vec<u64> = Vec::new();
        loop {
            // One read.
            let (wanted, rule, holds_one_back) = match (cell.pump, cell.reads) {
                (Pump::TinyHttp, _) if cell.http == Http::V10 => return course,
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
                    return course;
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
                // The chunk leaves when the next byte is read.
                now = due(part);
                if now >= schedule.duration() {
                    return course;
                }
            }
            sent += got;
            while jpeg_ends.get(course.arrivals.len()).is_some_and(|&end| end <= sent) {
                course.arrivals.push(now);
            }
            if cell.pump == Pump::EndsOnShortRead && got < wanted {
                course.over = Some(now);
                return course;
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
        fn the_model_agrees_with_a_run_byte_by_byte(
            lengths in prop::collection::vec(3u64..400, 1..12),
            chunk_bytes in prop_oneof![1u64..1000, 1u64..20],
        ) {
            let schedule = Schedule::new(30.0, Duration::from_millis(1500));
            let sequence = Sequence::new(lengths.iter().copied());
            for cell in cells(chunk_bytes) {
                prop_assert_eq!(
                    course(&cell, &sequence, &schedule),
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
            course(&cell, &sequence, &schedule).arrivals.len()
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
