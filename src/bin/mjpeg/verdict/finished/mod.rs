//! A finished target: all that the output formats tell of it.

mod absent;
mod of_run;
mod severity;
mod target;

pub use target::{Change, Finding, Finished, Origin, Reader, SCHEMA, Strip};

#[cfg(test)]
pub mod tests;
