//! The long gaps of two checks: whether one of them has more than chance explains.

mod chance;
mod gaps;
mod longest;

pub use gaps::Gaps;
pub use longest::{LongGaps, differ, has_moved};
