//! Listening: sockets, request heads within limits, and finite answers.

pub mod address;
pub mod answer;
pub mod auth;
pub mod client;
pub mod guesses;
pub mod head;
pub mod host;
pub mod inherited;
pub mod request;
pub mod socket;
mod socket_file;
pub mod tcp;
pub mod unix;
