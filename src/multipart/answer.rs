//! Answers that may need more bytes.

/// An answer, as far as the bytes that have come can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer<T> {
    Yes(T),
    No,
    /// It depends on bytes that have not come yet.
    More,
}

impl<T> Answer<T> {
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Yes(t) => Answer::Yes(f(t)),
            Self::No => Answer::No,
            Self::More => Answer::More,
        }
    }

    pub(super) fn and_then<U>(self, f: impl FnOnce(T) -> Answer<U>) -> Answer<U> {
        match self {
            Self::Yes(t) => f(t),
            Self::No => Answer::No,
            Self::More => Answer::More,
        }
    }
}
