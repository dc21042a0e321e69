//! What a stream is judged by, and the word for the result: `check` and `monitor` have these options and verdicts in common.

mod demands;
mod rule_choice;
mod verdict;

pub use self::demands::Demands;
pub use self::rule_choice::{RuleChoice, unknown_rule};
pub use self::verdict::Verdict;
