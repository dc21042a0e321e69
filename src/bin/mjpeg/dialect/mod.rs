//! How real cameras and servers write their streams, as data.

mod catalogue;
mod chunks;
mod description;
mod template;

pub use catalogue::{all, named};
pub use chunks::{Chunks, Together};
pub use description::{Description, SentTogether};
pub use template::Values;
