//! The figures of an earlier run, and how those of this run differ.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::results::{Better, Results};
use crate::output::rounded;

/// The schema of the file.
const SCHEMA: &str = "mjpeg.bench.baseline/1";
/// The most bytes of a file.
const MOST_BYTES: u64 = 16 << 20;

/// The file of `--save-baseline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    command: String,
    target: String,
    settings: BTreeMap<String, String>,
    figures: BTreeMap<String, f64>,
    /// How much of each is chance.
    noise: BTreeMap<String, f64>,
}

/// One figure of both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    name: String,
    before: f64,
    now: f64,
    /// The difference that may be chance.
    noise: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_percent: Option<f64>,
    is_regression: bool,
}

/// A figure of the baseline that has no value in this run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unknown {
    name: String,
    before: f64,
}

/// The figures of both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    regressions: usize,
    figures: Vec<Change>,
    unknown: Vec<Unknown>,
    /// Whether regressions and unknown figures fail the run.
    #[serde(skip)]
    is_strict: bool,
}

/// No figure of a run is larger: a year has fewer microseconds.
const LARGEST: f64 = 1e14;
/// Worse by less is no regression, if no other percentage is given.
const PERCENT: f64 = 10.0;

impl Baseline {
    /// The figures of a run.
    pub fn of(results: &Results) -> Self {
        let mut it = Self {
            schema: SCHEMA.into(),
            command: results.command.into(),
            target: results.target.clone(),
            settings: by_name(&results.settings),
            figures: BTreeMap::new(),
            noise: BTreeMap::new(),
        };
        for figure in &results.figures {
            it.figures.insert(figure.name.clone(), rounded(figure.value));
            it.noise.insert(figure.name.clone(), rounded(figure.noise));
        }
        it
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has no baseline.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            bail!("it is not a regular file");
        }
        let mut text = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut text)?;
        if text.len() as u64 > MOST_BYTES {
            bail!("it is too large for a baseline");
        }
        let it: Self = serde_json::from_slice(&text).context("it is no baseline of mjpeg bench")?;
        if it.schema != SCHEMA {
            bail!("its schema is not {SCHEMA}");
        }
        if let Some((name, value)) =
            it.figures.iter().chain(&it.noise).find(|(_, value)| !(0.0..=LARGEST).contains(*value))
        {
            bail!("it is damaged: {name} is {value:e}");
        }
        Ok(it)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        // Fails only for map keys that are not strings, and for writers that fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Whether a run with these settings can be compared.
    ///
    /// # Errors
    ///
    /// The setting that differs, with both values.
    pub fn allows(&self, command: &str, settings: &[(&'static str, String)]) -> anyhow::Result<()> {
        if self.command != command {
            bail!("it is of bench {}, and this is bench {command}", self.command);
        }
        let now = by_name(settings);
        for name in self.settings.keys().chain(now.keys()) {
            let [before, value] =
                [&self.settings, &now].map(|it| it.get(name).map_or("nothing", |value| value));
            if before != value {
                return Err(anyhow!("it has other settings: {name} was {before} then and is {value} now"));
            }
        }
        Ok(())
    }

    /// Compares the figures that both runs have. A figure is worse if it differs by more than `percent`, and by more than what is
    /// chance in both runs. Nobody knows that of a figure that has no value now.
    pub fn compare(&self, results: &Results, percent: Option<f64>) -> Comparison {
        let limit = percent.unwrap_or(PERCENT);
        let figures: Vec<Change> = results
            .figures
            .iter()
            .filter_map(|figure| {
                let before = *self.figures.get(&figure.name)?;
                let now = rounded(figure.value);
                let worse = if figure.better == Better::Less { now - before } else { before - now };
                let noise = rounded(figure.noise + self.noise.get(&figure.name).copied().unwrap_or(0.0));
                let is_regression = worse > noise && worse > before.abs() * limit / 100.0;
                let change = (before != 0.0).then(|| rounded((now - before) * 100.0 / before));
                Some(Change {
                    name: figure.name.clone(),
                    before,
                    now,
                    noise,
                    change_percent: change,
                    is_regression,
                })
            })
            .collect();
        let regressions = figures.iter().filter(|it| it.is_regression).count();
        let before = |name: &String| Some(Unknown { name: name.clone(), before: *self.figures.get(name)? });
        let unknown = results.unknown.iter().filter_map(before).collect();
        Comparison { regressions, figures, unknown, is_strict: percent.is_some() }
    }
}

fn by_name(settings: &[(&'static str, String)]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    all.extend(settings.iter().map(|(name, value)| ((*name).into(), value.clone())));
    all
}

impl Comparison {
    /// Whether the run fails by it.
    pub fn is_failure(&self) -> bool {
        self.is_strict && (self.regressions > 0 || !self.unknown.is_empty())
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let line = |it: &Change| {
            let change = it.change_percent.map(|it| format!(" ({it:+.1} %)")).unwrap_or_default();
            format!(
                "worse: {}: {} before, {} now{change}; {} may be chance",
                it.name, it.before, it.now, it.noise
            )
        };
        let named = self.figures.iter().filter(|it| it.is_regression).map(line);
        let count = format!("baseline: {} of {} figures are worse", self.regressions, self.figures.len());
        let unknown =
            self.unknown.iter().map(|it| format!("unknown: {}: {} before, no value now", it.name, it.before));
        [count].into_iter().chain(named).chain(unknown).collect()
    }

    /// The figures that both runs have, for the page.
    pub fn all(&self) -> impl Iterator<Item = (&str, f64, f64, Option<f64>, bool)> {
        self.figures.iter().map(|it| (&it.name[..], it.before, it.now, it.change_percent, it.is_regression))
    }

    /// Those of the baseline that have no value now.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, f64)> {
        self.unknown.iter().map(|it| (&it.name[..], it.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(duration: &str, fps: f64, gap: f64) -> Results {
        let mut it = Results { command: "clients", ..Results::default() };
        it.settings = vec![("--duration", duration.into())];
        it.figure("n=1 ", "fps", Some(fps), Better::More, 0.2);
        it.figure("n=1 ", "gap_ms", Some(gap), Better::Less, 2.0);
        it.figure("n=1 ", "age_ms", None, Better::Less, 2.0);
        it
    }

    #[test]
    fn figures_that_are_worse_beyond_noise_are_regressions() {
        let baseline = Baseline::of(&results("10s", 30.0, 40.0));
        let read: Baseline = serde_json::from_str(&baseline.text()).unwrap();
        assert_eq!(read, baseline);
        for (fps, gap, expected) in
            [(30.0, 40.0, 0), (29.0, 41.9, 0), (26.0, 20.0, 1), (33.0, 60.0, 1), (20.0, 60.0, 2)]
        {
            let comparison = baseline.compare(&results("10s", fps, gap), Some(10.0));
            assert_eq!(comparison.regressions, expected, "{fps} {gap}");
            assert_eq!(comparison.is_failure(), expected > 0);
            assert_eq!(comparison.lines().len(), 1 + expected);
        }
        assert!(!baseline.compare(&results("10s", 1.0, 900.0), None).is_failure());
    }

    #[test]
    fn a_figure_that_has_no_value_any_more_does_not_pass() {
        let mut before = results("10s", 30.0, 40.0);
        before.unknown.clear();
        before.figure("n=1 ", "age_ms", Some(5.0), Better::Less, 2.0);
        // It depends on the sizes of this run's parts which blocks there are.
        before.figure("fill 20101 ", "frames", Some(9.0), Better::More, 2.0);
        let (now, baseline) = (results("10s", 30.0, 40.0), Baseline::of(&before));
        let comparison = baseline.compare(&now, Some(10.0));
        assert_eq!((comparison.regressions, comparison.is_failure()), (0, true));
        assert_eq!(comparison.lines()[1..], ["unknown: n=1 age_ms: 5 before, no value now"]);
        assert!(!baseline.compare(&now, None).is_failure(), "only --fail-on-regression fails");
        // What the baseline had not either is no news.
        assert!(!Baseline::of(&now).compare(&now, Some(10.0)).is_failure());
    }

    #[test]
    fn runs_with_other_settings_are_refused_with_both_values() {
        let baseline = Baseline::of(&results("10s", 30.0, 40.0));
        let allows = |command: &str, settings: &[(&'static str, String)]| {
            baseline.allows(command, settings).map_err(|error| error.to_string())
        };
        assert_eq!(allows("clients", &[("--duration", "10s".into())]), Ok(()));
        assert!(allows("slow", &[]).unwrap_err().contains("bench clients"));
        let error = allows("clients", &[("--duration", "20s".into())]).unwrap_err();
        assert!(error.ends_with("--duration was 10s then and is 20s now"), "{error}");
        let error = allows("clients", &[("--duration", "10s".into()), ("-n", "3".into())]).unwrap_err();
        assert!(error.ends_with("-n was nothing then and is 3 now"), "{error}");
    }
}
