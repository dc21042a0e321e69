//! Pictures without delimiter and head: a whole stream of them, or one whose delimiter and head were lost.

use super::findings::Findings;
use crate::check::rules::delimiter::{DELIMITER_LOST, FIRST_DELIMITER_MISSING, NO_MULTIPART};
use crate::multipart::Part;

/// The first picture without delimiter and head.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unframed {
    first: Option<u64>,
    /// Whether the part behind it has a delimiter.
    is_alone: bool,
}

impl Unframed {
    /// Takes the next part.
    pub fn part(&mut self, part: &Part<'_>) {
        let is_bare = part.spans.head.len == 0 && part.spans.delimiter.len == 0;
        let is_next = self.first.is_some_and(|first| first + 1 == part.number);
        self.is_alone |= is_next && part.spans.delimiter.len > 0;
        if is_bare {
            self.first = self.first.or(Some(part.number));
        }
    }

    /// Calls one picture between delimiters what it is: a part without them, in a stream that has them.
    pub fn judge(&self, findings: &mut Findings) {
        if self.is_alone {
            let is_first = self.first == Some(1);
            let rule = if is_first { &FIRST_DELIMITER_MISSING } else { &DELIMITER_LOST };
            findings.rename(&NO_MULTIPART, rule);
        }
    }
}
