//! Pictures out of another stream: a camera's URL, standard input, a capture.

mod upstream;

pub use upstream::Upstream;
