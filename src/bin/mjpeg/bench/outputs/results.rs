//! What a measurement found, as far as its files need it.

use std::time::Duration;

use crate::bench::hdr::Named;
use crate::bench::table::Table;

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A larger one: frames per second.
    More,
    /// A smaller one: a gap.
    Less,
}

/// One figure that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name, which is the same in each run: `n=10 gap_max_ms`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Which way it is better.
    pub better: Better,
    /// How much of it is chance: two runs may differ by the sum of both.
    pub noise: f64,
}

/// A measurement.
#[derive(Debug, Default)]
pub struct Results {
    /// The subcommand: `clients`.
    pub command: &'static str,
    /// The URL or the directory.
    pub target: String,
    /// When it began, since 1970-01-01 UTC.
    pub start: Duration,
    /// How long it took.
    pub length: Duration,
    /// What decides the figures: options, with their values. Only runs with the same ones can be compared.
    pub settings: Vec<(&'static str, String)>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The names of those that have no value.
    pub unknown: Vec<String>,
    /// The times, in microseconds.
    pub histograms: Vec<Named>,
    /// The plot of the page and of `--plot`, as SVG.
    pub plots: Vec<String>,
    /// The rows.
    pub table: Table,
    /// Sentences: the verdict, a cause, thresholds that were missed.
    pub sentences: Vec<String>,
}

impl Results {
    /// Adds a time in milliseconds, of which less is better.
    pub fn time(&mut self, prefix: &str, name: &str, time: Option<Duration>, noise: Duration) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        self.figure(prefix, name, time.map(ms), Better::Less, ms(noise));
    }

    /// Adds a figure. One without a value is noted as unknown.
    pub fn figure(&mut self, prefix: &str, name: &str, value: Option<f64>, better: Better, noise: f64) {
        let name = format!("{prefix}{name}");
        match value {
            Some(value) => self.figures.push(Figure { name, value, better, noise }),
            None => self.unknown.push(name),
        }
    }
}
