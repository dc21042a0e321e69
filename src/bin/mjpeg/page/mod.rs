//! A self-contained HTML page of results: one file without scripts, which loads nothing.
//!
//! It follows the light or dark theme of its reader and can be printed. [`chart`] draws plots for it.

pub mod chart;
mod document;
mod names;

pub use document::{document, escaped, marked};
