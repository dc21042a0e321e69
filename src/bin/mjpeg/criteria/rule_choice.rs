//! Which rules are applied.

use clap::Args;
use mjpeg::check::{self, Selection, Selector};

/// The rules that are applied.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[group(skip)]
pub struct RuleChoice {
    /// Apply only these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = rules)]
    pub select: Vec<Selector>,
    /// Do not apply these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = rules)]
    pub ignore: Vec<Selector>,
}

impl RuleChoice {
    /// The rules, without `exempt` ones.
    pub fn selection(&self, exempt: impl Iterator<Item = Selector>) -> Selection {
        Selection::all().only(self.select.iter().cloned()).without(self.ignore.iter().cloned().chain(exempt))
    }
}

/// Parses a rule, or a group of rules.
fn rules(text: &str) -> Result<Selector, String> {
    text.parse().map_err(|_| unknown_rule(text))
}

/// Why `text` names no rule, and what it may mean.
pub fn unknown_rule(text: &str) -> String {
    match check::nearest(text) {
        Some(rule) => format!("no rule has this code or name; did you mean {} ({})?", rule.name, rule.code),
        None => format!(
            "no rule has this code or name; `mjpeg check --list-rules` lists all ({} of them)",
            check::rules().count()
        ),
    }
}
