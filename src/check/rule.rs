//! What a rule is.

use core::fmt;

use crate::consumers::{Consumer, Fate};

/// One thing that can be wrong with a stream.
///
/// Rules are equal if their codes are equal.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// `H1xx` HTTP, `M2xx` multipart, `J3xx` JPEG, `T4xx` timing, `C5xx` content, `R6xx` recordings. Never reused.
    pub code: &'static str,
    /// A name that is as stable as the code: kebab-case.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub summary: &'static str,
    /// Why it matters and what to do: one paragraph.
    pub why: &'static str,
    /// The section of the standard that the rule comes from, or `measured`, or the option that sets it.
    pub section: &'static str,
    /// Rules whose findings are a consequence of this one. A stream that breaks this rule gets no
    /// findings of theirs, so that one fault is one finding.
    pub explains: &'static [&'static Rule],
    /// The measured consumers that do not play a stream that breaks the rule, or play it late.
    pub effects: &'static [(&'static Consumer, Fate)],
}

impl Rule {
    /// What a break of this rule does to `consumer`.
    pub fn effect_on(&self, consumer: &Consumer) -> Fate {
        let listed = self.effects.iter().find(|(broken, _)| *broken == consumer);
        listed.map_or(Fate::Plays, |&(_, effect)| effect)
    }

    /// Whether it is about what is inside the pictures, and some consumer does not decode it.
    pub(super) fn is_of_decoders(&self) -> bool {
        self.code.starts_with('J') && !self.effects.is_empty()
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

/// How bad a finding is. It follows the consequence, not the wording of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Untidy, but no measured consumer is affected.
    Info,
    /// Frames arrive later than those of a good stream, or readers must be lenient.
    Warning,
    /// A consumer loses frames, or a limit that was set is not met.
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
