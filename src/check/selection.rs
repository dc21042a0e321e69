//! Which rules a stream is judged by.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::rule::Rule;
use super::rules::rules;

/// Names one rule or a group of rules: a code (`M203`), a name (`content-length-short`), or the start of
/// a code (`M`, `M2`). The case of codes does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Never empty.
    rules: Vec<&'static Rule>,
}

impl Selector {
    fn contains(&self, rule: &Rule) -> bool {
        self.rules.contains(&rule)
    }
}

impl FromStr for Selector {
    type Err = UnknownRule;

    /// # Errors
    ///
    /// When no rule has this code, name or start of a code, and when the text is empty.
    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        let starts = |code: &str| code.get(..text.len()).is_some_and(|it| it.eq_ignore_ascii_case(text));
        let rules: Vec<_> = rules().filter(|rule| rule.name == text || starts(rule.code)).collect();
        if text.is_empty() || rules.is_empty() { Err(UnknownRule) } else { Ok(Self { rules }) }
    }
}

/// No rule has the given code or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRule;

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no rule has this code or name")
    }
}

impl core::error::Error for UnknownRule {}

/// The rules that a stream is judged by. The default is all rules.
///
/// ```
/// use mjpeg::check::{Selection, find};
///
/// let selection = Selection::all().only(["M".parse()?, "J".parse()?]).without(["preamble".parse()?]);
/// assert!(selection.contains(find("M203").unwrap()));
/// assert!(!selection.contains(find("M201").unwrap()));
/// assert!(!selection.contains(find("T401").unwrap()));
/// # Ok::<(), mjpeg::check::UnknownRule>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Empty: all rules.
    selected: Vec<Selector>,
    ignored: Vec<Selector>,
}

impl Selection {
    /// All rules.
    pub fn all() -> Self {
        Self::default()
    }

    /// Adds to the rules that count; all others then do not count. No selectors change nothing.
    #[must_use]
    pub fn only(mut self, selectors: impl IntoIterator<Item = Selector>) -> Self {
        self.selected.extend(selectors);
        self
    }

    /// Removes rules, even those that [`only`](Self::only) names.
    #[must_use]
    pub fn without(mut self, selectors: impl IntoIterator<Item = Selector>) -> Self {
        self.ignored.extend(selectors);
        self
    }

    /// Whether findings of `rule` count.
    pub fn contains(&self, rule: &Rule) -> bool {
        let names = |selector: &Selector| selector.contains(rule);
        (self.selected.is_empty() || self.selected.iter().any(names)) && !self.ignored.iter().any(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_a_code_a_name_or_the_start_of_a_code() {
        for (text, expected) in
            [("M203", 1), ("m203", 1), ("content-length-short", 1), ("J", 36), ("j3", 36), ("M24", 5)]
        {
            assert_eq!(text.parse::<Selector>().map(|selector| selector.rules.len()), Ok(expected), "{text}");
        }
        for text in ["", "Q9", "M2031", "content-length", "Preamble", "é", "M,J", " M"] {
            assert_eq!(text.parse::<Selector>(), Err(UnknownRule), "{text}");
        }
    }
}
