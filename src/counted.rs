//! A number and what it counts, in words.

use core::fmt;

/// `1 byte`, `2 bytes`: a number with its noun, for messages.
///
/// # Example
///
/// ```
/// use mjpeg::counted::Counted;
///
/// assert_eq!(Counted(1, "damaged frame").to_string(), "1 damaged frame");
/// assert_eq!(Counted(0, "damaged frame").to_string(), "0 damaged frames");
/// assert_eq!([0, 1, 2].map(|number| Counted(number, "frame").verb()), ["are", "is", "are"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'a>(
    /// The number.
    pub u64,
    /// The noun in the singular. Its plural ends in `s`.
    pub &'a str,
);

impl Counted<'_> {
    /// The verb behind it: `is` or `are`.
    pub fn verb(&self) -> &'static str {
        if self.0 == 1 { "is" } else { "are" }
    }
}

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, noun) = self;
        let end = if *number == 1 { "" } else { "s" };
        write!(f, "{number} {noun}{end}")
    }
}
