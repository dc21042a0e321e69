//! Verdicts for people.

use std::fmt::Write as _;

use mjpeg::check::{Effect, Report};

use super::run::{Run, Verdict, end_name};
use crate::output::{self, printable};
use crate::transport::{End, Target};

/// The verdict on one target: a line, what was measured, a line for each finding.
pub fn verdict(target: &Target, run: &Run, verdict: Verdict, quiet: bool) -> String {
    let mut text = format!("{}: {}", printable(&target.to_string()), verdict.name().replace('_', " "));
    if let Some(why) = why(run) {
        let _ = write!(text, " ({why})");
    }
    let Some(report) = &run.report else { return text };
    if !quiet {
        let _ = write!(text, "\n  {}", measured(run, report));
        let _ = write!(text, "\n  {}", consumers(report));
    }
    for finding in &report.findings {
        let place = match (finding.part, finding.offset) {
            (Some(part), Some(offset)) => format!("part {part}, byte {offset}: "),
            (None, Some(offset)) => format!("byte {offset}: "),
            _ => String::new(),
        };
        let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
        let _ = write!(
            text,
            "\n  {:7} {} {}: {place}{}{times}",
            finding.severity(),
            finding.rule.code,
            finding.rule.name,
            printable(&finding.message),
        );
    }
    if !quiet && !report.findings.is_empty() {
        let _ =
            write!(text, "\n  mjpeg check --explain {} says what that means", report.findings[0].rule.code);
    }
    text
}

/// Why the stream ended as it should not, if it did.
pub fn why(run: &Run) -> Option<String> {
    match run.end.as_ref()? {
        End::Stalled => Some("nothing complete came within --idle".into()),
        End::Reset(why) => Some(format!("reset: {why}")),
        End::Truncated if run.is_live => Some("the stream was cut inside a part".into()),
        End::Unframed(error) => Some(error.to_string()),
        End::NotAStream(error) => Some(error.to_string()),
        End::TimeUp if run.report.as_ref().is_some_and(|report| report.parts == 0) => {
            Some("no complete part came in that time".into())
        }
        End::Signal(_) => Some("ended by a signal".into()),
        _ => None,
    }
}

fn measured(run: &Run, report: &Report) -> String {
    let mut text = format!("{} parts", report.parts);
    if run.is_live {
        let _ = write!(text, " in {:.1} s", run.duration.as_secs_f64());
    }
    if let Some(timing) = &report.timing {
        let _ = write!(
            text,
            ", {:.2} fps, gaps p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms",
            timing.fps,
            output::ms(timing.gap_p50),
            output::ms(timing.gap_p99),
            output::ms(timing.gap_max)
        );
    }
    if let Some((width, height)) = report.frames.size {
        let _ = write!(text, ", {width}x{height}");
    }
    if let Some(bytes) = report.frames.bytes_p50 {
        let _ = write!(text, ", {} a frame", output::bytes(bytes));
    }
    if let Some(end) = run.end.as_ref().and_then(end_name) {
        let _ = write!(text, ", end: {end}");
    }
    text
}

/// Whom the findings break; nobody is worth a word too.
fn consumers(report: &Report) -> String {
    let broken: Vec<String> = report
        .effects()
        .iter()
        .filter(|(_, effect)| *effect > Effect::Plays)
        .map(|(name, effect)| format!("{name} {effect}"))
        .collect();
    if broken.is_empty() {
        "plays in all measured consumers".into()
    } else {
        format!("consumers: {}", broken.join(", "))
    }
}
