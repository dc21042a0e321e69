//! Parsers for values of the command line. Each kind of value has one parser.

mod count;
mod dimensions;
mod duration;
mod number;
mod rate;
mod size;

pub use count::count;
pub use dimensions::Dimensions;
pub use duration::{duration, in_words, interval, limit};
pub use number::number;
pub use rate::Rate;
pub use size::{size, some_bytes};
