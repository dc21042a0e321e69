//! The HTTP around a stream: response heads, field lines, content types and the chunked coding
//! (RFC 9110, RFC 9112), read as cameras really write them.
//!
//! Each reader has two answers for what departs from the standard: the value that was meant, and a
//! flaw with its place. Nothing here opens a socket.

mod chunked;
mod content_type;
mod fields;
mod head;

pub use chunked::{ChunkError, ChunkErrorKind, Dechunker};
pub use content_type::{BoundaryParameter, ContentType, Separator};
pub use fields::{FieldFlaw, FieldLine, Fields, split_fields};
pub use head::{HEAD_BYTES, Head, HeadError, Version};

pub(crate) use fields::is_field_like;
