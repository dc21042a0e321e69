//! The file of a baseline.

use std::path::Path;

use anyhow::{Context, anyhow};
use mjpeg::check::{Finding, Report};
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::settings::Settings;
use crate::option_file;
use crate::problem::Problem;
use crate::replacement::Replacement;
use crate::signal::Stop;

/// The name and version of the format.
const SCHEMA: &str = "mjpeg.baseline/2";

/// What a file has in any version of the format.
#[derive(Debug, Deserialize)]
struct Versioned {
    schema: String,
}

/// What earlier checks found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    /// One for each target.
    pub entries: Vec<Entry>,
}

/// What an earlier check of one target found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The name of the target, or the target as typed, without a password.
    pub target: String,
    /// The options that decide what a check finds.
    pub settings: Settings,
    /// The findings.
    pub findings: Vec<Found>,
    /// The figures.
    pub figures: Figures,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The code of its rule.
    pub code: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// How often the stream broke the rule.
    pub count: u64,
}

impl Entry {
    /// The entry of a check.
    pub fn of(target: String, settings: Settings, report: &Report, figures: Figures) -> Self {
        Self { target, settings, findings: Found::all(report), figures }
    }
}

impl Found {
    /// The findings of a report.
    pub fn all(report: &Report) -> Vec<Self> {
        let found = |it: &Finding| Self {
            code: it.rule.code.into(),
            severity: it.severity().name().into(),
            count: it.count,
        };
        report.findings.iter().map(found).collect()
    }
}

/// Starts the file of a baseline, in place of an earlier one perhaps. What cannot be written is found before the cameras are read.
///
/// # Errors
///
/// When it cannot be written.
pub fn begin(path: &Path) -> Result<Replacement, Problem> {
    Ok(Replacement::begin(path).with_context(|| cannot_write(path))?)
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write the baseline {}", path.display())
}

impl Baseline {
    /// A baseline of these checks.
    pub fn new(entries: Vec<Entry>) -> Self {
        Self { schema: SCHEMA.into(), entries }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no baseline.
    pub fn read(path: &Path, stop: &Stop) -> Result<Self, Problem> {
        let shown = path.display();
        let bytes =
            option_file::read(path, stop).with_context(|| format!("cannot read the baseline {shown}"))?;
        let no_baseline = |error| anyhow!("{shown} is not a baseline: {error}");
        let Versioned { schema } = serde_json::from_slice(&bytes).map_err(no_baseline)?;
        if schema != SCHEMA {
            let problem = Problem::new(anyhow!("{shown} has the format {schema:?}, not {SCHEMA}"));
            return Err(problem.hint("make a new baseline with --save-baseline"));
        }
        Ok(serde_json::from_slice(&bytes).map_err(no_baseline)?)
    }

    /// Writes it into the file that [`begin`] has started.
    ///
    /// # Errors
    ///
    /// When it cannot be written. An earlier file is still there then.
    pub fn finish(&self, file: Replacement, path: &Path) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        Ok(file.finish(text.as_bytes()).with_context(|| cannot_write(path))?)
    }

    /// The earlier check of a target with the same settings.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn entry(&self, target: &str, settings: &Settings) -> Result<&Entry, Problem> {
        let Some(entry) = self.entries.iter().find(|entry| entry.target == target) else {
            let known: Vec<&str> = self.entries.iter().map(|entry| &entry.target[..]).collect();
            let problem = Problem::new(anyhow!("the baseline has no {target}; it has: {}", known.join(", ")));
            return Err(problem.hint("a camera at another address needs the same name in both checks: --targets FILE with a line NAME URL"));
        };
        match entry.settings.difference(settings) {
            None => Ok(entry),
            Some(difference) => {
                let problem = Problem::new(anyhow!(
                    "the baseline of {target} was made with other settings: {difference}"
                ));
                Err(problem.hint("use the same options, or make a new baseline with --save-baseline"))
            }
        }
    }
}
