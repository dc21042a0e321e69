//! What a rule is.

use core::fmt;

use super::consumer::Effects;

/// One thing that can be wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// `H1xx` HTTP, `M2xx` multipart, `J3xx` JPEG, `T4xx` timing, `C5xx` content. Never given twice.
    pub code: &'static str,
    /// The same for people and for `--select`: kebab-case.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub summary: &'static str,
    /// Why it matters and what to do: one paragraph.
    pub why: &'static str,
    /// The section of the standard it departs from, or where the fact comes from.
    pub section: &'static str,
    /// What it does to each consumer that was measured.
    pub effects: Effects,
}

/// How bad a finding is. It follows the consequence, not the letter of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Untidy; no consumer that was measured minds.
    Info,
    /// Frames are late where those of the reference stream are not, or it leans on leniency.
    Warning,
    /// Frames are lost in a consumer.
    Error,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
