//! How far a stream has been sent.

/// How far a viewer's stream has been sent. It decides what may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentUpTo {
    /// Nothing, not even the first delimiter.
    Fresh,
    /// Up to the end of a frame.
    Body,
    /// Up to a delimiter: a part must follow.
    Delimiter,
    /// Up to the head of the part with this number: exactly this part must follow.
    Head(u64),
    /// Up to the close-delimiter: nothing may follow.
    Closed,
}
