//! Listening: sockets, request heads within limits, and finite answers.

pub mod answer;
pub mod files;
pub mod head;
pub mod request;
pub mod socket;
