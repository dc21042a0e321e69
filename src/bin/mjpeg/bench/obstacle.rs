//! Why a viewer has no stream, or has lost it: for people, and for the exit status.

use std::time::Duration;

use mjpeg::counted::Counted;

use crate::bench::viewers::Over;
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::output::printable;
use crate::transport::{Page, PlainRequest};

/// Why a viewer is over.
#[derive(Debug)]
pub struct Obstacle {
    /// The status if no viewer was served.
    pub exit: Exit,
    /// In words.
    pub message: String,
    /// What to do.
    hint: Option<String>,
}

impl Obstacle {
    /// The obstacle of a viewer that is over.
    pub fn of(over: Over, had_frames: bool, request: &PlainRequest, clock: &Clock) -> Self {
        let (exit, message, hint) = match over {
            Over::Unconnected(why) => (Exit::Unreachable, why, None),
            Over::Refusal(head) => {
                let problem = request.refused(&head, clock).problem;
                (Exit::Unreachable, format!("HTTP status {}", request.status(&head)), problem.hint)
            }
            Over::NotAStream(why, _) if had_frames => (Exit::Stalled, why, None),
            Over::NotAStream(why, answer) => {
                return Self::foreign(why, answer.and_then(|it| request.page(&it.head, &it.start)));
            }
            Over::Picture(content_type) => return Self::picture(&content_type),
            Over::Reset(why) => (Exit::Stalled, why, None),
            Over::Closed if had_frames => (Exit::Stalled, "the stream ended".into(), None),
            Over::Closed => (Exit::NotAStream, "the response ended without a frame".into(), None),
        };
        Self { exit, message, hint }
    }

    /// Viewers had a stream that sends no frame any more.
    pub fn stall(viewers: u64, limit: Duration) -> Self {
        let (viewers, seconds) = (Counted(viewers, "viewer"), limit.as_secs_f64());
        let message = format!("stalled: {viewers} received no frame in the last {seconds:.1} s");
        Self { exit: Exit::Stalled, message, hint: None }
    }

    /// Viewers had a stream that sent no frame for this long, and then went on.
    pub fn pause(viewers: u64, largest: Duration) -> Self {
        let (viewers, seconds) = (Counted(viewers, "viewer"), largest.as_secs_f64());
        let message = format!("stalled: {viewers} received no frame for up to {seconds:.1} s");
        Self { exit: Exit::Stalled, message, hint: None }
    }

    /// Whether the stream is at fault, and not the number of viewers, which a server may refuse.
    pub fn is_fault(&self) -> bool {
        self.exit >= Exit::NotAStream
    }

    /// The response was no stream: what it is if that is known, else why.
    pub fn foreign(why: String, page: Option<Page>) -> Self {
        let hint = page.as_ref().and_then(Page::hint).map(Into::into);
        let message = page.map_or(why, |page| format!("not an MJPEG stream: {page}"));
        Self { exit: Exit::NotAStream, message, hint }
    }

    /// The response was a picture with this content type.
    pub fn picture(content_type: &str) -> Self {
        let message = format!("one picture ({}), not a stream", printable(content_type));
        let hint = Some("give the URL of the stream; this one is that of a snapshot".into());
        Self { exit: Exit::NotAStream, message, hint }
    }

    /// A viewer has waited too long for its first frame.
    pub fn silence(seconds: u64) -> Self {
        Self { exit: Exit::Stalled, message: format!("no frame within {seconds} s"), hint: None }
    }

    /// The failure of a measurement of `target`.
    pub fn failure(self, target: &str) -> Failure {
        let cause = anyhow::anyhow!("{target}: {}", self.message);
        Failure { exit: self.exit, cause: Some(cause), hint: self.hint }
    }
}
