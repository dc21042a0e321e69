//! The figures and plots, for the files beside the report.

use std::time::Duration;

use hdrhistogram::Histogram;
use mjpeg::stats::MeanGap;

use super::consumer::Reads;
use super::report::{self, Report};
use crate::bench::outputs::{Better, Results, noise};
use crate::bench::plot::{self, Axis, Series};
use crate::bench::times;
use crate::bench::verdict::Verdict;

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, it: &Report) {
    results.table = report::table(it);
    results.sentences.push(format!("{}: {}", it.verdict.word(), it.cause));
    let (gaps, ages) = (histogram(&it.gaps), histogram(&it.ages));
    let mut mean_gap = MeanGap::default();
    it.gaps.iter().for_each(|gap| mean_gap.push(gap.as_secs_f64() * 1e3));
    let (fps, rate, interval) = (report::fps(it), noise::rate(&mean_gap), it.shape.interval);
    results.figure("", "fps", fps, Better::More, rate * fps.unwrap_or_default());
    let sends = &it.shape.frames_per_send;
    let sent = sends.mean().unwrap_or_default();
    results.figure("", "frames_per_send", Some(sent), Better::Less, (noise::mean(sends) * sent).max(0.1));
    results.time("", "gap_max_ms", it.gap_max, noise::largest(&gaps, interval, 1.0));
    let chance = noise::percentile(&ages, 50, noise::together(&ages, interval, 1));
    results.time("", "age_p50_ms", it.age_p50, chance);
    for seen in &it.rows {
        let prefix = format!("{} {} ", seen.reads.word(), seen.block);
        // A measurement that took longer than it was asked to has seen more.
        let frames = seen.frames as f64 * it.asked.as_secs_f64() / it.length.as_secs_f64().max(1e-9);
        let in_block = seen.block as f64 / it.part_bytes.map_or(1, |(min, _)| min.max(1)) as f64;
        results.figure(&prefix, "frames", Some(frames), Better::More, rate * frames + in_block + 1.0);
        // It is chance whether a consumer sees two frames or one, which has no gap.
        if seen.gap_max.is_some() {
            let chance = noise::largest(&histogram(&seen.gaps), interval, 1.0);
            results.time(&prefix, "gap_max_ms", seen.gap_max, chance.max(interval));
        }
    }
    results.histograms.push(("gap".into(), gaps));
    results.plots.push(over_blocks(it));
}

fn histogram(times: &[Duration]) -> Histogram<u64> {
    let mut all = times::histogram();
    times.iter().for_each(|&time| times::record(&mut all, time));
    all
}

/// The largest gap that a consumer sees, over the size of its blocks.
fn over_blocks(it: &Report) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let series: Vec<Series> = [Reads::Fill, Reads::Short]
        .into_iter()
        .map(|reads| {
            let mut series = Series { name: reads.word().into(), ..Series::default() };
            for seen in it.rows.iter().filter(|seen| seen.reads == reads) {
                let has_ended = matches!(seen.verdict, Verdict::Ends | Verdict::Nothing);
                match seen.gap_max.filter(|_| !has_ended) {
                    Some(gap) => series.model.push((seen.block as f64, ms(gap))),
                    None => series.ended.push(seen.block as f64),
                }
            }
            series
        })
        .filter(|series| !series.model.is_empty() || !series.ended.is_empty())
        .collect();
    plot::svg("Largest gap of a consumer that reads blocks", Axis::Bytes, "block", "gap", &series)
}

#[cfg(test)]
mod tests {
    use super::super::consumer::Arrived;
    use super::super::shape::Shape;
    use super::super::trace::{Part, Read};
    use super::*;
    use crate::bench::tests::{Frame, Worse, check};

    /// Each frame is sent whole.
    #[test]
    fn chance_is_no_regression_and_what_is_worse_is_one() {
        let run = |frames: &[Frame]| {
            let (mut reads, mut parts, mut offset) = (Vec::new(), Vec::new(), 0);
            for &(number, _, at) in frames {
                let len = 20_000 + u64::from(number) * 7919 % 3000;
                parts.push(Part { start: offset + 40, end: offset + len - 2, at, stamp: None });
                offset += len;
                reads.push(Read { at, end: offset });
            }
            let times: Vec<Duration> = frames.iter().map(|frame| frame.2).collect();
            let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
            let mut ages: Vec<Duration> =
                frames.iter().map(|frame| frame.2.saturating_sub(frame.1)).collect();
            ages.sort_unstable();
            let length = frames[frames.len() - 1].2;
            let interval = (times[times.len() - 1] - times[0]) / (times.len() as u32 - 1);
            let arrived = Arrived { reads: &reads, parts: &parts, end: None, length, interval };
            let blocks = [1 << 10, 1 << 14, 1 << 16, 1 << 18];
            let report = Report {
                target: String::new(),
                length,
                asked: length,
                verdict: Verdict::Streams,
                cause: String::new(),
                frames: frames.len() as u64,
                part_bytes: Some((20_000, 23_000)),
                gap_max: gaps.iter().max().copied(),
                gaps,
                age_p50: Some(ages[ages.len() / 2]),
                ages,
                shape: Shape::of(&reads, &parts, &[], interval),
                rows: blocks.map(|block| arrived.seen(Reads::Fill, block)).into(),
            };
            let mut results = Results { command: "chunks", ..Results::default() };
            add(&mut results, &report);
            results
        };
        check([2.0, 10.0], run, &[Worse::Slower, Worse::Later, Worse::Stalled]);
    }
}
