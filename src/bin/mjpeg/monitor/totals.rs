//! What has been counted of a camera since the monitor started.

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
    /// Windows with each of [`Verdict::OF_WINDOWS`].
    pub windows: [u64; Verdict::OF_WINDOWS.len()],
    /// How often each rule was broken, in the order of the codes.
    pub findings: Vec<(&'static Rule, Severity, u64)>,
    /// Changes of the state to bad.
    pub became_bad: u64,
    /// The last time for which this process was behind the stream, by more than half a second.
    pub behind: Duration,
}

impl Totals {
    /// Counts what a window has shown.
    pub fn window(&mut self, seen: &Seen) {
        self.pictures += seen.pictures;
        if let Some(at) = Verdict::OF_WINDOWS.iter().position(|it| *it == seen.verdict) {
            self.windows[at] += 1;
        }
        for finding in &seen.findings {
            let severity = finding.severity();
            let place = self.findings.binary_search_by_key(&finding.rule.code, |(rule, ..)| rule.code);
            let at = place.unwrap_or_else(|at| {
                self.findings.insert(at, (finding.rule, severity, 0));
                at
            });
            let (_, last, count) = &mut self.findings[at];
            *last = severity;
            *count += finding.count;
        }
    }
}
