//! What a judge found.

use alloc::string::String;
use alloc::vec::Vec;

use super::consumer::Effects;
use super::rule::{Rule, Severity};
use crate::stats::Timing;

/// A rule that was broken: how often, where first, how.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How often it was broken.
    pub count: u64,
    /// The first part concerned, counted from 1; absent for the response head.
    pub part: Option<u64>,
    /// Bytes of the decoded body before the first place; absent for the response head.
    pub offset: Option<u64>,
    /// What was seen there. It may hold text off the wire: escape it for a terminal.
    pub message: String,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

/// The pictures of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frames {
    /// Width and height of the first picture, in pixels.
    pub size: Option<(u16, u16)>,
    /// Median of the bodies' sizes in bytes, by nearest rank.
    pub bytes_p50: Option<u64>,
    /// Pictures that were byte for byte the one before.
    pub identical: u64,
}

/// All that a judge has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The findings: errors first, then by code.
    pub findings: Vec<Finding>,
    /// Parts seen.
    pub parts: u64,
    /// Parts that hold a whole picture.
    pub pictures: u64,
    /// Times of the pictures, where arrival times were given for two or more.
    pub timing: Option<Timing>,
    /// The pictures.
    pub frames: Frames,
}

impl Report {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }

    /// What the findings do to the consumers that were measured: the worst effect on each.
    pub fn effects(&self) -> Effects {
        self.findings.iter().fold(Effects::NONE, |effects, finding| effects.and(finding.rule.effects))
    }

    /// Removes the findings of every rule that `keep` refuses.
    pub fn retain(&mut self, keep: impl Fn(&Rule) -> bool) {
        self.findings.retain(|finding| keep(finding.rule));
    }
}
