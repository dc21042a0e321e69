//! The model of a finished target. Its JSON form is schema `mjpeg.check/1`, which `--merge` reads again.

use mjpeg::check::{Severity, carrier};
use mjpeg::consumers::Fate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::finding::Finding;
use super::pictures::{Frames, Strip};
use super::timing::{Reader, Timing};
use crate::criteria::Verdict;
use crate::gap::Gap;
use crate::verdict::baseline::Trend;
use crate::verdict::exempt::Exempt;

/// The name and version of the format.
pub const SCHEMA: &str = "mjpeg.check/1";

/// All that is known of a finished target. Unknown values are absent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finished {
    /// `mjpeg.check/1`.
    pub schema: String,
    /// Its name in the list of targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The target as typed, without a password.
    pub target: String,
    /// The shard of its run, as `2/6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// How many targets its run has, if these are several: so a file that was cut is noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_targets: Option<u64>,
    /// What kind of target it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Origin>,
    /// The URL that answered, after redirections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the check began: RFC 3339, UTC, with milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// How the stream ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Which of the limits ended the reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// How much was to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// What it had to meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// The codes of the rules that were not applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules_off: Vec<String>,
    /// The rules that a file of expectations exempts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<Exempt>,
    /// Parts that were read.
    pub parts: u64,
    /// From the request to the end.
    pub duration_s: f64,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// What keeps the stream from carriers that were not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Finding>,
    /// What becomes of the stream in each consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Map<String, Value>>,
    /// The same for carriers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumers_derived: Option<Map<String, Value>>,
    /// The codes of the findings that decide.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub consumers_decided_by: Map<String, Value>,
    /// What consumers run into that are late or lose frames, where no finding names it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub consumers_causes: Map<String, Value>,
    /// The times of the pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// The gaps above the limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// How late we were, if that was noticeable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<Reader>,
    /// The pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// What the coded strips of the pictures say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strip: Option<Strip>,
    /// What has changed since the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Vec<Change>>,
    /// Why there is no stream, or why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the error is a message on standard error too.
    #[serde(skip)]
    pub is_error_told: bool,
    /// Whether the answer is one picture.
    #[serde(skip)]
    pub is_snapshot: bool,
}

/// What kind of target it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A stream, or a picture, from a server.
    Url,
    /// The test pattern.
    Test,
    /// A saved response.
    File,
    /// A directory of `mjpeg record`.
    Recording,
    /// Standard input.
    Stdin,
}

/// How much was to be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
}

/// What the target had to meet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limits {
    /// Findings of this severity or worse fail.
    #[serde(with = "super::severity")]
    pub fail_on: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_gap_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u16>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expect_live: bool,
}

/// A change since the baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    pub trend: Trend,
    pub what: String,
    pub message: String,
}

impl Finished {
    /// What it is called: its name, or the target as typed.
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.target)
    }

    /// Findings of this severity or worse fail.
    pub fn fail_on(&self) -> Severity {
        self.limits.as_ref().map_or(Severity::Error, |limits| limits.fail_on)
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|it| it.severity == severity).count()
    }

    /// Whether the stream was read and judged.
    pub fn is_judged(&self) -> bool {
        matches!(self.verdict, Verdict::Pass | Verdict::Fail)
    }

    /// Whether there was a stream, or something else that was read.
    pub fn has_report(&self) -> bool {
        let is_read = |end: &String| end != "signal" || self.parts > 0;
        self.end.as_ref().is_some_and(is_read)
    }

    /// Whether its bytes came as they were made.
    pub fn is_live(&self) -> bool {
        match self.source {
            Some(origin) => matches!(origin, Origin::Url | Origin::Test),
            None => self.url.is_some(),
        }
    }

    /// What becomes of the stream in each consumer. Words of later versions are unknown fates.
    pub fn fates(&self) -> Vec<(&str, Fate)> {
        let Some(words) = &self.consumers else { return Vec::new() };
        words.iter().map(|(name, word)| (&name[..], fate(word.as_str().unwrap_or_default()))).collect()
    }

    /// The code of the finding that decides about a consumer.
    pub fn decided_by(&self, consumer: &str) -> Option<&str> {
        self.consumers_decided_by.get(consumer)?.as_str()
    }

    /// What a consumer runs into, where no finding names it.
    pub fn cause(&self, consumer: &str) -> Option<&str> {
        self.consumers_causes.get(consumer)?.as_str()
    }

    /// The carriers that a stream can suit and this one does not, with what keeps it from them.
    pub fn refused_carriers(&self) -> impl Iterator<Item = (&str, &Finding)> {
        let names = self.consumers_derived.iter().flat_map(Map::keys);
        names.filter(|name| carrier(name).is_some_and(|it| it.takes_streams)).filter_map(|name| {
            let code = self.decided_by(name)?;
            let mut all = self.obstacles.iter().chain(&self.findings);
            Some((&name[..], all.find(|it| it.code == code)?))
        })
    }
}

/// The fate with this word.
fn fate(word: &str) -> Fate {
    let known = [
        Fate::OnTime,
        Fate::Plays,
        Fate::Late,
        Fate::ChangesBytes,
        Fate::Loses,
        Fate::Dies,
        Fate::Nothing,
        Fate::Crashes,
    ];
    known.into_iter().find(|it| it.name() == word).unwrap_or(Fate::Unknown)
}
