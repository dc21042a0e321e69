//! The shared codec of the `mjpeg` toolkit.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod check;
pub mod http;
pub mod jpeg;
pub mod multipart;
pub mod stats;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
