//! What pictures show, by the means of their blocks: no pixel is computed.

mod colour;
mod concealment;
mod level;
mod look;
mod stillness;

pub use colour::Colour;
pub use concealment::{Concealment, LostColour};
pub use look::Look;
pub use stillness::Stillness;
