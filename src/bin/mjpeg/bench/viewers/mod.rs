//! Many viewers of one URL in one thread: an event loop, and receivers that count frames cheaply.
//!
//! ```text
//! Crowd  (event loop) -> Viewer (one connection) -> Receiver (its response) -> Skimmer, or the library's reader
//!    -> Audience, which gets the frames
//! ```

mod crowd;
mod found;
mod frame;
mod library;
mod part_head;
mod proof;
mod receiver;
mod skimmer;
mod viewer;

pub use crowd::{Audience, Crowd};
pub use frame::Frame;
pub use viewer::{Appetite, Over, sentence};
