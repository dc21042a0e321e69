//! What has been counted of a camera since the monitor started.

use std::collections::BTreeMap;
use std::time::Duration;

use mjpeg::check::{Rule, Severity};

use super::window::Seen;
use crate::criteria::Verdict;

/// Counters of one camera. They only grow.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Parts with a picture, whole or damaged.
    pub parts: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Streams that were opened.
    pub connects: u64,
    /// Streams that ended, and tries that opened none.
    pub losses: u64,
    /// Parts with a whole picture, of windows that are closed.
    pub pictures: u64,
    /// Windows with each verdict.
    pub windows: BTreeMap<Verdict, u64>,
    /// How often each rule was broken, by its code.
    pub findings: BTreeMap<&'static str, (&'static Rule, Severity, u64)>,
    /// Changes of the state to bad.
    pub became_bad: u64,
    /// The last time for which this process was behind the stream, by more than half a second.
    pub behind: Duration,
}

impl Totals {
    /// Counts what a window has shown.
    pub fn window(&mut self, seen: &Seen) {
        self.pictures += seen.pictures;
        *self.windows.entry(seen.verdict).or_default() += 1;
        for finding in &seen.findings {
            let severity = finding.severity();
            let entry = self.findings.entry(finding.rule.code).or_insert((finding.rule, severity, 0));
            entry.1 = severity;
            entry.2 += finding.count;
        }
    }
}
