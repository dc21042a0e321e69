//! The findings so far, one for each broken rule.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::check::cause::GapCause;
use crate::check::decoding::Flaw;
use crate::check::report::Finding;
use crate::check::rule::{Rule, Severity};
use crate::check::selection::Selection;

/// Most characters of a message.
const MESSAGE_CHARS: usize = 300;

/// Where a rule is broken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// The part, counted from 1.
    pub part: Option<u64>,
    /// Bytes of the decoded body before the place.
    pub offset: Option<u64>,
}

impl Place {
    /// The response head, or the stream as a whole.
    pub const STREAM: Self = Self { part: None, offset: None };

    /// A byte of a part.
    pub fn in_part(part: u64, offset: u64) -> Self {
        Self { part: Some(part), offset: Some(offset) }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// By code.
    by_code: BTreeMap<&'static str, Finding>,
    /// The codes of which all breaks so far are explained.
    explained: BTreeSet<&'static str>,
}

impl Findings {
    /// Counts one break of `rule`. The place and the message of the first one are kept.
    pub fn note(&mut self, rule: &'static Rule, place: Place, message: impl Into<String>) {
        self.note_times(1, rule, place, message);
    }

    /// Counts `count` breaks of `rule`.
    pub fn note_times(&mut self, count: u64, rule: &'static Rule, place: Place, message: impl Into<String>) {
        let finding = self.by_code.entry(rule.code).or_insert_with(|| Finding {
            rule,
            count: 0,
            part: place.part,
            offset: place.offset,
            file: None,
            message: cut(message.into()),
            cause: None,
            severity: None,
        });
        finding.count += count;
        if self.explained.remove(rule.code) {
            finding.severity = None;
        }
    }

    /// Counts breaks of `rule` where another rule says what follows from both: they are an info, unless others are not.
    pub fn note_explained(
        &mut self,
        count: u64,
        rule: &'static Rule,
        place: Place,
        message: impl Into<String>,
    ) {
        let is_explained = !self.has(rule) || self.explained.contains(rule.code);
        self.note_times(count, rule, place, message);
        if is_explained {
            self.explained.insert(rule.code);
            self.set_severity(rule, Severity::Info);
        }
    }

    /// Takes what `earlier` has of these rules.
    pub fn carry(&mut self, earlier: &Self, rules: &[&Rule]) {
        let kept = rules.iter().filter_map(|rule| earlier.by_code.get_key_value(rule.code));
        self.by_code.extend(kept.map(|(code, finding)| (*code, Finding { count: 1, ..finding.clone() })));
    }

    /// Notes a break of `rule` that has another severity in this stream.
    pub fn note_as(&mut self, severity: Severity, rule: &'static Rule, message: impl Into<String>) {
        self.note(rule, Place::STREAM, message);
        self.set_severity(rule, severity);
    }

    /// Makes the finding of one rule one of another, if there is one. The first place of both is kept.
    pub fn rename(&mut self, from: &'static Rule, to: &'static Rule) {
        if let Some(finding) = self.by_code.remove(from.code) {
            let place = Place { part: finding.part, offset: finding.offset };
            self.note_times(finding.count, to, place, finding.message);
        }
    }

    /// The same, where a third rule explains the latter.
    pub fn rename_explained(&mut self, from: &'static Rule, to: &'static Rule) {
        if let Some(finding) = self.by_code.remove(from.code) {
            let place = Place { part: finding.part, offset: finding.offset };
            self.note_explained(finding.count, to, place, finding.message);
        }
    }

    /// Whether the stream breaks `rule`.
    pub fn has(&self, rule: &Rule) -> bool {
        self.by_code.contains_key(rule.code)
    }

    /// How often the stream breaks `rule`.
    pub fn count(&self, rule: &Rule) -> u64 {
        self.by_code.get(rule.code).map_or(0, |finding| finding.count)
    }

