//! Multipart bodies: `multipart/x-mixed-replace` as RFC 2046 5.1 defines multipart, read tolerantly.

mod body;
mod boundary;
pub(crate) mod buffer;
mod deviation;
mod error;
mod event;
mod extent;
mod head;
mod limits;
mod parser;
mod scan;
mod serializer;
mod start;

pub use boundary::{Boundary, InvalidBoundary};
pub use deviation::{Deviation, DeviationKind};
pub use error::Error;
pub use event::{Event, Framing, Part, Span, Spans};
pub use extent::{BodyWalk, Extent};
pub use limits::Limits;
pub use parser::Parser;
pub use serializer::{PartHead, Serializer};
