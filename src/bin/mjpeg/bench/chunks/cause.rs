//! The cause of a stream's behaviour, in one sentence.

use mjpeg::counted::Counted;

use super::cell::{Cell, Http, Pump, ReadRule, Reads};
use super::model;
use super::parts::Sequence;
use super::schedule::Schedule;
use super::timeline::Figures;
use crate::bench::verdict::Verdict;

/// The cause of the behaviour that the model predicts for `cell`. If the measurement differs, the sentence says so.
pub fn sentence(
    cell: &Cell,
    sequence: &Sequence,
    schedule: &Schedule,
    measured: &Figures,
    predicted: &Figures,
) -> String {
    let sentence = match (cell.pump, cell.reads) {
        (Pump::Direct, _) => "each frame leaves at once, in one send".into(),
        (_, None) if cell.http == Http::V10 => {
            "respond() collects the whole body before it answers HTTP/1.0, but a stream has no end".into()
        }
        (_, None) => {
            "respond() sends 8192 bytes when the byte after them arrives, so the tail of a frame waits for the next one"
                .into()
        }
        (_, Some(Reads { rule: ReadRule::Fill, chunk_bytes })) => {
            filled(chunk_bytes, cell, sequence, schedule, predicted.verdict)
        }
        (Pump::EndsOnShortRead, Some(reads)) => short(reads, model::last_part(cell, sequence), sequence),
        (_, Some(Reads { rule: ReadRule::Part, .. })) => "each read is one part and leaves at once".into(),
        (_, Some(Reads { rule: ReadRule::Short, .. })) => {
            "each read leaves at once, and a short one does not end the stream".into()
        }
    };
    let ended_elsewhere = predicted.verdict == Verdict::Ends && measured.frames != predicted.frames;
    if measured.verdict != predicted.verdict || ended_elsewhere {
        format!("{sentence}; this run differs: measure with --jobs 1 or a lower --fps")
    } else {
        sentence
    }
}

fn short(reads: Reads, last: Option<u64>, sequence: &Sequence) -> String {
    let Reads { rule, chunk_bytes } = reads;
    let Some(last) = last else {
        return match rule {
            ReadRule::Part => "no part is shorter than the chunk, so no read is short".into(),
            ReadRule::Short | ReadRule::Fill => {
                "every part is a multiple of the chunk, so no read is short".into()
            }
        };
    };
    let (part, len) = (last + 1, sequence.len(last));
    match rule {
        ReadRule::Part => {
            let len = Counted(len, "byte");
            format!("part {part} ({len}) is shorter than the chunk: taken for the end of the file")
        }
        ReadRule::Short | ReadRule::Fill => {
            let rest = Counted(len % chunk_bytes, "byte");
            format!("the last read of part {part} returns {rest}: taken for the end of the file")
        }
    }
}

fn filled(
    chunk_bytes: u64,
    cell: &Cell,
    sequence: &Sequence,
    schedule: &Schedule,
    verdict: Verdict,
) -> String {
    let parts = chunk_bytes as f64 / sequence.mean();
    match verdict {
        Verdict::Nothing => {
            let first = model::waits_for(cell, sequence, 0).map_or(0.0, |part| part as f64 / schedule.fps());
            format!("a chunk holds {parts:.1} parts and leaves when full, the first after {first:.1} s")
        }
        _ if parts >= 2.0 => format!("a chunk holds {parts:.1} parts and leaves when full"),
        Verdict::Streams => "a chunk leaves when full, and most frames end where one does".into(),
        Verdict::Late | Verdict::Bursts | Verdict::Ends => {
            "a chunk leaves when full, so the tail of a frame waits for the next one".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::timeline::Timeline;
    use super::*;

    fn cause(pump: Pump, reads: Option<Reads>, differs: bool) -> String {
        let cell = Cell { pump, reads, http: Http::V11 };
        let (sequence, schedule) = (Sequence::new([900, 500]), Schedule::new(10.0, Duration::from_secs(2)));
        let predicted = model::timeline(&cell, &sequence, &schedule).figures(&schedule);
        let measured = if differs { Timeline::default().figures(&schedule) } else { predicted.clone() };
        sentence(&cell, &sequence, &schedule, &measured, &predicted)
    }

    #[test]
    fn the_cause_names_the_part_that_ends_the_stream() {
        let reads = |rule, chunk_bytes| Some(Reads { rule, chunk_bytes });
        let table = [
            (
                reads(ReadRule::Part, 501),
                "part 2 (500 bytes) is shorter than the chunk: taken for the end of the file",
            ),
            (reads(ReadRule::Part, 500), "no part is shorter than the chunk, so no read is short"),
            (
                reads(ReadRule::Short, 300),
                "the last read of part 2 returns 200 bytes: taken for the end of the file",
            ),
            (reads(ReadRule::Short, 100), "every part is a multiple of the chunk, so no read is short"),
            (
                reads(ReadRule::Fill, 600),
                "a chunk leaves when full, so the tail of a frame waits for the next one",
            ),
            (reads(ReadRule::Fill, 7000), "a chunk holds 10.0 parts and leaves when full"),
            (
                reads(ReadRule::Fill, 70_000),
                "a chunk holds 100.0 parts and leaves when full, the first after 9.9 s",
            ),
        ];
        for (reads, expected) in table {
            assert_eq!(cause(Pump::EndsOnShortRead, reads, false), expected);
        }
    }

    #[test]
    fn a_run_that_differs_from_the_model_says_so() {
        assert!(
            cause(Pump::Direct, None, true)
                .ends_with("; this run differs: measure with --jobs 1 or a lower --fps")
        );
        assert_eq!(cause(Pump::Direct, None, false), "each frame leaves at once, in one send");
    }
}
