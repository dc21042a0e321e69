//! Replay: a recording with its times, sent to each viewer from the viewer's own start: a capture byte for byte, or a
//! recorded directory with its fields.
//!
//! ```text
//! capture, timing file   ->  Scan: where a round may end         (its own thread, once)
//!                        ->  CapturePlayhead, ManifestPlayhead:
//!                            blocks of bytes and times           (one thread, for all viewers of a stream)
//!                        ->  Playback: what is due now           (the event loop)
//! ```

mod block;
mod capture_playhead;
mod chunks;
mod frame_ends;
mod manifest_playhead;
mod playback;
mod points;
mod reader;
mod recording;
mod replays;
mod round_length;
mod scan;
mod shared_file;
mod speed;
mod still;
mod tape;

pub use block::Ending;
pub use playback::{Next, Playback};
pub use replays::Replays;
pub use speed::Speed;
pub use still::Still;
pub use tape::Tape;
