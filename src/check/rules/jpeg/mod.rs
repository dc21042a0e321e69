//! The JPEG in a part.

mod edge;
mod effects;
mod entropy;
mod marker;
mod process;
mod segment;

pub use edge::*;
pub use entropy::*;
pub use marker::*;
pub use process::*;
pub use segment::*;
