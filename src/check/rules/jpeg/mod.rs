//! The JPEG in a part.

mod edge;
mod effects;
mod entropy;
mod process;
mod segment;

pub use edge::*;
pub use entropy::*;
pub use process::*;
pub use segment::*;
