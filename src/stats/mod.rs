//! Times of frames to figures: rates, gaps, jitter, stalls, bursts. Pure functions of given times.

mod bursts;
mod frame_times;

pub use bursts::Bursts;
pub use frame_times::{FrameTimes, Timing};