    /// Sets the severity of the finding of `rule`, if there is one.
    pub fn set_severity(&mut self, rule: &Rule, severity: Severity) {
        if let Some(finding) = self.by_code.get_mut(rule.code) {
            finding.severity = Some(severity);
        }
    }

    /// Sets whose fault the finding of `rule` is.
    pub fn set_cause(&mut self, rule: &Rule, cause: Option<GapCause>) {
        if let Some(finding) = self.by_code.get_mut(rule.code) {
            finding.cause = cause;
        }
    }

    /// What is wrong with the pictures for decoders, apart from what another rule explains. It does not depend on which
    /// rules are selected.
    pub fn flaws(&self) -> Vec<Flaw> {
        let counts = |rule: &Rule| Flaw::is_of_decoders(rule) && !self.is_explained(rule);
        let found = self.by_code.values().filter(|finding| counts(finding.rule));
        found.map(|finding| Flaw { rule: finding.rule, pictures: finding.count }).collect()
    }

    /// Whether a rule that the stream breaks explains `rule`.
    fn is_explained(&self, rule: &Rule) -> bool {
        self.by_code.values().any(|it| it.rule.explains.contains(&rule))
    }

    /// The findings that count: errors first, then by code.
    ///
    /// What a rule explains is left out even if `rules` ignores that rule: to ignore a fault is to
    /// ignore its consequences too.
    pub fn finish(self, rules: &Selection) -> Vec<Finding> {
        let counts = |rule: &Rule| rules.contains(rule) && !self.is_explained(rule);
        let mut findings: Vec<Finding> =
            self.by_code.values().filter(|finding| counts(finding.rule)).cloned().collect();
        findings.sort_by_key(|finding| core::cmp::Reverse(finding.severity()));
        findings
    }
}

/// A field can be as long as a head: its start is enough.
fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS) {
        message.truncate(end);
        message.push_str(" ...");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rules::delimiter::{NO_MULTIPART, PREAMBLE};
    use crate::check::rules::http::{BODY_LENGTH, CONTENT_TYPE_MISSING};

    fn codes(findings: Findings, rules: &Selection) -> Vec<&'static str> {
        findings.finish(rules).iter().map(|finding| finding.rule.code).collect()
    }

    #[test]
    fn the_first_break_of_a_rule_is_kept_and_all_are_counted() {
        let mut findings = Findings::default();
        findings.note(&PREAMBLE, Place::in_part(3, 70), "first");
        findings.note(&PREAMBLE, Place::in_part(4, 90), "second");
        let [finding] = &findings.finish(&Selection::all())[..] else { panic!("not one") };
        assert_eq!((finding.count, finding.part, finding.offset), (2, Some(3), Some(70)));
        assert_eq!(finding.message, "first");
    }

    #[test]
    fn errors_come_before_warnings() {
        let mut findings = Findings::default();
        findings.note(&PREAMBLE, Place::STREAM, "");
        findings.note(&BODY_LENGTH, Place::STREAM, "");
        findings.note(&CONTENT_TYPE_MISSING, Place::STREAM, "");
        assert_eq!(codes(findings, &Selection::all()), ["H101", "M201", "H112"]);
    }

    #[test]
    fn an_explained_finding_is_left_out_whatever_is_selected() {
        let unframed = || {
            let mut findings = Findings::default();
            findings.note(&PREAMBLE, Place::STREAM, "");
            findings.note(&NO_MULTIPART, Place::STREAM, "");
            findings
        };
        let selector = |text: &str| [text.parse().unwrap()];
        assert_eq!(codes(unframed(), &Selection::all()), ["M237"]);
        assert_eq!(codes(unframed(), &Selection::all().without(selector("M201"))), ["M237"]);
        assert_eq!(codes(unframed(), &Selection::all().without(selector("M237"))), [""; 0]);
        assert_eq!(codes(unframed(), &Selection::all().only(selector("M201"))), [""; 0]);
    }
}
