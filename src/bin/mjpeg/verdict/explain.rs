//! `--explain` and `--list-rules`.

use std::fmt::Write as _;

use mjpeg::check::{Rule, Severity, remedy, rules};
use serde::Serialize;

use crate::lines::{hanging, wrapped};
use crate::output;
use crate::paint::{Ink, Paint};
use crate::problem::Problem;

/// Longest line of the explanation, in characters.
const WIDTH: usize = 78;
/// The least width that text is wrapped to, in characters.
const LEAST: usize = 30;
/// Characters of a line of the list before its summary.
const BEFORE_SUMMARY: usize = 45;
/// How far a line of the list that goes on is indented, if there is no room below the summary.
const INDENT: usize = 4;

/// One rule: what it is, why it matters, what to change, and which consumers it breaks.
pub fn rule(rule: &Rule, width: Option<usize>, paint: Paint) -> String {
    let width = width.map_or(WIDTH, |width| width.clamp(LEAST, WIDTH));
    let severity = paint.ink(ink(rule.severity), rule.severity.name());
    let mut text = format!("{} {} ({severity})\n\n", paint.ink(Ink::Name, rule.code), rule.name);
    for line in wrapped(rule.summary, width - 2) {
        let _ = writeln!(text, "  {line}");
    }
    section(&mut text, width, paint, "Why it matters", rule.why);
    if let Some(remedy) = remedy(rule) {
        section(&mut text, width, paint, "What to change", remedy.cure);
        for (name, ink, example) in [("bad", Ink::Error, remedy.bad), ("good", Ink::Good, remedy.good)] {
            for (n, line) in wrapped(example, width - 10).iter().enumerate() {
                let name = if n == 0 { name } else { "" };
                let _ = writeln!(text, "    {}  {line}", paint.ink(ink, format!("{name:4}")));
            }
        }
    }
    let _ = writeln!(text, "\n{}", paint.ink(Ink::Heading, "Whom it breaks"));
    if rule.effects.is_empty() {
        text += "  no measured program\n";
    }
    for (consumer, effect) in rule.effects {
        let line = format!("  {effect:8} {}", consumer.version);
        let _ = writeln!(text, "{}", hanging(&line, Some(width), 11));
    }
    if !rule.explains.is_empty() {
        let codes: Vec<String> = rule.explains.iter().map(|it| format!("{} {}", it.code, it.name)).collect();
        let paragraph = format!("{}: not reported beside this rule.", codes.join(", "));
        section(&mut text, width, paint, "What it explains", &paragraph);
    }
    let source = format!("{} {}", paint.ink(Ink::Heading, "Source"), rule.section);
    let _ = write!(text, "\n{}", hanging(&source, Some(width), 7));
    text
}

/// The colour of a severity.
pub fn ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Error,
        Severity::Warning => Ink::Warning,
        Severity::Info => Ink::Info,
    }
}

fn section(text: &mut String, width: usize, paint: Paint, title: &str, paragraph: &str) {
    let _ = writeln!(text, "\n{}", paint.ink(Ink::Heading, title));
    for line in wrapped(paragraph, width - 2) {
        let _ = writeln!(text, "  {line}");
    }
}

/// All rules, each on one line, which goes on below its summary on a terminal that is too narrow.
pub fn list(width: Option<usize>, paint: Paint) -> String {
    let has_room = width.is_none_or(|width| width >= BEFORE_SUMMARY + LEAST);
    let indent = if has_room { BEFORE_SUMMARY } else { INDENT };
    let line = |rule: &'static Rule| {
        let severity = paint.ink(ink(rule.severity), format!("{:7}", rule.severity));
        hanging(&format!("{} {severity} {:31} {}", rule.code, rule.name, rule.summary), width, indent)
    };
    rules().map(line).collect::<Vec<_>>().join("\n")
}

/// A rule as JSON, schema `mjpeg.check.rule/1`.
#[derive(Debug, Serialize)]
struct Object {
    schema: &'static str,
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    summary: &'static str,
    why: &'static str,
    cure: &'static str,
    bad: &'static str,
    good: &'static str,
    source: &'static str,
    /// The codes of the rules whose findings are left out beside this one.
    explains: Vec<&'static str>,
    /// What becomes of the stream in the measured consumers that do not play it on time.
    consumers: serde_json::Map<String, serde_json::Value>,
}

/// A rule as a line of JSON.
///
/// # Errors
///
/// When it has no JSON form.
pub fn json(rule: &Rule) -> Result<String, Problem> {
    let remedy = remedy(rule);
    let object = Object {
        schema: "mjpeg.check.rule/1",
        code: rule.code,
        name: rule.name,
        severity: rule.severity.name(),
        summary: rule.summary,
        why: rule.why,
        cure: remedy.map_or("", |it| it.cure),
        bad: remedy.map_or("", |it| it.bad),
        good: remedy.map_or("", |it| it.good),
        source: rule.section,
        explains: rule.explains.iter().map(|it| it.code).collect(),
        consumers: rule
            .effects
            .iter()
            .map(|(consumer, effect)| (consumer.name.into(), effect.to_string().into()))
            .collect(),
    };
    Ok(output::json(&object)?)
}

/// All rules, each on a line of JSON.
///
/// # Errors
///
/// When one has no JSON form.
pub fn list_json() -> Result<String, Problem> {
    let lines: Result<Vec<String>, Problem> = rules().map(json).collect();
    Ok(lines?.join("\n"))
}
