//! Times of frames to figures: rates, gaps, jitter, stalls, bursts. Pure functions of given times.

mod batches;
mod bursts;
mod distribution;
mod frame_times;
mod lateness;
mod mean_gap;

pub use batches::Batches;
pub use bursts::Bursts;
pub use distribution::{Distribution, percentile_error};
pub use frame_times::{FrameTimes, Timing};
pub use lateness::Lateness;
pub use mean_gap::MeanGap;
