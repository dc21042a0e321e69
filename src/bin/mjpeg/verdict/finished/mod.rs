//! A finished target: all that the output formats show of it.

mod absent;
mod finding;
mod of_run;
mod pictures;
mod severity;
mod target;
mod timing;

pub use finding::Finding;
pub use pictures::Strip;
pub use target::{Change, Finished, Origin, SCHEMA};
pub use timing::Reader;

#[cfg(test)]
pub mod tests;
