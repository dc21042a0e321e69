//! The files: opened before the measurement, so that one that cannot be written costs no time, and written after it.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::baseline::{Baseline, Comparison};
use super::options::Options;
use super::results::Results;
use crate::bench::{hdr, report_page};
use crate::exit::Failure;
use crate::replacement::Replacement;

/// The files of a run.
#[derive(Debug)]
pub struct Files {
    plot: Option<Out>,
    report: Option<Out>,
    hdr: Option<Out>,
    save_baseline: Option<Out>,
    baseline: Option<Baseline>,
    fail_on_regression: Option<f64>,
}

#[derive(Debug)]
struct Out {
    option: &'static str,
    path: PathBuf,
    file: Replacement,
}

impl Files {
    /// Opens all files, and reads the baseline, which must be of a run with these settings.
    ///
    /// # Errors
    ///
    /// If one cannot be written or read, or the settings differ.
    pub fn open(
        options: &Options,
        command: &str,
        settings: &[(&'static str, String)],
    ) -> Result<Self, Failure> {
        let read = |path: &Path| {
            let baseline = Baseline::read(path)?;
            baseline.allows(command, settings)?;
            anyhow::Ok(baseline)
        };
        let baseline = options.baseline.as_ref().map(|path| {
            read(path).with_context(|| format!("--baseline {}", path.display())).map_err(Failure::local)
        });
        let open = |option: &'static str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| Out::open(option, path)).transpose()
        };
        Ok(Self {
            baseline: baseline.transpose()?,
            plot: open("--plot", &options.plot)?,
            report: open("--report", &options.report)?,
            hdr: open("--hdr", &options.hdr)?,
            save_baseline: open("--save-baseline", &options.save_baseline)?,
            fail_on_regression: options.fail_on_regression,
        })
    }

    /// The files of a run that had a fault: the report shows it, and no later run is compared with it.
    pub fn without_new_baseline(self) -> Self {
        Self { save_baseline: None, ..self }
    }

    /// Writes all files, and compares with the baseline.
    ///
    /// # Errors
    ///
    /// If one cannot be written.
    pub fn finish(self, results: &Results) -> Result<Option<Comparison>, Failure> {
        let comparison = self.baseline.map(|it| it.compare(results, self.fail_on_regression));
        if let Some(out) = self.plot {
            out.finish(&results.plots.first().map(|svg| report_page::standalone(svg)).unwrap_or_default())?;
        }
        if let Some(out) = self.report {
            out.finish(&report_page::page(results, comparison.as_ref()))?;
        }
        if let Some(out) = self.hdr {
            let log = hdr::log(results.start, results.length, &results.histograms);
            out.finish(&log.map_err(Failure::local)?)?;
        }
        if let Some(out) = self.save_baseline {
            out.finish(&Baseline::of(results).text())?;
        }
        Ok(comparison)
    }
}

impl Out {
    fn open(option: &'static str, path: &Path) -> Result<Self, Failure> {
        let file = Replacement::begin(path)
            .with_context(|| format!("cannot write {option} {}", path.display()))
            .map_err(Failure::local)?;
        Ok(Self { option, path: path.into(), file })
    }

    fn finish(self, text: &str) -> Result<(), Failure> {
        self.file
            .finish(text.as_bytes())
            .with_context(|| format!("cannot write {} {}", self.option, self.path.display()))
            .map_err(Failure::local)
    }
}
