//! What to change in a camera or a server so that it no longer breaks a rule.

mod content;
mod delimiter;
mod entry;
mod http;
mod jpeg;
mod part;
mod recording;
mod strip;
mod timing;

use super::rule::Rule;
pub use entry::Remedy;

/// The remedy for a break of `rule`.
pub fn remedy(rule: &Rule) -> Option<&'static Remedy> {
    all().find(|remedy| remedy.code == rule.code)
}

fn all() -> impl Iterator<Item = &'static Remedy> {
    [
        http::REMEDIES,
        delimiter::REMEDIES,
        part::REMEDIES,
        jpeg::REMEDIES,
        timing::REMEDIES,
        content::REMEDIES,
        recording::REMEDIES,
        strip::REMEDIES,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::rules::{find, rules};
    use super::*;

    #[test]
    fn each_rule_has_one_remedy_with_two_examples() {
        let missing: Vec<&str> =
            rules().filter(|rule| remedy(rule).is_none()).map(|rule| rule.code).collect();
        assert!(missing.is_empty(), "rules without a remedy in src/check/remedies: {missing:?}");
        let mut codes: Vec<&str> = all().map(|remedy| remedy.code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count, "two remedies for one rule");
        for remedy in all() {
            assert!(find(remedy.code).is_some(), "there is no rule {}", remedy.code);
            assert!(remedy.cure.ends_with('.') && !remedy.bad.is_empty() && !remedy.good.is_empty());
            assert_ne!(remedy.bad, remedy.good, "{}", remedy.code);
        }
    }
}
