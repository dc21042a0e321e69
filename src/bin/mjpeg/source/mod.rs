//! Sources of frames.

pub mod ahead;
mod catalogue;
pub mod directory;
pub mod error;
pub mod file;
mod files;
pub mod io_thread;
mod librarian;
pub mod listing;
pub mod live;
mod natural;
pub mod notices;
pub mod paced;
pub mod pattern;
pub mod picture;
pub mod picture_file;
mod rewriting;
pub mod stamp;
pub mod wake;
mod watch;
