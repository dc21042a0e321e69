//! Sources of frames.

pub mod ahead;
pub mod directory;
pub mod error;
pub mod file;
pub mod listing;
pub mod live;
mod natural;
pub mod paced;
pub mod pattern;
pub mod picture;
pub mod picture_file;
pub mod wake;
mod watch;
