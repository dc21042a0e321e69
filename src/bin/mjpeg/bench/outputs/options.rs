//! The options for files.

use std::path::PathBuf;

use crate::exit::Failure;
use crate::usage::Usage;
use crate::value;

/// What is written beside the report.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Files and comparison")]
#[group(skip)]
pub struct Options {
    /// Also write a plot to FILE
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,

    /// Also write a page with the figures, plots and distributions to FILE. It is self-contained
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,

    /// Also write the times as a log of HdrHistogram to FILE; `mjpeg bench merge` adds those of several machines
    #[arg(long, value_name = "FILE")]
    pub hdr: Option<PathBuf>,

    /// Write the figures to FILE, for --baseline
    #[arg(long, value_name = "FILE")]
    pub save_baseline: Option<PathBuf>,

    /// Compare with the figures of an earlier run, which must have had the same settings
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Fail if a figure is worse than that of --baseline by more than PERCENT, or has no value any more [default: 10]
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "10", requires = "baseline", value_parser = percent)]
    pub fail_on_regression: Option<f64>,
}

impl Options {
    /// Checks that no two of them are one file.
    ///
    /// # Errors
    ///
    /// If they are.
    pub fn check(&self) -> Result<(), Usage> {
        let written = [
            ("--plot", &self.plot),
            ("--report", &self.report),
            ("--hdr", &self.hdr),
            ("--save-baseline", &self.save_baseline),
        ];
        for (index, (name, path)) in written.iter().enumerate() {
            let same = written[..index].iter().find(|(_, other)| path.is_some() && other == path);
            if let Some((other, _)) = same {
                return Err(Usage::conflict(format!("{other} and {name} are the same file")));
            }
        }
        Ok(())
    }

    /// The failure of a run that is no measurement, so that its figures are not written.
    pub fn refused(&self, failure: Failure) -> Failure {
        let hint = self.save_baseline.as_ref().map(|path| {
            format!(
                "--save-baseline {} is not written: only a run without a fault can be compared",
                path.display()
            )
        });
        Failure { hint: failure.hint.or(hint), ..failure }
    }

    /// One of the options that only a measurement of a stream has.
    pub fn of_streams(&self) -> Option<&'static str> {
        [
            (self.hdr.is_some(), "--hdr"),
            (self.save_baseline.is_some(), "--save-baseline"),
            (self.baseline.is_some(), "--baseline"),
        ]
        .into_iter()
        .find_map(|(is_given, name)| is_given.then_some(name))
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match value::number(text.strip_suffix('%').unwrap_or(text)) {
        Some(percent) if (0.0..=1000.0).contains(&percent) => Ok(percent),
        _ => Err("expected percent between 0 and 1000, such as 10".into()),
    }
}
