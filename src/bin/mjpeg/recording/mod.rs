//! Reads recordings that `mjpeg record` made.

mod answer;
mod line;
mod manifest;
mod reader;

pub use line::Line;
pub use manifest::MANIFEST;
pub use reader::{Recording, is_directory};
