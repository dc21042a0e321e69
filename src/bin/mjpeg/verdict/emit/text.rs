//! `--format text`: verdicts to read.

use std::fmt::Write as _;
use std::time::Duration;

use mjpeg::consumers::{Cause, Fate};
use mjpeg::counted::Counted;

use super::emitter::Emitter;
use super::table;
use crate::cadence;
use crate::criteria::Verdict;
use crate::lines::hanging;
use crate::output::{self, printable};
use crate::paint::{Ink, Paint};
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::explain::ink as severity_ink;
use crate::verdict::finished::{Finding, Finished, Reader, Strip};
use crate::verdict::reason::behind;

/// How far a line that goes on is indented.
const INDENT: usize = 4;

/// Text does not show that we were late by less than this.
const NOTABLE_MS: f64 = 100.0;

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
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        self.results.push(table::Result::of(finished));
        let text = text(finished, self.quiet, self.paint);
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
fn text(it: &Finished, quiet: bool, paint: Paint) -> String {
    let target = match &it.name {
        Some(name) => format!("{name} ({})", it.target),
        None => it.target.clone(),
    };
    let ink = if it.verdict == Verdict::Pass { Ink::Good } else { Ink::Error };
    // The test pattern ends in a colon itself.
    let colon = if target.ends_with(':') { "" } else { ":" };
    let (target, verdict) = (paint.ink(Ink::Name, printable(&target)), paint.ink(ink, it.verdict.words()));
    let mut text = format!("{target}{colon} {verdict}");
    if let Some(reason) = it.error.as_ref().filter(|_| !it.is_error_told) {
        let _ = write!(text, " ({})", printable(behind(it.verdict, reason)));
    }
    if !it.has_report() {
        return text;
    }
    if !quiet {
        let _ = write!(text, "\n  {}", measured(it));
        if let Some(late) = it.reader.as_ref().filter(|it| it.late_ms >= NOTABLE_MS) {
            let _ = write!(text, "\n  {}", lateness(late));
        }
        if let Some(strip) = &it.strip {
            let _ = write!(text, "\n  {}", strips(strip));
        }
        let is_broken = it.fates().iter().any(|(_, fate)| fate.loses_frames());
        // Of a stream that stalled, players show what came and then nothing.
        let plays = it.frames.is_some() && it.verdict != Verdict::Stalled;
        if !it.is_snapshot && it.consumers.is_some() && (plays || is_broken) {
            let _ = write!(text, "\n  {}", consumers(it));
        }
        for (carrier, Finding { code, message, .. }) in it.refused_carriers() {
            let _ = write!(text, "\n  not for {carrier}: {} ({code})", printable(message));
        }
    }
    for finding in &it.findings {
        let _ = write!(
            text,
            "\n  {} {} {}: {}",
            paint.ink(severity_ink(finding.severity), format!("{:7}", finding.severity)),
            paint.ink(Ink::Name, &finding.code),
            finding.name,
            printable(&finding.evidence()),
        );
    }
    for exempt in &it.exempt {
        let _ = write!(text, "\n  {}", printable(&exempt.to_string()));
    }
    for change in it.baseline.iter().flatten() {
        let ink = match change.trend {
            Trend::Worse => Ink::Error,
            Trend::Other => Ink::Info,
            Trend::Better => Ink::Good,
        };
        let trend = paint.ink(ink, format!("{:7}", change.trend.name()));
        let _ = write!(text, "\n  {trend} {}: {}", printable(&change.what), printable(&change.message));
    }
    if !quiet && !it.findings.is_empty() {
        let _ = write!(text, "\n  mjpeg check --explain {} says what that means", it.findings[0].code);
    }
    text
}

/// How late we were.
fn lateness(it: &Reader) -> String {
    let reads = Counted(it.late_reads, "time");
    let mut text = format!(
        "this program read late {reads}: by {:.0} ms in all, {:.0} ms at once",
        it.late_ms, it.late_max_ms
    );
    if it.starved_ms >= NOTABLE_MS {
        let _ = write!(text, ", and waited {:.0} ms for a processor", it.starved_ms);
    }
    text
}

