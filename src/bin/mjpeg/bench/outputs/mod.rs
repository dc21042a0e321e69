//! The files that a measurement writes beside its report, and the baseline that it is compared with.

mod baseline;
mod files;
mod options;
mod results;

pub use baseline::Comparison;
pub use files::Files;
pub use options::Options;
pub use results::{Better, Results};
