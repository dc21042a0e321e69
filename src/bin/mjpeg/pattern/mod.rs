//! The test pattern: frames that are drawn and encoded without a camera; and coded strips over other frames.

mod canvas;
mod drawer;
mod font;
mod mosaic;
mod size;
mod stamper;

pub use drawer::Pattern;
pub use size::Size;
pub use stamper::{Stamper, Unstamped};
