//! What an observer learns about the connections of a camera.

use std::time::Duration;

use super::end::End;

/// A stream that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Why it was opened.
    pub reason: Reason,
    /// Whether its bytes have arrival times.
    pub is_live: bool,
}

/// Why a stream was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is the first one.
    First,
    /// The one before it ended.
    Again,
    /// The URL answers with one picture, and the next one was due.
    Poll,
}

/// There is no stream at the moment.
#[derive(Debug)]
pub struct Lost<'a> {
    /// How the last stream ended; `None` if none could be opened.
    pub end: Option<&'a End>,
    /// Why, in words that may have bytes of the camera in them.
    pub why: &'a str,
    /// When the camera is asked again, by the clock.
    pub again_at: Duration,
}
