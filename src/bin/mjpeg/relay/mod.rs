//! Frames from another stream: a camera's URL, standard input, a capture.

mod newest;
mod pipe;
mod sink;
mod upstream;

pub use upstream::Upstream;
