//! `--format text`: verdicts to read.

use std::fmt::Write as _;

use mjpeg::check::{Finding, Report};
use mjpeg::consumers::{Cause, Fate};
use mjpeg::counted::Counted;

use super::emitter::Emitter;
use super::reason::{behind, reason};
use super::table;
use crate::cadence;
use crate::lines::hanging;
use crate::output::{self, printable};
use crate::paint::{Ink, Paint};
use crate::problem::Problem;
use crate::transport::End;
use crate::verdict::baseline::Trend;
use crate::verdict::explain::ink as severity_ink;
use crate::verdict::run::Run;
use crate::verdict::tasks::Task;
use crate::verdict::word::Verdict;

/// How far a line that goes on is indented.
const INDENT: usize = 4;

/// Text for a terminal.
#[derive(Debug)]
pub struct Text {
    /// Whether to print only the verdict and the findings.
    quiet: bool,
    paint: Paint,
    /// Characters of a line; `None`: no limit.
    width: Option<usize>,
    results: Vec<table::Result>,
}

impl Text {
    /// Text without a verdict. With `quiet` it has only the verdicts and the findings.
    pub fn new(quiet: bool, paint: Paint, width: Option<usize>) -> Self {
        Self { quiet, paint, width, results: Vec::new() }
    }
}

impl Emitter for Text {
    fn target(&mut self, task: &Task, run: &Run, verdict: Verdict) -> Result<String, Problem> {
        let target = task.target.to_string();
        self.results.push(table::Result::of(&task.shown(), run, verdict));
        let shown = match &task.name {
            Some(name) => format!("{name} ({target})"),
            None => target,
        };
        let text = text(&shown, run, verdict, self.quiet, self.paint);
        let lines = text.lines().map(|line| hanging(line, self.width, INDENT));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(match &self.results[..] {
            [] | [_] => String::new(),
            results => format!("\n{}", table::table(results, self.width, self.paint)),
        })
    }
}

/// The verdict in one line, the measurements, and a line for each finding.
fn text(target: &str, run: &Run, verdict: Verdict, quiet: bool, paint: Paint) -> String {
    let ink = if verdict == Verdict::Pass { Ink::Good } else { Ink::Error };
    let mut text = format!(
        "{}: {}",
        paint.ink(Ink::Name, printable(target)),
        paint.ink(ink, verdict.name().replace('_', " "))
    );
    if let Some(reason) = reason(run) {
        let _ = write!(text, " ({})", printable(behind(verdict, &reason)));
    }
    let Some(report) = &run.report else { return text };
    if !quiet {
        let _ = write!(text, "\n  {}", measured(run, report));
        let is_broken = report.forecasts.iter().any(|it| it.fate.loses_frames());
        let is_stream = report.parts > 0 && !report.is_snapshot;
        if is_stream && !report.forecasts.is_empty() && (report.pictures > 0 || is_broken) {
            let _ = write!(text, "\n  {}", consumers(report));
        }
        if report.pictures > 0 {
            for (carrier, obstacle) in report.carried().filter(|(carrier, _)| carrier.takes_streams) {
                let Some(Finding { rule, message, .. }) = obstacle else { continue };
                let _ = write!(text, "\n  not for {}: {} ({})", carrier.name, printable(message), rule.code);
            }
        }
    }
    for finding in &report.findings {
        let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
        let _ = write!(
            text,
            "\n  {} {} {}: {}{}{times}",
            paint.ink(severity_ink(finding.severity()), format!("{:7}", finding.severity())),
            paint.ink(Ink::Name, finding.rule.code),
            finding.rule.name,
            printable(&place(finding)),
            printable(&finding.message),
        );
    }
    for change in run.comparison.iter().flat_map(|it| &it.changes) {
        let ink = match change.trend {
            Trend::Worse => Ink::Error,
            Trend::Other => Ink::Info,
            Trend::Better => Ink::Good,
        };
        let trend = paint.ink(ink, format!("{:7}", change.trend.name()));
        let _ = write!(text, "\n  {trend} {}: {}", printable(&change.what), printable(&change.text));
    }
    if !quiet && !report.findings.is_empty() {
        let _ =
            write!(text, "\n  mjpeg check --explain {} says what that means", report.findings[0].rule.code);
    }
    text
}

