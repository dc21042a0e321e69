//! The figures, times and the plot, for the files beside the report.

use super::figures::Figures;
use super::report;
use crate::bench::outputs::{Better, Results};
use crate::page::chart::{Chart, Style};

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, figures: &Figures, missed: &[String]) {
    results.table = report::table(&results.target, figures);
    let frames = (figures.frames() + figures.numbers.lost()).max(1) as f64;
    for (name, count) in [
        ("lost_percent", figures.numbers.lost()),
        ("doubled_percent", figures.numbers.doubled()),
        ("reordered_percent", figures.numbers.reordered()),
    ] {
        results.figure("", name, Some(count as f64 * 100.0 / frames), Better::Less, 0.5);
    }
    let came = figures.latencies.ages().count().max(1) as f64;
    let late = figures.latencies.late() as f64;
    results.figure("", "late_percent", Some(late * 100.0 / came), Better::Less, 0.5);
    let latency = |percent| figures.latencies.ages().percentile(percent);
    results.times(
        "latency ",
        &[("p50_ms", latency(50)), ("p99_ms", latency(99)), ("max_ms", figures.latencies.ages().max())],
    );
    let timing = figures.times.timing(None);
    results.figure("", "fps", timing.map(|it| it.fps), Better::More, 0.2);
    results.histograms.push(("latency".into(), figures.histogram.clone()));
    let chart = Chart {
        title: "the latency of each frame",
        x: "seconds",
        y: "latency in ms",
        style: Style::Dots,
        points: &figures.series,
        limits: &[],
        marks: &[],
        height: 260.0,
    };
    results.plots.push(chart.svg());
    results.sentences.extend(missed.iter().map(|it| format!("missed: {it}")));
}
