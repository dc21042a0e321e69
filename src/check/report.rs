//! What a judge found.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::carrier::{Carrier, carriers};
use super::cause::{Gap, GapCause};
use super::decision::deciding;
use super::decoding::{Flaw, decoded};
use super::lateness::ReaderLateness;
use super::rule::{Rule, Severity};
use super::rules::consumer::CONSUMER_FAILS;
use super::rules::snapshot::{NOT_A_SNAPSHOT, SNAPSHOT};
use crate::consumers::{self, Consumer, Fate, Prediction, Predictor, Stream, consumers};
use crate::stats::Timing;

/// A rule that the stream breaks: how often, where first, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How often the stream breaks it.
    pub count: u64,
    /// The first part concerned, counted from 1; absent for the response head.
    pub part: Option<u64>,
    /// Bytes of the decoded body before the first place; absent for the response head.
    pub offset: Option<u64>,
    /// The file of a recording that it is in; for others absent.
    pub file: Option<String>,
    /// What is wrong there. It may contain text from the wire: escape it for a terminal.
    pub message: String,
    /// Whose fault a gap is, as far as it is known; for other findings absent.
    pub cause: Option<GapCause>,
    /// The severity where it is not that of the rule: in this stream, or for the consumers that it is judged for.
    pub(super) severity: Option<Severity>,
}

impl Finding {
    /// How bad it is: the severity of its rule, unless the stream or the chosen consumers make it better or worse.
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or(self.rule.severity)
    }
}

/// What becomes of the stream in one consumer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Forecast {
    /// The consumer.
    pub consumer: &'static Consumer,
    /// What becomes of the frames.
    pub fate: Fate,
    /// The rule of the finding that decides it, if one does.
    pub decided_by: Option<&'static Rule>,
    /// What the consumer runs into, if it is late or loses frames.
    pub cause: Option<consumers::Cause>,
}

/// For people: `mpv: dies because of LF alone`.
impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.consumer.name, self.fate)?;
        self.cause.map_or(Ok(()), |cause| write!(f, " because of {cause}"))
    }
}

/// The pictures of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frames {
    /// Width and height of the first picture, in pixels.
    pub size: Option<(u16, u16)>,
    /// Median size of the bodies in bytes, by nearest rank.
    pub bytes_p50: Option<u64>,
    /// Pictures that show the same as the one before: equal bytes, or equal scans behind another header.
    pub identical: u64,
    /// Pictures of which the entropy-coded data was read, with or without damage.
    pub walked: u64,
    /// Pictures of which it was to be read, but cannot be: arithmetic coding and others, see their rules.
    pub unread: u64,
}

/// What the coded strips of the pictures say: which frames of the source came, and how old they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Strips {
    /// The source of the last frame.
    pub source: u16,
    /// The sources, one after the other: 1 unless the source started again or was exchanged.
    pub sources: u64,
    /// Frames with a strip.
    pub frames: u64,
    /// Frames that did not come, although later ones did.
    pub lost: u64,
    /// Frames that came again.
    pub doubled: u64,
    /// Frames that came behind a later one.
    pub reordered: u64,
    /// Frames that came before the time in their strip: the clocks of the two ends do not agree.
    pub early: u64,
    /// How old the frames were, if it is known when they came.
    pub latency: Option<Latency>,
}

/// How old frames were when they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// Median age, by nearest rank.
    pub p50: Duration,
    /// 99th percentile of the ages.
    pub p99: Duration,
    /// The largest age.
    pub max: Duration,
    /// Frames that were more than a frame interval older than the median: the next frame should have come then.
    pub late: u64,
}

/// The result of a judge: the findings of the selected rules, and figures of the stream.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The findings: errors first, then by code.
    pub findings: Vec<Finding>,
    /// What keeps the stream from carriers. They are no findings unless [`Report::judge_for`] makes them some.
    pub obstacles: Vec<Finding>,
    /// Whether the response is one picture, as its type says.
    pub is_snapshot: bool,
    /// Parts seen.
    pub parts: u64,
    /// Parts that the end of the input cuts: one at most.
    pub cut: u64,
    /// Parts with a whole picture.
    pub pictures: u64,
    /// Timing of the pictures, if two or more have an arrival time.
    pub timing: Option<Timing>,
    /// The gaps above the limit, the longest 64 of them, each with its cause. Those that are ours break no rule.
    pub gaps: Vec<Gap>,
    /// How late the reader was.
    pub lateness: ReaderLateness,
    /// The pictures.
    pub frames: Frames,
    /// Their coded strips, if they have some and the caller has read them: [`super::Judge::identity`].
    pub strips: Option<Strips>,
    /// What becomes of the stream in each consumer, after [`Report::forecast`]; empty before.
    pub forecasts: Vec<Forecast>,
    /// What is wrong with the pictures, whether or not the rule is selected.
    pub(super) flaws: Vec<Flaw>,
}