/// Where a finding is: `frame-000003.jpg, part 3, byte 4711: `.
fn place(finding: &Finding) -> String {
    let part = finding.part.filter(|_| finding.offset.is_some() || finding.file.is_some());
    let part = part.map(|part| format!("part {part}"));
    let offset = finding.offset.map(|offset| format!("byte {offset}"));
    let known: Vec<String> = [finding.file.clone(), part, offset].into_iter().flatten().collect();
    if known.is_empty() { String::new() } else { format!("{}: ", known.join(", ")) }
}

fn measured(run: &Run, report: &Report) -> String {
    let mut text = Counted(report.parts, "part").to_string();
    if run.is_live {
        let _ = write!(text, " in {:.1} s", run.duration.as_secs_f64());
    }
    if let Some(timing) = &report.timing {
        let _ = write!(text, ", {}", cadence::line(timing));
    }
    if let Some((width, height)) = report.frames.size {
        let _ = write!(text, ", {width}x{height}");
    }
    if let Some(bytes) = report.frames.bytes_p50 {
        let _ = write!(text, ", {} a frame", output::bytes(bytes));
    }
    if report.pictures > 0 {
        let frames = &report.frames;
        let pictures = Counted(report.pictures, "picture");
        let _ = write!(text, ", scans read of {} of {pictures}", frames.walked);
    }
    if let Some(end) = run.end.as_ref().and_then(|end| end.word("limit reached")) {
        let _ = write!(text, ", end: {end}");
    }
    match (&run.end, run.asked.frames, run.asked.duration) {
        (Some(End::TimeUp), Some(frames), _) => {
            let asked = Counted(frames, "part");
            let _ = write!(text, " (the time was up after {} of {asked})", report.parts);
        }
        (Some(End::Enough), _, Some(duration)) => {
            let duration = humantime::format_duration(duration);
            let _ = write!(text, " (the parts were read before the {duration} were over)");
        }
        _ => {}
    }
    text
}

/// The consumers by what becomes of the stream in them, the worst first; the rule that decides behind each.
fn consumers(report: &Report) -> String {
    let fate = |fate: Fate| {
        let of_fate = report.forecasts.iter().filter(|it| it.fate == fate);
        let names: Vec<String> = of_fate
            .map(|it| match it.decided_by {
                Some(rule) => format!("{} ({})", it.consumer.name, rule.code),
                None => match it.cause.filter(|_| it.fate.loses_frames()) {
                    Some(cause) => format!("{} ({cause})", it.consumer.name),
                    None => it.consumer.name.to_string(),
                },
            })
            .collect();
        // Most readers are late for the same reason, whatever the sender does.
        let mut of_fate = report.forecasts.iter().filter(|it| it.fate == fate && it.decided_by.is_none());
        let waits = fate == Fate::Late && of_fate.any(|it| it.cause == Some(Cause::NextPart));
        let why = if waits { "; those without a code show a frame when the next one comes" } else { "" };
        (!names.is_empty()).then(|| format!("{}: {}{why}", fate.name().replace('_', " "), names.join(", ")))
    };
    let broken = [Fate::Crashes, Fate::Nothing, Fate::Dies, Fate::Loses];
    let broken: Vec<String> = broken.into_iter().filter_map(fate).collect();
    let count = |wanted: Fate| report.forecasts.iter().filter(|it| it.fate == wanted).count();
    let all = report.forecasts.len();
    let mut lines = Vec::new();
    let broken_count = report.forecasts.iter().filter(|it| it.fate.loses_frames()).count();
    let does_not_play = |fate: Fate| fate.loses_frames() || fate == Fate::Unknown;
    match all - report.forecasts.iter().filter(|it| does_not_play(it.fate)).count() {
        plays if plays == all => lines.push("plays in all measured consumers".to_string()),
        0 if broken_count == all => lines.push("plays in no measured consumer".to_string()),
        plays => lines.push(format!("plays in {plays} of {all} measured consumers")),
    }
    if count(Fate::OnTime) > 0 && count(Fate::OnTime) < all {
        lines[0] += &format!(", {} of them on time", count(Fate::OnTime));
    }
    lines.extend(broken);
    lines.extend([Fate::ChangesBytes, Fate::Late, Fate::Unknown].into_iter().filter_map(fate));
    lines.join("\n  ")
}
