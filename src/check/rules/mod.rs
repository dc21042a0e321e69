//! The table of rules. Everything that is said of a rule is said here: `--list-rules`, `--explain`,
//! `docs/rules.md` and the verdicts read it.

mod content;
mod http;
mod jpeg;
mod multipart;
mod timing;

use super::rule::Rule;

/// All rules, by groups, each in the order of their codes.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [http::RULES, multipart::RULES, jpeg::RULES, timing::RULES, content::RULES].into_iter().flatten()
}

/// The rule with this code or name; case does not matter.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    rules().find(|rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::consumer::Effect;
    use crate::check::rule::Severity;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_names_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for rule in rules() {
            assert!(seen.insert(rule.code) && seen.insert(rule.name), "{}", rule.code);
            assert!(rule.code.len() == 4 && "HMJTC".contains(&rule.code[..1]), "{}", rule.code);
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!rule.summary.ends_with('.') && rule.why.ends_with('.'), "{}", rule.code);
        }
        assert!(rules().map(|rule| rule.code.as_bytes()[1]).is_sorted());
    }

    #[test]
    fn severity_follows_the_consequence() {
        for rule in rules() {
            // FFmpeg with -strict_mime_boundary is asked for by few: alone it makes a warning.
            let mut effects = rule.effects.0;
            effects[1] = Effect::Plays;
            let worst = effects.into_iter().max().unwrap();
            if worst > Effect::Late {
                assert_eq!(rule.severity, Severity::Error, "{} {}", rule.code, rule.name);
            }
            if worst == Effect::Late {
                assert!(rule.severity >= Severity::Warning, "{} {}", rule.code, rule.name);
            }
        }
    }

    #[test]
    fn rules_are_found_by_code_and_by_name() {
        assert_eq!(find("m203").unwrap().name, "content-length-short");
        assert_eq!(find("preamble").unwrap().code, "M201");
        assert!(find("M999").is_none());
    }
}
