//! The figures and plots, for the files beside the report.

use std::time::Duration;

use super::consumer::Reads;
use super::report::{self, Report};
use crate::bench::outputs::{Better, Results};
use crate::bench::plot::{self, Axis, Series};
use crate::bench::times;
use crate::bench::verdict::Verdict;

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, it: &Report) {
    results.table = report::table(it);
    results.sentences.push(format!("{}: {}", it.verdict.word(), it.cause));
    results.figure("", "fps", report::fps(it), Better::More, 0.2);
    results.figure("", "frames_per_send", Some(it.shape.frames_per_send), Better::Less, 0.2);
    results.times("", &[("gap_max_ms", it.gap_max), ("age_p50_ms", it.age_p50)]);
    for seen in &it.rows {
        let prefix = format!("{} {} ", seen.reads.word(), seen.block);
        results.figure(&prefix, "frames", Some(seen.frames as f64), Better::More, 2.0);
        results.times(&prefix, &[("gap_max_ms", seen.gap_max)]);
    }
    let mut gaps = times::histogram();
    it.gaps.iter().for_each(|&gap| times::record(&mut gaps, gap));
    results.histograms.push(("gap".into(), gaps));
    results.plots.push(over_blocks(it));
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
