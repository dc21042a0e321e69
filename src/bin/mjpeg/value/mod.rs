//! Values of the command line: from text to the type that the code works with. Each is parsed once, here.

mod dimensions;
mod duration;
mod rate;
mod size;

pub use dimensions::Dimensions;
pub use duration::{duration, interval, limit};
pub use rate::Rate;
pub use size::size;
