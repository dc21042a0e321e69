//! Observations in, findings out.

mod part;
mod response;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use memchr::memmem;

use crate::check::consumer::Effects;
use crate::check::report::{Finding, Frames, Report};

use self::part::code_of;
use crate::check::rules::find;
use crate::jpeg::Checker;
use crate::multipart::{Deviation, DeviationKind, Event};
use crate::stats::{FrameTimes, Timing};

/// Most bodies whose sizes are kept for the median.
const SIZES: usize = 1 << 16;
/// So many equal pictures in a row, and no other, are called frozen.
const FROZEN: u64 = 10;

/// What a stream must fulfil beyond the rules that hold for all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expectations {
    /// No gap longer than this.
    pub max_gap: Option<Duration>,
    /// At least so many frames a second.
    pub min_fps: Option<f64>,
    /// All pictures of this width and height.
    pub size: Option<(u16, u16)>,
    /// Whether every picture's entropy-coded data is walked.
    pub deep: bool,
}

/// Judges one stream. Tell it the response head, then each event; then ask for the report.
///
/// ```
/// use mjpeg::check::{Expectations, Judge};
/// use mjpeg::http::Head;
///
/// let mut judge = Judge::new(Expectations::default());
/// judge.head(&Head::parse(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")?.unwrap());
/// let report = judge.finish();
/// assert_eq!(report.findings[0].rule.code, "H102");
/// # Ok::<(), mjpeg::http::HeadError>(())
/// ```
#[derive(Debug)]
pub struct Judge {
    expectations: Expectations,
    findings: BTreeMap<&'static str, Finding>,
    /// The announced boundary with its dashes, to look for in pictures.
    dash_boundary: Option<memmem::Finder<'static>>,
    parts: u64,
    pictures: u64,
    times: FrameTimes,
    sizes: Vec<u64>,
    size: Option<(u16, u16)>,
    last_picture: Vec<u8>,
    identical: u64,
    /// A bare LF before the part that comes next: whether it has a length decides what it does.
    bare_lf: Option<Deviation>,
    last_has_length: bool,
    checker: Checker,
    scratch: Vec<u8>,
}

impl Judge {
    /// A judge who has seen nothing.
    pub fn new(expectations: Expectations) -> Self {
        Self {
            expectations,
            findings: BTreeMap::new(),
            dash_boundary: None,
            parts: 0,
            pictures: 0,
            times: FrameTimes::default(),
            sizes: Vec::new(),
            size: None,
            last_picture: Vec::new(),
            identical: 0,
            bare_lf: None,
            last_has_length: true,
            checker: Checker::new(),
            scratch: Vec::new(),
        }
    }

    /// The next event of the parser. `arrival`: when its last byte came, if that is known.
    pub fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) {
        match event {
            Event::Preamble { span, bytes } if bytes.iter().all(|b| b"\r\n".contains(b)) => {
                let message = format!("{} bytes of line ends before the first delimiter", span.len);
                self.note("M241", None, Some(span.start), message);
            }
            Event::Preamble { span, .. } => {
                let message = format!("{} bytes before the first delimiter", span.len);
                self.note("M201", None, Some(span.start), message);
            }
            Event::Deviation(deviation) => self.deviation(deviation),
            Event::Part(part) => self.part(part, arrival),
            Event::CloseDelimiter(_) | Event::Epilogue(_) => {}
        }
    }

    fn deviation(&mut self, deviation: &Deviation) {
        let Some(code) = code_of(deviation.kind, self.last_has_length) else {
            if deviation.kind == DeviationKind::BareLf {
                self.bare_lf.get_or_insert(*deviation);
            }
            return;
        };
        self.note(code, deviation.part, Some(deviation.offset), deviation.kind.to_string());
    }

    fn settle_bare_lf(&mut self) {
        if let Some(deviation) = self.bare_lf.take() {
            let code = if self.last_has_length { "M209" } else { "M210" };
            self.note(code, deviation.part, Some(deviation.offset), deviation.kind.to_string());
        }
    }

    fn of_head(&mut self, code: &'static str, message: String) {
        self.note(code, None, None, message);
    }

    fn note(&mut self, code: &'static str, part: Option<u64>, offset: Option<u64>, message: String) {
        if let Some(finding) = self.findings.get_mut(code) {
            finding.count += 1;
        } else if let Some(rule) = find(code) {
            self.findings.insert(code, Finding { rule, count: 1, part, offset, message });
        }
    }

    /// The report.
    pub fn finish(mut self) -> Report {
        self.settle_bare_lf();
        if self.findings.contains_key("M237") {
            // What stands before the first unframed picture is its record, no preamble.
            self.findings.remove("M201");
        }
        let timing = self.times.timing(self.expectations.max_gap);
        if let Some(timing) = &timing {
            let gap = timing.gap_max.as_millis();
            if timing.stalls > 0 {
                let limit = timing.max_gap.as_millis();
                let code = if self.expectations.max_gap.is_some() { "T402" } else { "T401" };
                let message = format!("a gap of {gap} ms, the limit is {limit} ms");
                self.note(code, None, None, message);
                self.set_count(code, timing.stalls);
            }
            if let Some(min) = self.expectations.min_fps.filter(|&min| timing.fps < min) {
                self.note("T403", None, None, format!("{:.2} frames a second, asked for {min}", timing.fps));
            }
        }
        if self.identical + 1 >= FROZEN && self.identical + 1 == self.pictures {
            self.note("C503", None, None, format!("all {} pictures are the same", self.pictures));
        }
        self.report(timing)
    }

    fn set_count(&mut self, code: &str, count: u64) {
        if let Some(finding) = self.findings.get_mut(code) {
            finding.count = count;
        }
    }

    fn report(mut self, timing: Option<Timing>) -> Report {
        self.sizes.sort_unstable();
        let bytes_p50 = self.sizes.get((self.sizes.len().max(1) - 1) / 2).copied();
        let mut findings: Vec<Finding> = self.findings.into_values().collect();
        findings.sort_by_key(|finding| core::cmp::Reverse(finding.severity()));
        let effects =
            findings.iter().fold(Effects::NONE, |effects, finding| effects.and(finding.rule.effects));
        Report {
            findings,
            parts: self.parts,
            pictures: self.pictures,
            timing,
            effects,
            frames: Frames { size: self.size, bytes_p50, identical: self.identical },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::Severity;
    use crate::check::rules::rules;
    use crate::http::Head;

    #[test]
    fn every_code_that_is_used_is_in_the_table() {
        let sources = [include_str!("part.rs"), include_str!("response.rs"), include_str!("mod.rs")].concat();
        let quoted = sources.split('"').skip(1).step_by(2);
        let codes: Vec<&str> = quoted
            .filter(|text| {
                text.len() == 4 && "HMJTC".contains(&text[..1]) && text[1..].parse::<u16>().is_ok()
            })
            .collect();
        assert!(codes.len() > 60, "{}", codes.len());
        for code in &codes {
            assert!(find(code).is_some(), "{code}");
        }
        for rule in rules() {
            assert!(codes.contains(&rule.code), "nothing finds {}", rule.code);
        }
    }

    #[test]
    fn findings_come_worst_first() {
        let mut judge = Judge::new(Expectations::default());
        judge.head(&Head::parse(b"HTTP/1.1 200 OK\nContent-Type: x/y\n\n").unwrap().unwrap());
        let report = judge.finish();
        let severities: Vec<Severity> = report.findings.iter().map(Finding::severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning]);
        assert_eq!(report.worst(), Some(Severity::Error));
    }
}
