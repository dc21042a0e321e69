//! Which rules are applied.

use clap::Args;
use mjpeg::check::{Selection, Selector};

/// The rules that are applied.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[group(skip)]
pub struct RuleChoice {
    /// Apply only these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = clap::value_parser!(Selector))]
    pub select: Vec<Selector>,
    /// Do not apply these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = clap::value_parser!(Selector))]
    pub ignore: Vec<Selector>,
}

impl RuleChoice {
    /// The rules, without `exempt` ones.
    pub fn selection(&self, exempt: impl Iterator<Item = Selector>) -> Selection {
        Selection::all().only(self.select.iter().cloned()).without(self.ignore.iter().cloned().chain(exempt))
    }
}
