//! What becomes of a stream in a consumer, and why.

use super::cause::Cause;
use super::fate::Fate;

/// What becomes of a stream in a consumer, and what decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prediction {
    /// What becomes of the frames.
    pub fate: Fate,
    /// What the consumer ran into, if not all is well.
    pub cause: Option<Cause>,
    /// Where, in bytes of the body that was given; absent for the response head.
    pub at: Option<usize>,
}

impl Prediction {
    /// The fate of a stream without a part.
    pub fn nothing() -> Self {
        Self { fate: Fate::Nothing, cause: None, at: None }
    }

    pub(super) fn of_head(fate: Fate, cause: Cause) -> Self {
        Self { fate, cause: Some(cause), at: None }
    }
}
