//! `--format`: how verdicts are printed.

use clap::ValueEnum;

use super::emit::{Emitter, GitHub, JUnit, Json, Markdown, Nagios, Prometheus, Text};

/// How verdicts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines to read
    Text,
    /// One JSON object for each target, each on one line, schema mjpeg.check/1
    Json,
    /// JUnit XML: a test suite for each target, a test case for each rule
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// One line for Nagios and Icinga, with performance data; the exit status is 0, 1, 2 or 3 as these programs want it
    Nagios,
    /// Metrics for the textfile collector of the Prometheus node exporter
    Prometheus,
    /// Text for a ticket
    Markdown,
}

impl Format {
    /// What prints this format. `text`: that of lines to read.
    pub fn emitter(self, text: Text) -> Box<dyn Emitter> {
        match self {
            Self::Text => Box::new(text),
            Self::Json => Box::new(Json),
            Self::Junit => Box::<JUnit>::default(),
            Self::Github => Box::new(GitHub),
            Self::Nagios => Box::<Nagios>::default(),
            Self::Prometheus => Box::<Prometheus>::default(),
            Self::Markdown => Box::<Markdown>::default(),
        }
    }
}
