//! Where frames come from.

pub mod ahead;
pub mod directory;
pub mod error;
pub mod file;
pub mod live;
mod natural;
pub mod paced;
pub mod pattern;
pub mod picture;
mod watch;