impl Report {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }

    /// Predicts what becomes of `stream`, which this report is about, in each consumer: the worse of what the
    /// simulation of its reader predicts and what its decoder makes of the pictures.
    pub fn forecast(&mut self, stream: &Stream) {
        let predictor = Predictor::new(stream);
        let broken: Vec<&'static Rule> = self.findings.iter().map(|finding| finding.rule).collect();
        let forecast = |consumer: &'static Consumer| {
            // Without a picture there is nothing to show.
            let nothing = Prediction::nothing();
            let prediction = if self.parts > 0 { predictor.predict(consumer) } else { nothing };
            let decoded = decoded(&self.flaws, self.parts, consumer, prediction.fate);
            let decided_by = match decoded.decided_by {
                Some(rule) => broken.iter().copied().find(|&it| it == rule),
                None => deciding(&broken, consumer, &prediction),
            };
            let is_delivered = decoded.decided_by.is_none() && prediction.fate > Fate::Unknown;
            let cause = prediction.cause.filter(|_| is_delivered);
            Forecast { consumer, fate: decoded.fate, decided_by, cause }
        };
        self.forecasts = consumers().map(forecast).collect();
    }

    /// What keeps the stream from each carrier, if anything does. That of a snapshot is among the findings.
    pub fn carried(&self) -> impl Iterator<Item = (&'static Carrier, Option<&Finding>)> {
        carriers().map(|carrier| {
            let mut obstacles = self.obstacles.iter().chain(&self.findings);
            (carrier, obstacles.find(|obstacle| carrier.rules.contains(&obstacle.rule)))
        })
    }

    /// Judges the findings for these consumers and carriers alone. A finding is an error if it decides that one of them
    /// loses frames, a warning if it makes one late or its fate unknown, and an info otherwise. Findings of rules that
    /// break no consumer, such as limits that the user sets, keep their severity. A consumer that loses frames without
    /// a finding that says why gets a finding of its own. What keeps the stream from a carrier is an error.
    ///
    /// With carriers alone, it is not known which program reads the stream, so all count. Nor is it known what decodes
    /// the pictures behind a carrier, so their faults count in any case. Without a forecast, all severities stay.
    pub fn judge_for(&mut self, chosen: &[&Consumer], carriers: &[&Carrier]) {
        let forecasts: Vec<Forecast> =
            self.forecasts.iter().copied().filter(|it| chosen.contains(&it.consumer)).collect();
        for finding in &mut self.findings {
            let is_decisive = self.forecasts.iter().any(|it| it.decided_by == Some(finding.rule));
            if !forecasts.is_empty() && (is_decisive || !finding.rule.effects.is_empty()) {
                finding.severity = Some(decided(&forecasts, finding.rule));
            }
            if !carriers.is_empty() && finding.rule.is_of_decoders() {
                finding.severity = Some(finding.severity().max(finding.rule.severity));
            }
        }
        let unexplained = |it: &&Forecast| it.fate.loses_frames() && it.decided_by.is_none();
        for forecast in forecasts.iter().filter(unexplained).take(1) {
            self.findings.push(Finding {
                rule: &CONSUMER_FAILS,
                count: forecasts.iter().filter(unexplained).count() as u64,
                part: None,
                offset: None,
                file: None,
                message: forecast.to_string(),
                cause: None,
                severity: None,
            });
        }
        let is_asked = |rule| carriers.iter().any(|carrier| carrier.rules.contains(&rule));
        let is_polled = carriers.iter().any(|carrier| carrier.rules.contains(&&NOT_A_SNAPSHOT));
        for finding in &mut self.findings {
            if is_asked(finding.rule) {
                finding.severity = Some(Severity::Error);
            } else if finding.rule == &SNAPSHOT && is_polled {
                finding.severity = Some(Severity::Info);
            }
        }
        let obstacles = self.obstacles.iter().filter(|obstacle| is_asked(obstacle.rule)).cloned();
        self.findings.extend(obstacles.map(|it| Finding { severity: Some(Severity::Error), ..it }));
        self.obstacles.retain(|obstacle| !is_asked(obstacle.rule));
        self.findings.sort_by_key(|finding| core::cmp::Reverse(finding.severity()));
    }
}

/// How bad a finding of `rule` is for the consumers of these forecasts.
fn decided(forecasts: &[Forecast], rule: &Rule) -> Severity {
    let decided = forecasts.iter().filter(|it| it.decided_by == Some(rule));
    match decided.map(|it| it.fate).max() {
        Some(fate) if fate.loses_frames() => Severity::Error,
        Some(fate) if fate >= Fate::Unknown => Severity::Warning,
        _ => Severity::Info,
    }
}
