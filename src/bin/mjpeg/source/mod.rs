//! Where frames come from.

mod font;
pub mod pattern;
