//! Listening: sockets, request heads within limits, and finite answers.

pub mod answer;
pub mod auth;
pub mod files;
pub mod head;
pub mod host;
pub mod request;
pub mod socket;
