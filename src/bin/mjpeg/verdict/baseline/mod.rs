//! `--save-baseline` and `--baseline`: a stream compared with an earlier check of it.

mod comparison;
mod figures;
mod file;
mod settings;

pub use comparison::{Change, Comparison, Trend};
pub use figures::{Figures, Steadiness};
pub use file::{Baseline, Entry, begin};
pub use settings::Settings;

#[cfg(test)]
mod tests;
