//! Why a viewer has no stream, or has lost it: for people, and for the exit status.

use crate::bench::viewers::Over;
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::transport::PlainRequest;

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
            Over::NotAStream(why) => (Exit::NotAStream, why, None),
            Over::Reset(why) => (Exit::Stalled, why, None),
            Over::Closed if had_frames => (Exit::Stalled, "the stream ended".into(), None),
            Over::Closed => (Exit::NotAStream, "the response ended without a frame".into(), None),
        };
        Self { exit, message, hint }
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
