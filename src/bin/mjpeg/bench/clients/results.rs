//! The figures, times and plots of all rows, for the files beside the report.

use std::time::Duration;

use mjpeg::counted::Counted;

use super::report::{Report, table};
use super::row::{Measured, Row};
use crate::bench::outputs::{Better, Results};
use crate::bench::plot::{self, Axis, Series};
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
        results.figure(&prefix, "fps_p50", row.fps_p50, Better::More, 0.2);
        results.figure(&prefix, "fps_min", row.fps_min, Better::More, 0.2);
        results.figure(&prefix, "loss_percent", row.loss_percent(), Better::Less, 0.5);
        let times = [
            ("gap_p99_ms", row.gap_p99),
            ("gap_max_ms", row.gap_max),
            ("first_frame_p50_ms", row.first_frame.map(|it| it.p50)),
            ("age_p99_ms", row.age.map(|it| it.p99)),
        ];
        results.times(&prefix, &times);
        results.figure(&prefix, "server_cpu_us_per_frame", row.us_per_frame(), Better::Less, 1.0);
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
