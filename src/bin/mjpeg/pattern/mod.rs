//! The test pattern: frames that are drawn and encoded without a camera.

mod drawer;
mod font;
mod mosaic;
mod size;

pub use drawer::Pattern;
pub use size::Size;
