//! The figures, times and plots of all rows, for the files beside the report.

use std::time::Duration;

use mjpeg::counted::Counted;

use super::report::{Report, table};
use super::row::{Measured, Row};
use crate::bench::outputs::{Better, Results, noise};
use crate::bench::plot::{self, Axis, Series};
use crate::bench::times::micros;
use crate::page::chart::{Chart, Style};

/// Adds what was measured to `results`, which has the settings already.
pub fn add(results: &mut Results, report: &Report, measured: &[Measured]) {
    let rows: Vec<&Row> = report.rows.iter().collect();
    results.table = table(&rows);
    results.plots.push(over_viewers(report));
    for (row, it) in report.rows.iter().zip(measured) {
        let prefix = format!("n={} ", row.clients);
        results.figure(&prefix, "served", Some(row.served as f64), Better::More, 0.0);
        results.figure(&prefix, "served_percent", Some(row.served_percent()), Better::More, 0.0);
        results.figure(&prefix, "cut_percent", Some(row.cut_percent()), Better::Less, 0.0);
        add_times(results, &prefix, row, it);
        let histograms =
            [("gap", &it.tally.gaps), ("age", &it.tally.ages), ("first frame", &it.tally.first_frames)];
        for (name, histogram) in histograms {
            results.histograms.push((format!("{prefix}{name}"), histogram.clone()));
        }
        for missed in &row.missed {
            results.sentences.push(format!("{prefix}missed: --{}", missed.word().replace('_', "-")));
        }
        // The rate of one viewer is in the table.
        if row.clients < 2 {
            continue;
        }
        let rates = it.tally.rates(it.until);
        let points: Vec<(f64, f64)> = (1..).map(f64::from).zip(rates).collect();
        let title =
            format!("frames per second of each of {}, the slowest first", Counted(row.clients, "viewer"));
        let chart = Chart {
            title: &title,
            x: "viewers",
            y: &title,
            style: Style::Dots,
            points: &points,
            limits: &[],
            marks: &[],
            height: 220.0,
        };
        results.plots.push(chart.svg());
    }
}

/// Adds what has a spread.
fn add_times(results: &mut Results, prefix: &str, row: &Row, it: &Measured) {
    let (tally, viewers) = (&it.tally, row.served.max(1));
    let interval = row.gap_p50.unwrap_or_default();
    let (of_median, of_slowest) = tally.rate_noise(it.until);
    let rate = |fps: Option<f64>, share: f64| share * fps.unwrap_or_default();
    results.figure(prefix, "fps_p50", row.fps_p50, Better::More, rate(row.fps_p50, of_median));
    results.figure(prefix, "fps_min", row.fps_min, Better::More, rate(row.fps_p50, of_slowest));
    let due = row.frames_due.unwrap_or_default().max(1) as f64;
    // All viewers lose what is lost in a stall.
    let long = tally.gaps.count_between(micros(interval * 3 / 2), u64::MAX) as f64 / viewers as f64;
    let lost = row.frames_lost.unwrap_or_default() as f64 / viewers as f64;
    let chance = noise::number(lost, long.min(lost)) * 100.0 * viewers as f64 / due;
    results.figure(prefix, "loss_percent", row.loss_percent(), Better::Less, chance);
    let together = viewers as f64;
    results.time(prefix, "gap_p99_ms", row.gap_p99, noise::percentile(&tally.gaps, 99, together));
    results.time(prefix, "gap_max_ms", row.gap_max, noise::largest(&tally.gaps, interval, together));
    // A viewer that comes waits up to an interval for the next frame.
    let first = noise::percentile(&tally.first_frames, 50, 1.0).max(interval);
    results.time(prefix, "first_frame_p50_ms", row.first_frame.map(|it| it.p50), first);
    let together = noise::together(&tally.ages, interval, viewers);
    let age = |percent| noise::percentile(&tally.ages, percent, together);
    results.time(prefix, "age_p50_ms", row.age.map(|it| it.p50), age(50));
    results.time(prefix, "age_p99_ms", row.age.map(|it| it.p99), age(99));
    let cpu = row.us_per_frame();
    let chance = cpu.unwrap_or_default() * row.server_noise.unwrap_or_default();
    results.figure(prefix, "server_cpu_us_per_frame", cpu, Better::Less, chance.max(1.0));
}

/// Times over the number of viewers.
fn over_viewers(report: &Report) -> String {
    let series = |name: &str, time: fn(&Row) -> Option<Duration>| {
        let points: Vec<(f64, f64)> = report
            .rows
            .iter()
            .filter_map(|row| Some((row.clients as f64, time(row)?.as_secs_f64() * 1e3)))
            .collect();
        Series { name: name.into(), measured: points.clone(), model: points, ended: Vec::new() }
    };
    let all = [
        series("gap, median", |row| row.gap_p50),
        series("gap, 99 %", |row| row.gap_p99),
        series("gap, largest", |row| row.gap_max),
        series("first frame, median", |row| row.first_frame.map(|it| it.p50)),
        series("age, 99 %", |row| row.age.map(|it| it.p99)),
    ];
    let known: Vec<Series> = all.into_iter().filter(|it| !it.measured.is_empty()).collect();
    plot::svg("Times over the number of viewers", Axis::Count, "viewers", "time", &known)
}

#[cfg(test)]
mod tests {
    use super::super::tally::Tally;
    use super::super::viewer::Window;
    use super::*;
    use crate::bench::tests::{Frame, Worse, check};

    /// Ten viewers see the same frames, each a little later than the one before.
    #[test]
    fn chance_is_no_regression_and_what_is_worse_is_one() {
        let run = |frames: &[Frame]| {
            let (start, end) = (Duration::ZERO, frames.last().map(|frame| frame.1).unwrap_or_default());
            let mut tally = Tally::new();
            tally.begin(Window { start, end });
            for _ in 0..10 {
                tally.open(start);
            }
            for &(_, due, at) in frames {
                for viewer in 0..10 {
                    let at = at + Duration::from_micros(viewer as u64 * 10);
                    tally.frame(viewer, at, 1000, Some(at.saturating_sub(due)));
                }
            }
            let measured = Measured {
                clients: 10,
                arrivals: 10,
                tally,
                until: end,
                window: end,
                has_no_lengths: false,
                too_large: 0,
                server: None,
                server_noise: None,
                client_cpu: Duration::ZERO,
            };
            let mut results = Results { command: "clients", ..Results::default() };
            let row = measured.row(Some(30.0));
            let report = Report { target: String::new(), duration: end, fps: Some(30.0), rows: vec![row] };
            add(&mut results, &report, &[measured]);
            results
        };
        check([2.0, 10.0], run, &[Worse::Slower, Worse::Later, Worse::Torn, Worse::Stalled]);
    }
}
