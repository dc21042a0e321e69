//! Where frames come from.

pub mod ahead;
pub mod directory;
pub mod file;
mod font;
pub mod live;
mod mosaic;
mod natural;
pub mod paced;
pub mod pattern;
pub mod picture;
pub mod upstream;
mod watch;
