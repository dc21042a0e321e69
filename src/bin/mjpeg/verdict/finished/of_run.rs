//! The model of a target that was read now.

use mjpeg::check::{self, Forecast, Report, Severity, carriers};
use mjpeg::consumers::Fate;
use serde_json::{Map, Value};

use super::finding::Finding;
use super::pictures::{Frames, Latency, Strip};
use super::target::{Asked, Change, Finished, Limits, Origin, SCHEMA};
use super::timing::{Reader, Timing};
use crate::clock::time_of_day;
use crate::gap::Gap;
use crate::output;
use crate::transport::{End, Target};
use crate::verdict::baseline;
use crate::verdict::options::Options;
use crate::verdict::reason::reason;
use crate::verdict::run::Run;
use crate::verdict::tasks::Task;

impl Finished {
    /// Names the run that it belongs to, which has so many targets.
    #[must_use]
    pub fn in_run(self, shard: Option<String>, targets: usize) -> Self {
        let run_targets = (targets > 1).then_some(targets as u64);
        Self { shard, run_targets, ..self }
    }

    /// The result of `run` of `task`. Findings of `fail_on` or worse fail.
    pub fn of(task: &Task, run: &Run, fail_on: Severity) -> Self {
        let report = run.report.as_ref();
        let error = match &run.failure {
            Some(failure) => Some(failure.to_string()),
            None => reason(run),
        };
        Self {
            schema: SCHEMA.into(),
            name: task.name.as_ref().map(ToString::to_string),
            target: task.target.to_string(),
            shard: None,
            run_targets: None,
            source: Some(origin(task, run)),
            url: run.url.clone(),
            started: Some(time_of_day(run.started)),
            verdict: run.verdict(fail_on),
            end: run.end.as_ref().and_then(|end| end.word("cap")).map(String::from),
            cap: run.end.as_ref().and_then(cap).map(String::from),
            asked: asked(run),
            limits: Some(limits(&task.options, fail_on)),
            rules_off: rules_off(&task.options),
            exempt: task.options.exempt.clone(),
            parts: report.map_or(0, |report| report.parts),
            duration_s: output::rounded(run.duration.as_secs_f64()),
            findings: report.map(|report| report.findings.iter().map(finding).collect()).unwrap_or_default(),
            obstacles: report.filter(|report| report.pictures > 0).map(obstacles).unwrap_or_default(),
            consumers: report
                .filter(|report| report.parts > 0 && !report.forecasts.is_empty())
                .map(consumers),
            consumers_derived: report.filter(|report| report.pictures > 0).map(derived),
            consumers_decided_by: report
                .filter(|report| report.parts > 0)
                .map(decided_by)
                .unwrap_or_default(),
            consumers_causes: report.filter(|report| report.parts > 0).map(causes).unwrap_or_default(),
            timing: report.and_then(|report| timing(run, report)),
            gaps: report.map(|report| report.gaps.iter().map(Gap::from).collect()).unwrap_or_default(),
            reader: report.and_then(|report| reader(&report.lateness)),
            frames: report.filter(|report| report.pictures > 0).map(frames),
            strip: report.and_then(|report| report.strips).map(|it| strip(&it)),
            baseline: run.comparison.as_ref().map(|it| it.changes.iter().map(change).collect()),
            error,
            is_error_told: run.failure.is_some(),
            is_snapshot: report.is_some_and(|report| report.is_snapshot),
        }
    }
}

fn origin(task: &Task, run: &Run) -> Origin {
    match &task.target {
        Target::Url(_) => Origin::Url,
        Target::Test(_) => Origin::Test,
        Target::Stdin => Origin::Stdin,
        Target::File(_) if run.is_recording => Origin::Recording,
        Target::File(_) => Origin::File,
    }
}

/// Which of the limits ended the reading.
fn cap(end: &End) -> Option<&'static str> {
    match end {
        End::Enough => Some("frames"),
        End::TimeUp => Some("duration"),
        _ => None,
    }
}

fn asked(run: &Run) -> Option<Asked> {
    let duration_s = run.asked.duration.map(|duration| output::rounded(duration.as_secs_f64()));
    let asked = Asked { frames: run.asked.frames, duration_s };
    (asked.frames.is_some() || asked.duration_s.is_some()).then_some(asked)
}

fn limits(options: &Options, fail_on: Severity) -> Limits {
    let expected = &options.expectations;
    let (width, height) = expected.size.unzip();
    let max_gap_ms = expected.max_gap.map(output::ms);
    Limits { fail_on, min_fps: expected.min_fps, max_gap_ms, width, height, expect_live: expected.live }
}

fn rules_off(options: &Options) -> Vec<String> {
    let rules = &options.expectations.rules;
    check::rules().filter(|rule| !rules.contains(rule)).map(|rule| rule.code.into()).collect()
}

fn finding(finding: &check::Finding) -> Finding {
    Finding {
        code: finding.rule.code.into(),
        name: finding.rule.name.into(),
        severity: finding.severity(),
        count: finding.count,
        part: finding.part,
        offset: finding.offset,
        file: finding.file.clone(),
        message: finding.message.clone(),
        cause: finding.cause.map(|cause| cause.name().into()),
    }
}

/// Absent if each read was in time.
fn reader(lateness: &check::ReaderLateness) -> Option<Reader> {
    (lateness.reads > 0).then(|| Reader {
        late_reads: lateness.reads,
        late_ms: output::ms(lateness.total),
        late_max_ms: output::ms(lateness.longest),
        starved_ms: output::ms(lateness.starved),
    })
}

/// Without those that a stream cannot avoid.
fn obstacles(report: &Report) -> Vec<Finding> {
    let carriers = || carriers().filter(|carrier| carrier.takes_streams);
    let is_avoidable = |it: &&check::Finding| carriers().any(|carrier| carrier.rules.contains(&it.rule));
    report.obstacles.iter().filter(is_avoidable).map(finding).collect()
}

fn consumers(report: &Report) -> Map<String, Value> {
    report.forecasts.iter().map(|it| (it.consumer.name.into(), it.fate.name().into())).collect()
}

fn derived(report: &Report) -> Map<String, Value> {
    let fate = |obstacle: Option<&check::Finding>| match obstacle {
        Some(_) => Fate::Nothing,
        None => Fate::Plays,
    };
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

fn frames(report: &Report) -> Frames {
    let (width, height) = report.frames.size.unzip();
    let check::Frames { bytes_p50, identical, walked, unread, .. } = report.frames;
    Frames { width, height, bytes_p50, pictures: report.pictures, identical, walked, unread }
}

fn strip(it: &check::Strips) -> Strip {
    Strip {
        source: it.source,
        sources: it.sources,
        frames: it.frames,
        lost: it.lost,
        doubled: it.doubled,
        reordered: it.reordered,
        before_their_time: it.early,
        latency: it.latency.map(|it| Latency {
            late: it.late,
            latency_p50_ms: output::ms(it.p50),
            latency_p99_ms: output::ms(it.p99),
            latency_max_ms: output::ms(it.max),
        }),
    }
}

fn change(change: &baseline::Change) -> Change {
    Change { trend: change.trend, what: change.what.clone(), message: change.text.clone() }
}
