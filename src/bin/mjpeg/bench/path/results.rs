//! The figures, times and the plot, for the files beside the report.

use std::time::Duration;

use super::figures::Figures;
use super::report;
use crate::bench::outputs::{Better, Results, noise};
use crate::page::chart::{Chart, Style};

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, figures: &Figures, missed: &[String]) {
    results.table = report::table(&results.target, figures);
    let frames = (figures.frames() + figures.numbers.lost()).max(1) as f64;
    let came = figures.latencies.ages().count().max(1) as f64;
    let (lost, doubled, reordered) =
        (figures.numbers.lost(), figures.numbers.doubled(), figures.numbers.reordered());
    for (name, count, groups, all) in [
        ("lost_percent", lost, figures.numbers.missing().count() as u64, frames),
        ("doubled_percent", doubled, doubled, frames),
        ("reordered_percent", reordered, reordered, frames),
        ("late_percent", figures.latencies.late(), figures.late_groups() as u64, came),
    ] {
        let (count, groups) = (count as f64, groups as f64);
        let share = Some(count * 100.0 / all);
        results.figure("", name, share, Better::Less, noise::number(count, groups) * 100.0 / all);
    }
    let timing = figures.times.timing(None);
    let interval = timing.map_or(Duration::ZERO, |it| it.gap_p50);
    let ages = &figures.histogram;
    let together = noise::together(ages, interval, 1);
    for (name, percent) in [("p50_ms", 50_u8), ("p99_ms", 99)] {
        let chance = noise::percentile(ages, percent, together);
        results.time("latency ", name, figures.latencies.ages().percentile(u64::from(percent)), chance);
    }
    results.time(
        "latency ",
        "max_ms",
        figures.latencies.ages().max(),
        noise::largest(ages, interval, together),
    );
    let fps = timing.map(|it| it.fps);
    results.figure("", "fps", fps, Better::More, noise::rate(&figures.gaps) * fps.unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use mjpeg::strip::Identity;

    use super::*;
    use crate::bench::tests::{Frame, Worse, check};

    #[test]
    fn chance_is_no_regression_and_what_is_worse_is_one() {
        let run = |frames: &[Frame]| {
            let day = Duration::from_secs(1_767_225_600);
            let mut figures = Figures::default();
            for &(number, due, at) in frames {
                let identity = Identity { time_us: (day + due).as_micros() as u64, number, source: 1 };
                figures.part(Some(&identity), Some(at), Some(day + at));
            }
            figures.end(figures.times.last());
            let mut results = Results { command: "path", ..Results::default() };
            add(&mut results, &figures, &[]);
            results
        };
        check([2.0, 10.0], run, &[Worse::Slower, Worse::Later, Worse::Torn, Worse::Stalled]);
    }
}
