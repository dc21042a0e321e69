//! `--format junit`: JUnit XML. A target is a test suite, a rule a test case.

use std::io;

use mjpeg::check::{self, Rule};
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::emitter::Emitter;
use crate::criteria::Verdict;
use crate::output::printable;
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::finished::{Finding, Finished, Origin};

const START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mjpeg check\">\n";
const END: &str = "</testsuites>";
/// Blanks before each level.
const INDENT: usize = 4;

/// One document. Each suite is printed when its target is finished, so the memory does not grow with the number of targets; the
/// counts are at the suites.
#[derive(Debug, Default)]
pub struct JUnit {
    has_begun: bool,
}

impl JUnit {
    /// The start of the document, before the first suite.
    fn start(&mut self) -> &'static str {
        if std::mem::replace(&mut self.has_begun, true) { "" } else { START }
    }
}

impl Emitter for JUnit {
    fn target(&mut self, finished: &Finished) -> Result<String, Problem> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', INDENT);
        suite(&mut writer, finished)?;
        Ok(format!("{}{}", self.start(), String::from_utf8(writer.into_inner())?))
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(format!("{}{END}", self.start()))
    }
}

/// A test case: a rule, or the stream as a whole.
struct Case {
    name: String,
    status: Status,
    /// What a case that passes has to say.
    out: Option<String>,
}

/// What became of a test case.
enum Status {
    Success,
    Skipped(String),
    Failed(Failed),
}

/// Why a test case is no success.
struct Failed {
    /// `failure`: what is checked is wrong. `error`: it could not be checked.
    element: &'static str,
    message: String,
    kind: &'static str,
    /// Some readers (GitLab) show only the text of the element: it is never empty.
    text: String,
}

/// Writes the suite of a target.
fn suite(writer: &mut Writer<Vec<u8>>, it: &Finished) -> io::Result<()> {
    let shown = printable(it.shown());
    let rules = check::rules().map(|rule| case(it, rule));
    // Rules of another version.
    let foreign = it.findings.iter().filter(|it| it.rule().is_none()).map(|finding| {
        let name = format!("{} {}", finding.code, finding.name);
        Case { name, status: found(it, finding), out: None }
    });
    let cases: Vec<Case> = [stream(it)].into_iter().chain(rules).chain(foreign).collect();
    let count =
        |is: &dyn Fn(&Status) -> bool| cases.iter().filter(|case| is(&case.status)).count().to_string();
    let failed = |element: &'static str| {
        count(&|it| matches!(it, Status::Failed(failed) if failed.element == element))
    };
    writer
        .create_element("testsuite")
        .with_attributes([
            ("name", shown.as_str()),
            ("tests", &cases.len().to_string()),
            ("skipped", &count(&|it| matches!(it, Status::Skipped(_)))),
            ("errors", &failed("error")),
            ("failures", &failed("failure")),
            ("time", &format!("{:.3}", it.duration_s.max(0.0))),
        ])
        .write_inner_content(|writer| {
            properties(writer, it)?;
            cases.iter().try_for_each(|case| case.write(writer, &shown))
        })?;
    Ok(())
}

fn properties(writer: &mut Writer<Vec<u8>>, it: &Finished) -> io::Result<()> {
    let timing = it.timing.as_ref();
    let properties = [
        ("target", Some(printable(&it.target))),
        ("verdict", Some(it.verdict.name().into())),
        ("parts", Some(it.parts.to_string())),
        ("started", it.started.clone()),
        ("fps", timing.map(|timing| timing.fps.to_string())),
        ("gap_max_ms", timing.map(|timing| timing.gap_max_ms.to_string())),
    ];
    let write = |writer: &mut Writer<Vec<u8>>| {
        for (name, value) in &properties {
            if let Some(value) = value {
                let property = writer.create_element("property");
                property.with_attributes([("name", *name), ("value", value)]).write_empty()?;
            }
        }
        Ok(())
    };
    writer.create_element("properties").write_inner_content(write).map(drop)
}

impl Case {
    fn write(&self, writer: &mut Writer<Vec<u8>>, class: &str) -> io::Result<()> {
        let element = writer.create_element("testcase");
        let element = element.with_attributes([("name", self.name.as_str()), ("classname", class)]);
        if matches!(self.status, Status::Success) && self.out.is_none() {
            return element.write_empty().map(drop);
        }
        let write = |writer: &mut Writer<Vec<u8>>| {
            match &self.status {
                Status::Success => {}
                Status::Skipped(why) => {
                    writer
                        .create_element("skipped")
                        .with_attribute(("message", why.as_str()))
                        .write_empty()?;
                }
                Status::Failed(Failed { element, message, kind, text }) => {
                    let element = writer.create_element(*element);
                    let element = element.with_attributes([("message", message.as_str()), ("type", kind)]);
                    element.write_text_content(BytesText::new(text))?;
                }
            }
            if let Some(out) = &self.out {
                writer.create_element("system-out").write_text_content(BytesText::new(out))?;
            }
            Ok(())
        };
        element.write_inner_content(write).map(drop)
    }
}

