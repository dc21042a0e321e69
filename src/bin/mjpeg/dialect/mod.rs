//! How real cameras and servers write their streams, as data.

mod catalogue;
mod description;
mod template;

pub use catalogue::{all, named};
pub use description::{Chunks, Description, SentTogether};
pub use template::Values;
