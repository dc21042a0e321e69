//! The figures, times and the plot, for the files beside the report.

use std::time::Duration;

use super::report::Report;
use super::side::Phase;
use super::verdict::Verdict;
use crate::bench::outputs::{Better, Results};
use crate::page::chart::{Chart, Style};

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, report: &Report) {
    let it = &report.result;
    results.table = super::report::figures(report);
    for (name, phase) in [("before", Phase::Before), ("during", Phase::During), ("after", Phase::After)] {
        results.figure("b ", &format!("fps_{name}"), Some(it.fps_of_b(phase)), Better::More, 0.5);
        results.times("b ", &[(&format!("gap_max_{name}_ms"), Some(it.b.gap_max(phase)))]);
    }
    let ages = it.a.ages();
    results.times("a ", &[("age_p50_ms", ages.map(|it| it.0)), ("age_max_ms", ages.map(|it| it.1))]);
    let stale = it.stale_on_resume().map(|stale| stale as f64);
    results.figure("a ", "stale_on_resume", stale, Better::Less, 1.0);
    let piled = it.rss.map(|(before, most)| most.saturating_sub(before) as f64 / 1e6);
    results.figure("server ", "piled_up_mb", piled, Better::Less, 1.0);
    results.histograms.push(("gap of B".into(), it.b.gaps.clone()));
    results.plots.push(gaps_of_b(report));
    results.sentences.push(match report.verdict {
        Verdict::Isolated => "isolated: B did not notice that A was slow".into(),
        Verdict::Hurt => "hurt: B lost frames or waited because A was slow".into(),
    });
    results.sentences.extend(report.missed.iter().map(|it| format!("missed: --{}", it.replace('_', "-"))));
}

/// The gap before each frame of B over time.
fn gaps_of_b(report: &Report) -> String {
    let seconds = |time: Duration| time.as_secs_f64();
    let it = &report.result;
    let start = it.started;
    let points: Vec<(f64, f64)> =
        it.b.series
            .iter()
            .map(|(at, gap)| (seconds(at.saturating_sub(start)), seconds(*gap) * 1e3))
            .collect();
    let slow = seconds(it.lengths[0]);
    let marks = [(slow, "A is slow".into()), (slow + seconds(it.lengths[1]), "A reads again".into())];
    let chart = Chart {
        title: "the gap before each frame of B",
        x: "seconds",
        y: "gap of B in ms",
        style: Style::Stems,
        points: &points,
        limits: &[],
        marks: &marks,
        height: 260.0,
    };
    chart.svg()
}
