//! The figures, times and the plot, for the files beside the report.

use std::time::Duration;

use super::report::Report;
use super::side::Phase;
use super::verdict::Verdict;
use crate::bench::outputs::{Better, Results, noise};
use crate::bench::times;
use crate::page::chart::{Chart, Style};

/// The memory of a server that piles nothing up changes by less.
const PAGES_MB: f64 = 1.0;

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, report: &Report) {
    let it = &report.result;
    results.table = super::report::figures(report);
    let interval = times::percentile(&it.b.gaps, 50.0).unwrap_or_default();
    for (name, phase) in [("before", Phase::Before), ("during", Phase::During), ("after", Phase::After)] {
        let fps = it.fps_of_b(phase);
        let chance = noise::rate(it.b.mean_gap(phase)) * fps;
        results.figure("b ", &format!("fps_{name}"), Some(fps), Better::More, chance);
        let gap = Some(it.b.gap_max(phase));
        results.time("b ", &format!("gap_max_{name}_ms"), gap, noise::largest(&it.b.gaps, interval, 1.0));
    }
    let (ages, all) = (it.a.ages(), it.a.all_ages());
    let together = noise::together(&all, interval, 1);
    let chance = noise::percentile(&all, 50, together);
    results.time("a ", "age_p50_ms", ages.map(|it| it.0), chance);
    results.time("a ", "age_max_ms", ages.map(|it| it.1), noise::largest(&all, interval, together));
    let stale = it.stale_on_resume().map(|stale| stale as f64);
    let chance = noise::number(stale.unwrap_or_default(), stale.unwrap_or_default());
    results.figure("a ", "stale_on_resume", stale, Better::Less, chance);
    let piled = it.rss.map(|(before, most)| most.saturating_sub(before) as f64 / 1e6);
    results.figure("server ", "piled_up_mb", piled, Better::Less, PAGES_MB);
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

#[cfg(test)]
mod tests {
    use super::super::side::Side;
    use super::super::verdict::Measured;
    use super::*;
    use crate::bench::tests::{Frame, Worse, check};

    /// B receives all frames, in three phases; A those since it was slow, two seconds late.
    #[test]
    fn chance_is_no_regression_and_what_is_worse_is_one() {
        let run = |frames: &[Frame]| {
            let end = frames.last().map(|frame| frame.1).unwrap_or_default();
            let (mut a, mut b) = (Side::default(), Side::default());
            let mut phase = Phase::Before;
            for &(_, due, at) in frames {
                let next = match due {
                    due if due < end / 4 => Phase::Before,
                    due if due < end / 4 * 3 => Phase::During,
                    _ => Phase::After,
                };
                if next != phase {
                    b.end(phase, at);
                    phase = next;
                }
                b.frame(phase, at, Some(at.saturating_sub(due)), None);
                let late = at + Duration::from_secs(2);
                a.frame(phase, late, Some(late.saturating_sub(due)), None);
            }
            b.end(phase, end);
            let lengths = [end / 4, end / 2, end / 4];
            let result = Measured {
                a,
                b,
                started: Duration::ZERO,
                lengths,
                cut_off_after: None,
                rss: Some((50_000_000, 50_400_000)),
            };
            let verdict = result.verdict();
            let report = Report {
                target: String::new(),
                rate: None,
                duration: end / 2,
                result,
                verdict,
                missed: Vec::new(),
            };
            let mut results = Results { command: "slow", ..Results::default() };
            add(&mut results, &report);
            results
        };
        check([8.0, 20.0], run, &[Worse::Slower, Worse::Stalled]);
    }
}
