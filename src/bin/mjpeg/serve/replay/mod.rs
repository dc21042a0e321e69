//! Replay: a capture with the times of its reads, sent to each viewer byte for byte from the viewer's own start.
//!
//! ```text
//! capture, timing file  ->  Scan: where a round may end       (its own thread, once)
//!                       ->  Playhead: blocks of bytes and times (one thread, for all viewers of a stream)
//!                       ->  Playback: what is due now           (the event loop)
//! ```

mod block;
mod chunks;
mod playback;
mod playhead;
mod points;
mod reader;
mod recording;
mod replays;
mod scan;
mod speed;
mod still;

pub use block::Ending;
pub use playback::{Next, Playback};
pub use recording::Recording;
pub use replays::Replays;
pub use speed::Speed;
pub use still::Still;
