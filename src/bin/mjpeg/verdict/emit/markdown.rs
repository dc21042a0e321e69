//! `--format markdown`: text for a ticket, in the dialect of GitHub and GitLab.

use std::fmt::Write as _;

use super::emitter::Emitter;
use crate::output::{self, printable};
use crate::problem::Problem;
use crate::verdict::finished::Finished;

/// A section for each target.
#[derive(Debug, Default)]
pub struct Markdown {
    has_begun: bool,
}

impl Emitter for Markdown {
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        let before = if std::mem::replace(&mut self.has_begun, true) { "\n" } else { "" };
        Ok(format!("{before}{}", section(finished).trim_end()))
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(String::new())
    }
}

fn section(it: &Finished) -> String {
    let mut text = format!("## {}: {}\n\n", code(it.shown()), it.verdict.words());
    for (name, value) in facts(it) {
        let _ = writeln!(text, "* {name}: {value}");
    }
    if !it.findings.is_empty() {
        text += "\n| severity | rule | times | where and what |\n|---|---|---|---|\n";
    }
    for finding in &it.findings {
        let place = finding.place();
        let place = if place.is_empty() { String::new() } else { format!("{}: ", cell(&place)) };
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {place}{} |",
            finding.severity,
            finding.code,
            finding.name,
            finding.count,
            cell(&finding.message)
        );
    }
    let cures: Vec<String> = it
        .findings
        .iter()
        .filter_map(|finding| {
            Some(format!("* {} {}: {}\n", finding.code, finding.name, finding.remedy()?.cure))
        })
        .collect();
    if !cures.is_empty() {
        let _ = write!(text, "\nWhat to change:\n\n{}", cures.concat());
    }
    let changes: Vec<String> = it
        .baseline
        .iter()
        .flatten()
        .map(|change| {
            format!("* {}: {} {}\n", change.trend.name(), code(&change.what), code(&change.message))
        })
        .collect();
    if !changes.is_empty() {
        let _ = write!(text, "\nChanges since the baseline:\n\n{}", changes.concat());
    }
    let broken: Vec<String> = it
        .fates()
        .into_iter()
        .filter(|(_, fate)| fate.loses_frames())
        .map(|(name, fate)| {
            let why =
                it.decided_by(name).or(it.cause(name)).map(|why| format!(" ({why})")).unwrap_or_default();
            format!("* {}: {}{why}\n", code(name), fate.name().replace('_', " "))
        })
        .collect();
    if !broken.is_empty() {
        let _ = write!(text, "\nPrograms that lose frames:\n\n{}", broken.concat());
    }
    text
}

/// The facts of a target, those with text from outside in code spans.
fn facts(it: &Finished) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if it.name.is_some() || it.url.as_ref().is_some_and(|url| *url != it.target) {
        all.push(("target", code(it.url.as_ref().unwrap_or(&it.target))));
    }
    if let Some(started) = &it.started {
        all.push(("checked", code(started)));
    }
    if let Some(error) = &it.error {
        all.push(("reason", code(error)));
    }
    if it.has_report() {
        all.push(("read", format!("{} parts in {:.1} s", it.parts, it.duration_s)));
    }
    if let Some(timing) = &it.timing {
        all.push(("rate", format!("{:.2} fps", timing.fps)));
        all.push((
            "gaps",
            format!(
                "median {:.1} ms, 99th percentile {:.1} ms, longest {:.1} ms",
                timing.gap_p50_ms, timing.gap_p99_ms, timing.gap_max_ms
            ),
        ));
    }
    if let Some(frames) = &it.frames {
        let size = frames.width.zip(frames.height).map(|(width, height)| format!("{width}x{height}"));
        let bytes = frames.bytes_p50.map(|bytes| format!("{} a frame", output::bytes(bytes)));
        all.push(("pictures", [size, bytes].into_iter().flatten().collect::<Vec<_>>().join(", ")));
    }
    all.extend(it.exempt.iter().map(|exempt| ("exemption", code(&exempt.to_string()))));
    all
}

/// A code span, in which no markup works: neither links nor mentions nor HTML. Its fence is longer than every run of
/// backticks inside.
fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let is_open = text.starts_with('`') || text.ends_with('`') || text.trim().is_empty();
    let pad = if is_open { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span in a cell of a table, where `|` is escaped also in code.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::{hostile, silent};

    #[test]
    fn text_of_a_camera_is_code() {
        for (text, expected) in [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("", "`  `"),
            ("<b>\n@x #1 [a](http://b)", "`<b>\\n@x #1 [a](http://b)`"),
        ] {
            assert_eq!(code(text), expected);
        }
        assert_eq!(cell("a|b"), "`a\\|b`");
    }

    #[test]
    fn each_target_has_a_section_with_its_findings_and_cures() {
        let mut markdown = Markdown::default();
        let text = markdown.target(&hostile()).unwrap() + "\n" + &markdown.target(&silent()).unwrap();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| error")).collect();
        assert_eq!(rows.len(), 1, "{text}");
        let bars = rows[0].replace("\\|", "").matches('|').count();
        assert_eq!(bars, 5, "{text}");
        assert!(text.contains("What to change:\n\n* M203 content-length-short: "), "{text}");
        assert!(text.contains("\n## `http://cam/`: unreachable\n\n* reason: `connection refused`"), "{text}");
    }
}
