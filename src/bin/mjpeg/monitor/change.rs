//! A change of the state of a camera: the line of JSON, and the line for people.

use std::time::Duration;

use mjpeg::check::{Finding, GapCause};
use serde::Serialize;

use super::camera::{Camera, News};
use crate::clock::time_of_day;
use crate::criteria::Verdict;
use crate::output;

/// Most characters of a text in a line. A camera may say much in its head, and a variable of the command for a change has a
/// limit: with a line that is too long, the command would not start.
const MOST_CHARS: usize = 400;

/// A line on standard output, schema `mjpeg.monitor/1`.
#[derive(Debug, Serialize)]
pub struct Line {
    schema: &'static str,
    /// When the window was closed that made the change.
    pub time: String,
    /// The name of the camera.
    pub name: String,
    /// Its URL, without a password.
    pub target: String,
    /// The state before.
    pub from: &'static str,
    /// The state now; the same if another fault has come.
    pub to: &'static str,
    /// How long the state before had lasted; absent if the state is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    lasted_s: Option<f64>,
    /// The verdict on the window.
    pub verdict: Verdict,
    /// Why there is no stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The findings that count.
    pub findings: Vec<FindingLine>,
    /// The picture rate in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    /// The longest time for which this process was behind the stream, if that was more than half a second: what it says about
    /// times may be its own fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    behind_ms: Option<f64>,
}

/// A finding in a line.
#[derive(Debug, Clone, Serialize)]
pub struct FindingLine {
    /// The code of the rule.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    severity: String,
    /// How often the rule was broken in the window.
    count: u64,
    /// The first part concerned, counted from the first one that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u64>,
    /// What is wrong there.
    pub message: String,
    /// Whose fault a gap is: `camera`, `network` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
}

impl From<&Finding> for FindingLine {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.rule.code,
            name: finding.rule.name,
            severity: finding.severity().to_string(),
            count: finding.count,
            part: finding.part,
            message: output::shortened(&finding.message, MOST_CHARS),
            cause: finding.cause.map(GapCause::name),
        }
    }
}

impl Line {
    /// The line of a change.
    pub fn of(camera: &Camera, news: &News) -> Self {
        let News { change, seen, unix, lasted } = news;
        let is_behind = seen.behind > Duration::from_millis(500);
        Self {
            schema: "mjpeg.monitor/1",
            time: time_of_day(*unix),
            name: camera.name.clone(),
            target: camera.target.to_string(),
            from: change.from.name(),
            to: change.to.name(),
            lasted_s: (change.from != change.to).then(|| output::rounded(lasted.as_secs_f64())),
            verdict: seen.verdict,
            reason: seen.why.as_deref().map(|why| output::shortened(why, MOST_CHARS)),
            findings: seen.alarms().iter().map(FindingLine::from).collect(),
            fps: seen.timing.map(|timing| output::rounded(timing.fps)),
            behind_ms: is_behind.then(|| output::ms(seen.behind)),
        }
    }

    /// What is wrong, in a few words; empty for a good camera.
    pub fn message(&self) -> String {
        let findings = self.findings.iter().map(|it| format!("{}: {} ({})", it.name, it.message, it.code));
        let all: Vec<String> = self.reason.iter().cloned().chain(findings).collect();
        all.join("; ")
    }

    /// Whose fault the first finding with a known cause is, or nothing.
    pub fn cause(&self) -> &'static str {
        self.findings.iter().find_map(|finding| finding.cause).unwrap_or_default()
    }

    /// For people: `front: bad: black: 50 pictures in a row are black (C509)`.
    pub fn text(&self) -> String {
        let Self { name, to, verdict, .. } = self;
        match self.message() {
            message if message.is_empty() && *verdict == Verdict::Pass => format!("{name}: {to}"),
            message => format!("{name}: {to}: {message}"),
        }
    }
}
