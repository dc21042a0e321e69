//! What an observer learns about the connections of a camera.

use std::sync::Arc;
use std::time::Duration;

use mjpeg::check::Silence;
use mjpeg::consumers::HeadStart;
use mjpeg::http::Head;

use super::end::End;
use super::open_error::OpenErrorKind;
use super::secrets::Secrets;
use super::wire::Wire;

/// A stream that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Why it was opened.
    pub reason: Reason,
    /// The response head, if there is one.
    pub head: Option<Head>,
    /// What the response starts with.
    pub head_start: HeadStart,
    /// Bytes of the response before its body.
    pub body_start: usize,
    /// Whether its body comes in chunks.
    pub is_in_chunks: bool,
    /// Bytes of the decoded bodies of the earlier streams.
    pub offset: u64,
    /// When the first byte of a capture with its times came, since 1970-01-01 UTC.
    pub recorded: Option<Duration>,
    /// Whether its bytes have arrival times.
    pub is_live: bool,
    /// Whether it is one picture of a URL that is polled.
    pub is_polled: bool,
    /// What is secret in the request: the server may repeat it in its fields.
    pub secrets: Secrets,
    /// What can be asked about a silence that goes on.
    pub pulse: Pulse,
}

/// What can be asked about a silence that goes on, from another thread than the one that reads.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Option<Arc<Wire>>);

impl Pulse {
    /// That of a live connection.
    pub(super) fn of(wire: &Arc<Wire>) -> Self {
        Self(Some(Arc::clone(wire)))
    }

    /// The silence now, if it is one, with times of the clock.
    pub fn silence(&self) -> Option<Silence> {
        self.0.as_ref()?.silence_seen()
    }
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
    /// What kept a stream from opening; `None` if one was open and ended.
    pub kind: Option<OpenErrorKind>,
    /// Why, in words that may have bytes of the camera in them.
    pub why: &'a str,
    /// When the camera is asked again, by the clock.
    pub again_at: Duration,
}
