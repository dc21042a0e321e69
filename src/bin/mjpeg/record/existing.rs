//! What to do about an output that exists.

/// What to do about an output that holds a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Replace it once the first good frame is in hand.
    Overwrite,
    /// Add to it. Nothing is replaced.
    Resume,
}
