//! Sources of frames.

pub mod ahead;
mod catalogue;
mod condition;
pub mod directory;
pub mod error;
pub mod file;
mod files;
mod guarded;
pub mod io_thread;
pub mod kind;
mod librarian;
pub mod link;
pub mod listing;
pub mod live;
mod natural;
pub mod notices;
pub mod paced;
pub mod pattern;
pub mod picture;
pub mod picture_file;
mod plan;
mod read_ahead;
mod rewriting;
pub mod stamp;
pub mod stamped;
pub mod wake;
mod watch;
