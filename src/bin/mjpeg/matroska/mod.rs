//! Matroska files of JPEGs (RFC 9559), as bytes. No I/O.
//!
//! Only the few elements that such a file needs. The layout is one that can be cut at any byte: sizes that are not known
//! yet have the form "unknown" and are replaced in their place later, and what is known only at the end has its place kept
//! by a Void.

mod cues;
mod ebml;
mod film;
mod ids;

pub use film::{Film, Patch};
