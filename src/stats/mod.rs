//! Times of frames to figures: rates, gaps, jitter, stalls, bursts. Pure functions of given times.

mod batches;
mod bursts;
mod distribution;
mod frame_times;

pub use batches::Batches;
pub use bursts::Bursts;
pub use distribution::Distribution;
pub use frame_times::{FrameTimes, Timing};
