//! What a camera is judged by: the rules, and which findings make it bad.

use clap::ValueEnum;
use mjpeg::check::{Expectations, Finding, GapCause, Judge, Severity};

use crate::depth::Depth;

/// The rules and limits for one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Those of the judge.
    pub expectations: Expectations,
    /// Which findings count.
    pub alarm: Alarm,
    /// Which pictures have their entropy-coded data read.
    pub depth: Depth,
}

impl Rules {
    /// A judge of a new response.
    // Not inlined: the stack of a camera's thread is small, and this is needed for a moment only.
    #[inline(never)]
    pub fn judge(&self) -> Box<Judge> {
        Box::new(Judge::new(self.expectations.clone()))
    }
}

/// Which findings make a camera bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Alarm {
    /// Errors, and warnings about times (T) and pictures (C): these come and go
    #[default]
    Auto,
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// All findings
    Info,
}

impl Alarm {
    /// Whether this finding makes a camera bad.
    ///
    /// Warnings about the head, the framing and the form of the JPEGs are what a camera model always does: they would make
    /// it bad at all times, and hide what changes. What this program was too late for says nothing about the camera.
    pub fn counts(self, finding: &Finding) -> bool {
        if finding.cause == Some(GapCause::Reader) {
            return false;
        }
        let severity = finding.severity();
        match self {
            Self::Auto => match finding.rule.code.as_bytes().first() {
                Some(b'T' | b'C') => severity >= Severity::Warning,
                _ => severity >= Severity::Error,
            },
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::http::Head;

    use super::*;

    #[test]
    fn what_a_model_always_does_counts_only_if_asked_for() {
        let judged = |head: &str| {
            let mut judge = Judge::new(Expectations::default());
            judge.head(&Head::parse(head.as_bytes()).unwrap().unwrap());
            judge.ended_early("more");
            judge.finish(None).findings
        };
        let findings = judged("HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace; boundary=b\n\n");
        let of = |alarm: Alarm| -> Vec<_> {
            findings.iter().filter(|it| alarm.counts(it)).map(|it| it.rule.code).collect()
        };
        assert_eq!(of(Alarm::Auto), ["T404"]);
        assert!(of(Alarm::Error).is_empty());
        assert!(of(Alarm::Warning).contains(&"H113") || of(Alarm::Warning).len() > 1, "{findings:?}");
        assert!(of(Alarm::Info).len() >= of(Alarm::Warning).len());
    }
}
