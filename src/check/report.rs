//! What a judge found.

use alloc::string::String;
use alloc::vec::Vec;

use super::consumer::{Consumer, Effect, consumers};
use super::rule::{Rule, Severity};
use crate::stats::Timing;

/// A rule that the stream breaks: how often, where first, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How often the stream breaks it.
    pub count: u64,
    /// The first part concerned, counted from 1; absent for the response head.
    pub part: Option<u64>,
    /// Bytes of the decoded body before the first place; absent for the response head.
    pub offset: Option<u64>,
    /// What is wrong there. It may contain text from the wire: escape it for a terminal.
    pub message: String,
    /// The severity in this stream, where it is not that of the rule.
    pub(super) severity: Option<Severity>,
}

impl Finding {
    /// How bad it is: the severity of its rule, unless the stream makes it better or worse.
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or(self.rule.severity)
    }
}

/// The pictures of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frames {
    /// Width and height of the first picture, in pixels.
    pub size: Option<(u16, u16)>,
    /// Median size of the bodies in bytes, by nearest rank.
    pub bytes_p50: Option<u64>,
    /// Pictures that show the same as the one before: equal bytes, or equal scans behind another header.
    pub identical: u64,
    /// Pictures of which the entropy-coded data was read, with or without damage.
    pub walked: u64,
    /// Pictures of which it was to be read, but cannot be: arithmetic coding and others, see their rules.
    pub unread: u64,
}

/// The result of a judge: the findings of the selected rules, and figures of the stream.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The findings: errors first, then by code.
    pub findings: Vec<Finding>,
    /// Parts seen.
    pub parts: u64,
    /// Parts with a whole picture.
    pub pictures: u64,
    /// Timing of the pictures, if two or more have an arrival time.
    pub timing: Option<Timing>,
    /// The pictures.
    pub frames: Frames,
}

impl Report {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }

    /// Every measured consumer with the worst effect that a finding has on it.
    pub fn effects(&self) -> impl Iterator<Item = (&'static Consumer, Effect)> {
        consumers().map(|consumer| {
            let effects = self.findings.iter().map(|finding| finding.rule.effect_on(consumer));
            (consumer, effects.max().unwrap_or(Effect::Plays))
        })
    }
}
