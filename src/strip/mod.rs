//! A strip of black and white boxes at the top of a picture, which says when the picture was taken and which one it is.
//!
//! It survives what changes all bytes of a frame: another quality, another subsampling, a progressive scan, scaling. So a
//! frame keeps its identity through any chain of programs that re-encode it, and each lost, doubled, reordered or late
//! frame can be named by its number.
//!
//! # Format
//!
//! ```text
//! strip    := time number source check     ; 144 bits, the highest bit of each number first
//! time     := 64 bits                      ; when the picture was taken, in microseconds since 1970-01-01 UTC
//! number   := 32 bits                      ; of the frame in its source
//! source   := 16 bits                      ; chosen at random by each source, so that two of them can be told apart
//! check    := 32 bits                      ; CRC-32 of the 14 octets before (ISO 3309), as in PNG
//! ```
//!
//! The bits are in 4 rows of 36 boxes, in the upper left corner of the picture, row by row; a box is white for 1. The
//! side of a box is a multiple of 8, as large as the picture allows: see [`Grid::new`]. So at the size at which the picture
//! was drawn each box is made of whole blocks of JPEG, and the mean of a block is its DC coefficient: reading the strip
//! takes no pixels ([`Reader`]). In a scaled picture the pixels show it ([`Finder`]). [`Continuity`] compares the numbers
//! of the frames of a stream, and [`Latencies`] their times with those of their arrival.

mod continuity;
mod finder;
mod grid;
mod identity;
mod latencies;
mod reader;

pub use continuity::{Continuity, Place};
pub use finder::Finder;
pub use grid::Grid;
pub use identity::Identity;
pub use latencies::Latencies;
pub use reader::Reader;
