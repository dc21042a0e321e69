//! What a stream is judged by.

use core::time::Duration;

use crate::check::selection::Selection;

/// What a stream is judged by: the rules that count, and limits. The default is all rules and no limits.
///
/// ```
/// use mjpeg::check::Expectations;
///
/// let mut expectations = Expectations::default();
/// expectations.min_fps = Some(10.0);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Expectations {
    /// The rules that count: findings of others are not in the report.
    pub rules: Selection,
    /// The longest gap between two frames.
    pub max_gap: Option<Duration>,
    /// The lowest rate, in frames per second.
    pub min_fps: Option<f64>,
    /// Width and height of all pictures, in pixels.
    pub size: Option<(u16, u16)>,
    /// Whether to decode the entropy-coded data of every picture.
    pub deep: bool,
    /// Whether the stream must not end: an end that is too early is an error.
    pub live: bool,
}
