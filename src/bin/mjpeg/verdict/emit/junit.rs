//! `--format junit`: JUnit XML. A target is a test suite, a rule a test case.

use std::time::Duration;

use mjpeg::check::{self, Rule};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::emitter::Emitter;
use crate::criteria::Verdict;
use crate::output::printable;
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::finished::{Finding, Finished, Origin};

const START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mjpeg check\">\n";
const END: &str = "</testsuites>";

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
        let mut report = Report::unnamed();
        report.add_test_suite(suite(finished));
        let text = report.to_string()?;
        // The document of one suite, without its first and last element.
        let inner = text.split_once("<testsuites").and_then(|(_, rest)| rest.split_once(">\n"));
        let suite = inner.and_then(|(_, rest)| rest.rsplit_once(END)).map_or("", |(suite, _)| suite);
        Ok(format!("{}{}", self.start(), suite.trim_end()))
    }

    fn end(&mut self) -> Result<String, Problem> {
        Ok(format!("{}{END}", self.start()))
    }
}

fn suite(it: &Finished) -> TestSuite {
    let shown = printable(it.shown());
    let mut suite = TestSuite::new(&shown);
    suite.set_time(Duration::try_from_secs_f64(it.duration_s).unwrap_or_default());
    suite.add_property(Property::new("target", printable(&it.target)));
    suite.add_property(Property::new("verdict", it.verdict.name()));
    suite.add_property(Property::new("parts", it.parts.to_string()));
    if let Some(started) = &it.started {
        suite.add_property(Property::new("started", started));
    }
    if let Some(timing) = &it.timing {
        suite.add_property(Property::new("fps", timing.fps.to_string()));
        suite.add_property(Property::new("gap_max_ms", timing.gap_max_ms.to_string()));
    }
    suite.add_test_case(stream(it));
    for rule in check::rules() {
        suite.add_test_case(case(it, rule));
    }
    // Rules of another version.
    for finding in it.findings.iter().filter(|it| it.rule().is_none()) {
        suite.add_test_case(TestCase::new(format!("{} {}", finding.code, finding.name), found(it, finding)));
    }
    for case in &mut suite.test_cases {
        case.set_classname(&shown);
    }
    suite
}

/// Whether there is a stream, and whether the check as a whole passes.
fn stream(it: &Finished) -> TestCase {
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
            told(NonSuccessKind::Failure, &message, "fail", &worse.join("\n"))
        }
        // The rules that fail say why.
        Verdict::Pass | Verdict::Fail => TestCaseStatus::success(),
        verdict => {
            let message = error.unwrap_or_else(|| verdict.words());
            told(NonSuccessKind::Error, &message, verdict.name(), "")
        }
    };
    TestCase::new("stream", status)
}

/// What is wrong, and why if that is known. Some readers (GitLab) show only the text of the element: it is never empty.
fn told(kind: NonSuccessKind, message: &str, name: &str, why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_type(name).set_description(if why.is_empty() { message } else { why });
    status
}

fn case(it: &Finished, rule: &'static Rule) -> TestCase {
    let name = format!("{} {}", rule.code, rule.name);
    let exempt = it.exempt.iter().find(|exempt| exempt.code == rule.code && !exempt.expired);
    let status = match it.findings.iter().find(|finding| finding.code == rule.code) {
        Some(finding) => {
            let mut case = TestCase::new(name, found(it, finding));
            if case.status == TestCaseStatus::success() {
                let text = format!("{}: {}", finding.severity, printable(&finding.evidence()));
                case.set_system_out(text);
            }
            return case;
        }
        None if exempt.is_some() => skipped(&exempt.map(ToString::to_string).unwrap_or_default()),
        None if it.rules_off.iter().any(|code| code == rule.code) => skipped("the rule is not applied"),
        None => match untested(it, rule) {
            Some(why) => skipped(why),
            None => TestCaseStatus::success(),
        },
    };
    TestCase::new(name, status)
}

/// What a finding makes of its case. A baseline decides instead of the findings.
fn found(it: &Finished, finding: &Finding) -> TestCaseStatus {
    if finding.severity < it.fail_on() || it.baseline.is_some() {
        return TestCaseStatus::success();
    }
    let mut text = printable(&finding.evidence());
    if let Some(remedy) = finding.remedy() {
        text = format!("{text}\n\nWhat to change: {}", remedy.cure);
    }
    told(NonSuccessKind::Failure, &printable(&finding.message), finding.severity.name(), &text)
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

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(printable(why));
    status
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