/// Whether there is a stream, and whether the check as a whole passes.
fn stream(it: &Finished) -> Case {
    let error = it.error.as_deref().map(printable);
    let worse: Vec<String> = it
        .baseline
        .iter()
        .flatten()
        .filter(|change| change.trend == Trend::Worse)
        .map(|change| printable(&format!("{}: {}", change.what, change.message)))
        .collect();
    let status = match it.verdict {
        Verdict::Fail if error.is_some() || !worse.is_empty() => {
            let message = error.unwrap_or_else(|| "worse than the baseline".into());
            failed("failure", &message, "fail", &worse.join("\n"))
        }
        // The rules that fail say why.
        Verdict::Pass | Verdict::Fail => Status::Success,
        verdict => {
            let message = error.unwrap_or_else(|| verdict.words());
            failed("error", &message, verdict.name(), "")
        }
    };
    Case { name: "stream".into(), status, out: None }
}

/// What is wrong, and why if that is known.
fn failed(element: &'static str, message: &str, kind: &'static str, why: &str) -> Status {
    let text = if why.is_empty() { message } else { why };
    Status::Failed(Failed { element, message: message.into(), kind, text: text.into() })
}

fn case(it: &Finished, rule: &'static Rule) -> Case {
    let name = format!("{} {}", rule.code, rule.name);
    let exempt = it.exempt.iter().find(|exempt| exempt.code == rule.code && !exempt.expired);
    let mut out = None;
    let status = match it.findings.iter().find(|finding| finding.code == rule.code) {
        Some(finding) => {
            let status = found(it, finding);
            if let Status::Success = status {
                out = Some(format!("{}: {}", finding.severity, printable(&finding.evidence())));
            }
            status
        }
        None if exempt.is_some() => skipped(&exempt.map(ToString::to_string).unwrap_or_default()),
        None if it.rules_off.iter().any(|code| code == rule.code) => skipped("the rule is not applied"),
        None => untested(it, rule).map_or(Status::Success, skipped),
    };
    Case { name, status, out }
}

/// What a finding makes of its case. A baseline decides instead of the findings.
fn found(it: &Finished, finding: &Finding) -> Status {
    if finding.severity < it.fail_on() || it.baseline.is_some() {
        return Status::Success;
    }
    let mut why = printable(&finding.evidence());
    if let Some(remedy) = finding.remedy() {
        why = format!("{why}\n\nWhat to change: {}", remedy.cure);
    }
    failed("failure", &printable(&finding.message), finding.severity.name(), &why)
}

/// Why the check says nothing about a rule.
fn untested(it: &Finished, rule: &Rule) -> Option<&'static str> {
    let is_recording = it.source == Some(Origin::Recording);
    match &rule.code[..1] {
        _ if !it.has_report() => Some("there is no stream"),
        "R" if !is_recording => Some("the target is no recording"),
        "H" if is_recording => Some("a recording has no response"),
        "T" if it.timing.is_none() => Some("there are no arrival times"),
        "M" | "J" | "C" if it.parts == 0 => Some("there is no part"),
        _ => None,
    }
}

fn skipped(why: &str) -> Status {
    Status::Skipped(printable(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::{hostile, silent};

    #[test]
    fn each_rule_is_a_case_and_text_of_a_camera_stays_text() {
        let mut junit = JUnit::default();
        let text =
            junit.target(&hostile()).unwrap() + &junit.target(&silent()).unwrap() + &junit.end().unwrap();
        let rules = check::rules().count();
        assert_eq!(text.matches("<testcase ").count(), 2 * (rules + 1), "{text}");
        assert_eq!((text.matches("<testsuites").count(), text.matches("</testsuites>").count()), (1, 1));
        assert_eq!(text.matches("<testsuite ").count(), 2);
        assert!(text.contains("&lt;b&gt;]]&gt;") && text.contains("type=\"unreachable\""), "{text}");
        assert!(text.contains("<failure message=") && text.contains("What to change: "));
        let is_allowed = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
        assert!(text.chars().all(is_allowed));
    }

    #[test]
    fn an_interrupted_target_is_an_error() {
        let it = Finished { verdict: Verdict::Interrupted, error: None, ..silent() };
        let text = JUnit::default().target(&it).unwrap();
        let error = "<error message=\"interrupted\" type=\"interrupted\">interrupted</error>";
        assert!(text.contains(error), "{text}");
        assert!(text.contains("errors=\"1\""), "{text}");
    }

    #[test]
    fn a_document_without_targets_is_one() {
        assert_eq!(JUnit::default().end().unwrap(), format!("{START}{END}"));
    }
}
