//! `--list-faults`.

use anyhow::Context;
use mjpeg::check;
use serde::Serialize;

use super::super::dialects::Format;
use super::catalogue;
use super::entry::{Entry, Shows};
use crate::exit::Failure;

/// One line of the list.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    argument: Option<&'static str>,
    /// Whether it must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    argument_optional: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<u8>,
    example: &'a str,
    subject: &'a str,
    summary: &'a str,
}

impl<'a> Line<'a> {
    fn of(subject: &'a str, entry: &'a Entry) -> Self {
        let rule = match entry.shows {
            Shows::Rule(name) => check::find(name),
            Shows::Verdict(..) => None,
        };
        let (verdict, exit) = match entry.shows {
            Shows::Verdict(verdict, exit) => (Some(verdict), Some(exit)),
            Shows::Rule(_) => (None, None),
        };
        Self {
            schema: "mjpeg.fault-list/1",
            name: entry.name,
            argument: entry.takes.word(),
            argument_optional: entry.takes.word().map(|_| entry.takes.default().is_some()),
            rule: rule.map(|rule| rule.code),
            severity: rule.map(|rule| rule.severity.name()),
            verdict,
            exit,
            example: entry.example,
            subject,
            summary: entry.help,
        }
    }

    fn text(&self, width: usize, entry: &Entry) -> String {
        let shows = self.rule.or(self.verdict).unwrap_or_default();
        format!("  {:width$}  {shows:11}  {}", entry.form(), self.summary)
    }
}

/// All faults: as text under their subjects, or as JSON, a line each.
///
/// # Errors
///
/// When a line cannot be written as JSON.
pub fn list(format: Format) -> Result<String, Failure> {
    let width = catalogue::all().map(|entry| entry.form().len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (subject, entries) in catalogue::subjects() {
        if format == Format::Text {
            lines.push(format!("{subject}:"));
        }
        for entry in entries {
            let line = Line::of(subject, entry);
            lines.push(match format {
                Format::Text => line.text(width, entry),
                Format::Json => {
                    serde_json::to_string(&line).context("cannot write the list").map_err(Failure::local)?
                }
            });
        }
    }
    Ok(lines.join("\n"))
}
