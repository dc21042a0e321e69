//! How a stream ended: the word for machines, the sentence for people, and whether it is a failure.

use std::fmt;
use std::time::Duration;

use mjpeg::http::ChunkError;
use mjpeg::response;

use super::open_error::OpenErrorKind;
use super::page::Page;
use crate::value::in_words;

/// Why the reading of a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The observer had enough.
    Enough,
    /// The time was up.
    TimeUp,
    /// The stream ended between parts.
    Closed,
    /// The stream ended inside a part, or without its last chunk.
    Truncated,
    /// The chunk framing broke.
    Unframed(ChunkError),
    /// The connection was torn down: the system's words.
    Reset(String),
    /// No byte, or no complete part, within the idle limit.
    Stalled,
    /// This many parts came within the idle limit, and the observer rejected all of them.
    Rejected(u64),
    /// This signal ended the run.
    Signal(i32),
    /// Nothing could be recovered.
    NotAStream(Foreign),
    /// The stream could not be opened again.
    Gone {
        /// How the last stream ended.
        last: Box<End>,
        /// What kept the next one from opening.
        kind: OpenErrorKind,
        /// The same in words.
        why: String,
    },
}

/// An answer from which nothing could be recovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Why.
    pub error: response::Error,
    /// What the answer is, if it is a text.
    pub page: Option<Page>,
}

impl Foreign {
    /// What to do, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        self.page.as_ref().and_then(Page::hint)
    }
}

/// For people: what the answer is, else why it is no stream.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.page {
            Some(page) => page.fmt(f),
            None => self.error.fmt(f),
        }
    }
}

impl End {
    /// The word in JSON. `limit`: the command's word for the end it was given, such as `goal`. `None`: there
    /// was no stream.
    pub fn word(&self, limit: &'static str) -> Option<&'static str> {
        Some(match self {
            Self::Enough | Self::TimeUp => limit,
            Self::Closed => "closed",
            Self::Truncated | Self::Unframed(_) => "truncated",
            Self::Reset(_) => "reset",
            Self::Stalled | Self::Rejected(_) => "stalled",
            Self::Signal(_) => "signal",
            Self::NotAStream(_) => return None,
            Self::Gone { last, .. } => return last.word(limit),
        })
    }

    /// The sentence for people, with the idle limit.
    pub fn within(&self, idle: Duration) -> String {
        match self {
            Self::Stalled => format!("{self} of {}", in_words(idle)),
            _ => self.to_string(),
        }
    }

    /// The same for a command that has the option --idle.
    pub fn within_option(&self, idle: Duration) -> String {
        let option = if *self == Self::Stalled { " (--idle)" } else { "" };
        self.within(idle) + option
    }

    /// Whether the stream failed. `is_live`: its bytes came as they were made. Captures are cut, so a
    /// cut end is no failure of a file.
    pub fn is_failure(&self, is_live: bool) -> bool {
        match self {
            Self::Enough | Self::TimeUp | Self::Closed | Self::Signal(_) => false,
            Self::Truncated => is_live,
            Self::Unframed(_)
            | Self::Reset(_)
            | Self::Stalled
            | Self::Rejected(_)
            | Self::NotAStream(_)
            | Self::Gone { .. } => true,
        }
    }
}

/// The sentence for people, without a full stop.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enough => f.write_str("all requested parts were read"),
            Self::TimeUp => f.write_str("the time was up"),
            Self::Closed => f.write_str("the stream ended"),
            Self::Truncated => f.write_str("the stream was cut inside a part"),
            Self::Unframed(error) => write!(f, "the chunk framing broke: {error}"),
            Self::Reset(why) => write!(f, "the connection was reset: {why}"),
            Self::Stalled => f.write_str("stalled: no complete part came within the idle limit"),
            Self::Rejected(1) => {
                f.write_str("stalled: the only part within the idle limit was no good frame")
            }
            Self::Rejected(parts) => {
                write!(f, "stalled: none of the {parts} parts within the idle limit was a good frame")
            }
            Self::Signal(_) => f.write_str("ended by a signal"),
            Self::NotAStream(foreign) => write!(f, "not an MJPEG stream: {foreign}"),
            Self::Gone { last, why, .. } => write!(f, "{last}, and was not there again: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_end_is_a_failure_of_live_streams_only() {
        assert!(End::Truncated.is_failure(true) && !End::Truncated.is_failure(false));
        assert!(End::Reset("x".into()).is_failure(false) && !End::Closed.is_failure(true));
    }
}
