//! A rule that does not count for a time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rule that is not to count, for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exempt {
    /// The code of the rule.
    pub code: String,
    /// Why.
    pub reason: String,
    /// The last day, as YYYY-MM-DD.
    pub until: String,
    /// Whether that day is over: then the rule counts again.
    pub expired: bool,
}

/// For people: `M203 is exempt until 2026-12-31: the firmware of 2019`.
impl fmt::Display for Exempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, reason, until, expired } = self;
        let word = if *expired { "was exempt until" } else { "is exempt until" };
        write!(f, "{code} {word} {until}: {reason}")
    }
}
