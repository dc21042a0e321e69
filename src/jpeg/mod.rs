//! JPEG structure (ITU-T T.81 Annex B and F) without pixels.

mod marker;
mod walk;

pub use marker::Marker;
pub use walk::Walk;
