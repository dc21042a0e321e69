//! `--format github`: annotations of a workflow of GitHub Actions.
//!
//! A line is `::error file=F,title=T::MESSAGE`. In the message `%`, CR and LF are escaped, in the values of properties `:` and
//! `,` too.

use mjpeg::check::Severity;

use super::emitter::Emitter;
use crate::output::printable;
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::finished::{Finished, Origin};

/// One annotation for each finding, and one for a target without a stream.
#[derive(Debug)]
pub struct GitHub;

impl Emitter for GitHub {
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        let mut lines = Vec::new();
        if let Some(error) = &finished.error {
            let title = finished.verdict.words();
            let level = if finished.verdict.is_alarm() { Severity::Error } else { Severity::Info };
            lines.push(annotation(level, finished, &title, &[error]));
        } else if finished.verdict.is_alarm() && finished.findings.is_empty() {
            let title = finished.verdict.words();
            lines.push(annotation(Severity::Error, finished, &title, &["the check failed"]));
        }
        for finding in &finished.findings {
            let evidence = finding.evidence();
            let cure = finding.remedy().map(|remedy| format!("What to change: {}", remedy.cure));
            let text: Vec<&str> = [Some(&evidence[..]), cure.as_deref()].into_iter().flatten().collect();
            let title = format!("{} {}", finding.code, finding.name);
            lines.push(annotation(finding.severity, finished, &title, &text));
        }
        for exempt in finished.exempt.iter().filter(|it| it.expired) {
            lines.push(annotation(
                Severity::Warning,
                finished,
                "an exemption is over",
                &[&exempt.to_string()],
            ));
        }
        for change in finished.baseline.iter().flatten().filter(|it| it.trend == Trend::Worse) {
            let title = format!("worse than the baseline: {}", change.what);
            lines.push(annotation(Severity::Error, finished, &title, &[&change.message]));
        }
        Ok(lines.join("\n"))
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(String::new())
    }
}

fn annotation(severity: Severity, finished: &Finished, title: &str, message: &[&str]) -> String {
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let file = match finished.source {
        Some(Origin::File) => format!("file={},", property(&finished.target)),
        _ => String::new(),
    };
    let message: Vec<String> = message.iter().map(|line| data(line)).collect();
    format!(
        "::{command} {file}title={}::{}: {}",
        property(title),
        data(finished.shown()),
        message.join("%0A")
    )
}

/// The text of a message. Control characters are escaped as for a terminal: the log is shown in one.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::{hostile, silent};

    #[test]
    fn text_of_a_camera_starts_no_command_and_ends_no_property() {
        let text = GitHub.target(&hostile()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("::error title=M203 content-length-short::fro|nt"), "{text}");
        assert!(lines[0].contains("100%25") && lines[0].contains("\\n::error::"), "{text}");
        assert!(lines[0].contains("%0AWhat to change: "), "{text}");
        assert_eq!(lines.len(), hostile().findings.len());
        assert!(!text.contains(['\r', '\x1b', '\u{202e}']));
        assert_eq!(property("a: b, 5%\r\n"), "a%3A b%2C 5%25\\r\\n");
    }

    #[test]
    fn a_target_without_a_stream_is_an_error() {
        let text = GitHub.target(&silent()).unwrap();
        assert_eq!(
            text,
            "::error title=unreachable::http%253A//cam/: connection refused".replace("%253A", ":")
        );
    }
}
