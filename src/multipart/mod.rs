//! Multipart bodies: `multipart/x-mixed-replace` as RFC 2046 5.1 defines multipart, read tolerantly.

mod boundary;
mod extent;
mod serializer;

pub use boundary::{Boundary, InvalidBoundary};
pub use extent::{BodyWalk, Extent};
pub use serializer::{PartHead, Serializer};
