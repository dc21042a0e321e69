//! Frames from another stream: a camera's URL, standard input, a capture.

mod follow;
mod follower;
mod newest;
mod outages;
mod pipe;
mod sink;
mod upstream;

pub use follow::{Start, Starting};
pub use upstream::Upstream;
