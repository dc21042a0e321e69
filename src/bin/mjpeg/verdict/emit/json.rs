//! `--format json`: verdicts for programs, schema `mjpeg.check/1`.

use mjpeg::check::{Finding, Forecast, Report, carriers};
use mjpeg::consumers::Fate;
use serde::Serialize;
use serde_json::{Map, Value};

use super::emitter::Emitter;
use super::reason::reason;
use crate::output;
use crate::problem::Problem;
use crate::transport::End;
use crate::verdict::baseline::Comparison;
use crate::verdict::run::Run;
use crate::verdict::tasks::Task;
use crate::verdict::word::Verdict;

/// One JSON object for each target, each on one line.
#[derive(Debug)]
pub struct Json;

impl Emitter for Json {
    fn target(&mut self, task: &Task, run: &Run, verdict: Verdict) -> Result<String, Problem> {
        Ok(output::json(&object(task, run, verdict))?)
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(String::new())
    }
}

/// Unknown values are absent.
#[derive(Debug, Serialize)]
struct Object<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<AskedObject>,
    parts: u64,
    duration_s: f64,
    findings: Vec<FindingObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obstacles: Vec<FindingObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumers: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumers_derived: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    consumers_decided_by: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    consumers_causes: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timing: Option<Timing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Frames>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Vec<ChangeObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A change since the baseline.
#[derive(Debug, Serialize)]
struct ChangeObject<'a> {
    trend: &'static str,
    what: &'a str,
    message: &'a str,
}

/// How much was to be read.
#[derive(Debug, Serialize)]
struct AskedObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_s: Option<f64>,
}

#[derive(Debug, Serialize)]
struct FindingObject<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct Timing {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_frame_ms: Option<f64>,
    fps: f64,
    gap_p50_ms: f64,
    gap_p99_ms: f64,
    gap_max_ms: f64,
    jitter_ms: f64,
    stalls: u64,
}

#[derive(Debug, Serialize)]
struct Frames {
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_p50: Option<u64>,
    identical: u64,
    walked: u64,
    unread: u64,
}

fn object<'a>(task: &Task, run: &'a Run, verdict: Verdict) -> Object<'a> {
    let report = run.report.as_ref();
    let error = match &run.failure {
        Some(failure) => Some(failure.to_string()),
        None => reason(run),
    };
    Object {
        schema: "mjpeg.check/1",
        name: task.name.as_ref().map(ToString::to_string),
        target: task.target.to_string(),
        url: run.url.as_deref(),
        started: started(run),
        verdict: verdict.name(),
        end: run.end.as_ref().and_then(|end| end.word("cap")),
        cap: run.end.as_ref().and_then(cap),
        asked: asked(run),
        parts: report.map_or(0, |report| report.parts),
        duration_s: output::rounded(run.duration.as_secs_f64()),
        findings: report.map(|report| report.findings.iter().map(finding).collect()).unwrap_or_default(),
        obstacles: report.filter(|report| report.pictures > 0).map(obstacles).unwrap_or_default(),
        consumers: report.filter(|report| report.parts > 0 && !report.forecasts.is_empty()).map(consumers),
        consumers_derived: report.filter(|report| report.pictures > 0).map(derived),
        consumers_decided_by: report.filter(|report| report.parts > 0).map(decided_by).unwrap_or_default(),
        consumers_causes: report.filter(|report| report.parts > 0).map(causes).unwrap_or_default(),
        timing: report.and_then(|report| timing(run, report)),
        frames: report.filter(|report| report.pictures > 0).map(frames),
        baseline: run.comparison.as_ref().map(changes),
        error,
    }
}

/// When the check of the target began: RFC 3339, UTC, with milliseconds.
fn started(run: &Run) -> Option<String> {
    let ms = i64::try_from(run.started.as_millis()).ok()?;
    let time = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(format!("{time:.3}"))
}

/// Which of the limits ended the reading.
fn cap(end: &End) -> Option<&'static str> {
    match end {
        End::Enough => Some("frames"),
        End::TimeUp => Some("duration"),
        _ => None,
    }
}

fn asked(run: &Run) -> Option<AskedObject> {
    let duration_s = run.asked.duration.map(|duration| output::rounded(duration.as_secs_f64()));
    let asked = AskedObject { frames: run.asked.frames, duration_s };
    (asked.frames.is_some() || asked.duration_s.is_some()).then_some(asked)
}

fn finding(finding: &Finding) -> FindingObject<'_> {
    FindingObject {
        code: finding.rule.code,
        name: finding.rule.name,
        severity: finding.severity().name(),
        count: finding.count,
        part: finding.part,
        offset: finding.offset,
        file: finding.file.as_deref(),
        message: &finding.message,
    }
}

/// Without those that a stream cannot avoid.
fn obstacles(report: &Report) -> Vec<FindingObject<'_>> {
    let carriers = || carriers().filter(|carrier| carrier.takes_streams);
    let is_avoidable = |it: &&Finding| carriers().any(|carrier| carrier.rules.contains(&it.rule));
    report.obstacles.iter().filter(is_avoidable).map(finding).collect()
}

fn consumers(report: &Report) -> Map<String, Value> {
    report.forecasts.iter().map(|it| (it.consumer.name.into(), it.fate.name().into())).collect()
}

fn derived(report: &Report) -> Map<String, Value> {
    let fate = |obstacle: Option<&Finding>| if obstacle.is_some() { Fate::Nothing } else { Fate::Plays };
    report.carried().map(|(carrier, obstacle)| (carrier.name.into(), fate(obstacle).name().into())).collect()
}

/// The codes of the findings that decide.
fn decided_by(report: &Report) -> Map<String, Value> {
    let code = |it: &Forecast| Some((it.consumer.name.into(), it.decided_by?.code.into()));
    let carried = report.carried().filter(|_| report.pictures > 0);
    let obstacles = carried.filter_map(|(carrier, it)| Some((carrier.name.into(), it?.rule.code.into())));
    report.forecasts.iter().filter_map(code).chain(obstacles).collect()
}

/// What consumers run into that are late or lose frames, where no finding names it.
fn causes(report: &Report) -> Map<String, Value> {
    let is_named = |it: &&Forecast| it.fate <= Fate::Unknown || it.decided_by.is_some();
    let unnamed = report.forecasts.iter().filter(|it| !is_named(it));
    unnamed.filter_map(|it| Some((it.consumer.name.into(), it.cause?.to_string().into()))).collect()
}

fn timing(run: &Run, report: &Report) -> Option<Timing> {
    let timing = report.timing.as_ref()?;
    Some(Timing {
        first_frame_ms: run.first_frame.map(output::ms),
        fps: output::rounded(timing.fps),
        gap_p50_ms: output::ms(timing.gap_p50),
        gap_p99_ms: output::ms(timing.gap_p99),
        gap_max_ms: output::ms(timing.gap_max),
        jitter_ms: output::ms(timing.jitter),
        stalls: timing.stalls,
    })
}

fn changes(comparison: &Comparison) -> Vec<ChangeObject<'_>> {
    let changes = comparison.changes.iter();
    changes.map(|it| ChangeObject { trend: it.trend.name(), what: &it.what, message: &it.text }).collect()
}

fn frames(report: &Report) -> Frames {
    let (width, height) = report.frames.size.unzip();
    let mjpeg::check::Frames { bytes_p50, identical, walked, unread, .. } = report.frames;
    Frames { width, height, bytes_p50, identical, walked, unread }
}
