//! What must hold for every input, as functions that panic where it does not.
//!
//! The fuzz targets call them with bytes that libFuzzer makes, `tests/codec/replay.rs` with the committed
//! corpus and all fixtures.

pub mod chunks;
pub mod consumers;
pub mod content_type;
pub mod cuts;
pub mod entropy;
pub mod fields;
pub mod judge;
pub mod parser;
pub mod round_trip;
pub mod split;
pub mod strip;
pub mod transcript;
pub mod walk;
