//! The files that a measurement writes beside its report, and the baseline that it is compared with.

mod baseline;
mod files;
pub mod noise;
mod options;
mod results;

#[cfg(test)]
pub use baseline::Baseline;
pub use baseline::Comparison;
pub use files::Files;
pub use options::Options;
pub use results::{Better, Results};
