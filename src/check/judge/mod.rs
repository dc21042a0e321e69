//! Observations in, findings out.

mod part;
mod response;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use memchr::memmem;

use crate::check::report::{Finding, Frames, Report};

use self::part::code_of;
use crate::check::rules::find;
use crate::jpeg::Checker;
use crate::multipart::{Deviation, DeviationKind, Event};
use crate::stats::{FrameTimes, Timing};

/// Most bodies whose sizes are kept for the median.
const SIZES: usize = 1 << 16;
/// Most characters of a message.
const MESSAGE_CHARS: usize = 300;
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
/// let report = judge.finish(None);
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

    fn note(&mut self, code: &'static str, part: Option<u64>, offset: Option<u64>, mut message: String) {
        // A field may be as long as a head; its start tells enough.
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS) {
            message.truncate(end);
            message.push_str(" ...");
        }
        if let Some(finding) = self.findings.get_mut(code) {
            finding.count += 1;
        } else if let Some(rule) = find(code) {
            self.findings.insert(code, Finding { rule, count: 1, part, offset, message });
        }
    }

    /// The report. `watched`: how long the stream was watched, from its first byte to the end, where arrival
    /// times mean something. Silence at the end counts as a gap and slows the rate.
    pub fn finish(mut self, watched: Option<Duration>) -> Report {
        self.settle_bare_lf();
        if self.findings.contains_key("M237") {
            // What stands before the first unframed picture is its record, no preamble.
            self.findings.remove("M201");
        }
        let timing = self.times.timing(self.expectations.max_gap);
        self.judge_gaps(timing.as_ref(), watched);
        self.judge_rate(timing.as_ref(), watched);
        if self.identical + 1 >= FROZEN && self.identical + 1 == self.pictures {
            self.note("C503", None, None, format!("all {} pictures are the same", self.pictures));
        }
        self.report(timing)
    }

    fn judge_gaps(&mut self, timing: Option<&Timing>, watched: Option<Duration>) {
        let limit = timing.map(|timing| timing.max_gap).or(self.expectations.max_gap);
        let Some(limit) = limit else { return };
        let last = self.times.last().unwrap_or_default();
        let silence = watched.map_or(Duration::ZERO, |watched| watched.saturating_sub(last));
        let gap = timing.map_or(silence, |timing| timing.gap_max.max(silence));
        let count = timing.map_or(0, |timing| timing.stalls) + u64::from(silence > limit);
        if count > 0 {
            let code = if self.expectations.max_gap.is_some() { "T402" } else { "T401" };
            let message = format!("a gap of {} ms, the limit is {} ms", gap.as_millis(), limit.as_millis());
            self.note(code, None, None, message);
            self.set_count(code, count);
        }
    }

    fn judge_rate(&mut self, timing: Option<&Timing>, watched: Option<Duration>) {
        // Without arrival times there is no rate to judge.
        let (Some(min), Some(watched)) = (self.expectations.min_fps, watched) else { return };
        // A stream that stopped is as slow as all the time it was watched makes it.
        let interval = Duration::from_secs_f64(1.0 / min);
        let silence = watched.saturating_sub(self.times.last().unwrap_or_default());
        let fps = match timing {
            Some(timing) if silence <= 2 * interval => timing.fps,
            _ => self.pictures as f64 / watched.as_secs_f64().max(1e-3),
        };
        if fps < min {
            self.note("T403", None, None, format!("{fps:.2} frames a second, asked for {min}"));
        }
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
        Report {
            findings,
            parts: self.parts,
            pictures: self.pictures,
            timing,
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
        let report = judge.finish(None);
        let severities: Vec<Severity> = report.findings.iter().map(Finding::severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning]);
        assert_eq!(report.worst(), Some(Severity::Error));
    }
}