fn measured(it: &Finished) -> String {
    let mut text = Counted(it.parts, "part").to_string();
    if it.is_live() {
        let _ = write!(text, " in {:.1} s", it.duration_s);
        if let Some(started) = &it.started {
            let _ = write!(text, " from {}", printable(started));
        }
    }
    if let Some(timing) = &it.timing {
        let gaps = [timing.gap_p50_ms, timing.gap_p99_ms, timing.gap_max_ms];
        let _ = write!(text, ", {}", cadence::line(timing.fps, gaps));
    }
    if let Some(frames) = &it.frames {
        if let Some((width, height)) = frames.width.zip(frames.height) {
            let _ = write!(text, ", {width}x{height}");
        }
        if let Some(bytes) = frames.bytes_p50 {
            let _ = write!(text, ", {} a frame", output::bytes(bytes));
        }
        let pictures = Counted(frames.pictures, "picture");
        let _ = write!(text, ", scans read of {} of {pictures}", frames.walked);
    }
    match it.end.as_deref() {
        Some("cap") => text += ", end: limit reached",
        Some(end) => {
            let _ = write!(text, ", end: {end}");
        }
        None => {}
    }
    let asked = it.asked.as_ref();
    let (frames, duration_s) = (asked.and_then(|it| it.frames), asked.and_then(|it| it.duration_s));
    match (it.cap.as_deref(), frames, duration_s) {
        (Some("duration"), Some(frames), _) => {
            let asked = Counted(frames, "part");
            let _ = write!(text, " (the time was up after {} of {asked})", it.parts);
        }
        (Some("frames"), _, Some(duration_s)) => {
            let duration = Duration::try_from_secs_f64(duration_s).unwrap_or_default();
            let duration = humantime::format_duration(duration);
            let _ = write!(text, " (the parts were read before the {duration} were over)");
        }
        _ => {}
    }
    text
}

/// Which frames of the source came, and how old they were.
fn strips(it: &Strip) -> String {
    let Strip { source, lost, doubled, reordered, .. } = it;
    let mut text = format!(
        "coded strips: {} of source {source:04x}, {lost} lost, {doubled} doubled, {reordered} reordered",
        Counted(it.frames, "frame")
    );
    if it.sources > 1 {
        let _ = write!(text, ", {} sources", it.sources);
    }
    if let Some(it) = &it.latency {
        let (p50, p99, max) = (it.latency_p50_ms, it.latency_p99_ms, it.latency_max_ms);
        let _ = write!(text, ", {} late, latency p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms", it.late);
    }
    if it.before_their_time > 0 {
        let _ = write!(text, ", {} came before their time: the clocks do not agree", it.before_their_time);
    }
    text
}

/// The consumers by what becomes of the stream in them, the worst first; the rule that decides behind each.
fn consumers(it: &Finished) -> String {
    let all = it.fates();
    let next_part = Cause::NextPart.to_string();
    let fate = |fate: Fate| {
        let of_fate = all.iter().filter(|(_, its)| *its == fate);
        let names: Vec<String> = of_fate
            .map(|(name, fate)| {
                let is_named =
                    |cause: &&str| fate.loses_frames() || *fate == Fate::Late && **cause != next_part;
                match it.decided_by(name).or(it.cause(name).filter(is_named)) {
                    Some(why) => format!("{name} ({why})"),
                    None => (*name).to_string(),
                }
            })
            .collect();
        // Most readers are late for the same reason, whatever the sender does.
        let is_waiting = |name: &str| it.decided_by(name).is_none() && it.cause(name) == Some(&next_part);
        let waits = fate == Fate::Late && all.iter().any(|(name, its)| *its == fate && is_waiting(name));
        let why = if waits { "; those without a code show a frame when the next one comes" } else { "" };
        (!names.is_empty()).then(|| format!("{}: {}{why}", fate.name().replace('_', " "), names.join(", ")))
    };
    let broken = [Fate::Crashes, Fate::Nothing, Fate::Dies, Fate::Loses];
    let broken: Vec<String> = broken.into_iter().filter_map(fate).collect();
    let count = |is: &dyn Fn(Fate) -> bool| all.iter().filter(|(_, fate)| is(*fate)).count();
    let mut lines = Vec::new();
    let broken_count = count(&Fate::loses_frames);
    match all.len() - count(&|fate| fate.loses_frames() || fate == Fate::Unknown) {
        plays if plays == all.len() => lines.push("plays in all measured consumers".to_string()),
        0 if broken_count == all.len() => lines.push("plays in no measured consumer".to_string()),
        plays => lines.push(format!("plays in {plays} of {} measured consumers", all.len())),
    }
    let on_time = count(&|fate| fate == Fate::OnTime);
    if on_time > 0 && on_time < all.len() {
        lines[0] += &format!(", {on_time} of them on time");
    }
    lines.extend(broken);
    lines.extend([Fate::ChangesBytes, Fate::Late, Fate::Unknown].into_iter().filter_map(fate));
    lines.join("\n  ")
}
