//! A finding of a target.

use mjpeg::check::{self, Remedy, Rule, Severity};
use serde::{Deserialize, Serialize};

/// A rule that the stream breaks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    pub code: String,
    pub name: String,
    #[serde(with = "super::severity")]
    pub severity: Severity,
    pub count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// May have text from the wire.
    pub message: String,
    /// Whose fault a gap is: `camera`, `network` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Finding {
    /// Where it is: `frame-000003.jpg, part 3, byte 4711`, or nothing.
    pub fn place(&self) -> String {
        let part = self.part.filter(|_| self.offset.is_some() || self.file.is_some());
        let part = part.map(|part| format!("part {part}"));
        let offset = self.offset.map(|offset| format!("byte {offset}"));
        [self.file.clone(), part, offset].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Where it is, what is wrong there, and how often it happened. May have text from the wire.
    pub fn evidence(&self) -> String {
        let place = self.place();
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        let times = if self.count > 1 { format!(" ({} times)", self.count) } else { String::new() };
        format!("{place}{}{times}", self.message)
    }

    /// Its rule; `None` for a rule of another version.
    pub fn rule(&self) -> Option<&'static Rule> {
        check::find(&self.code)
    }

    /// What to change.
    pub fn remedy(&self) -> Option<&'static Remedy> {
        check::remedy(self.rule()?)
    }
}
