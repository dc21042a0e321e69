//! The boundary of a stream that is written.

use alloc::string::String;
use core::fmt;

/// A boundary that is legal to send: 1 to 70 characters of the set below, not ending in a blank.
///
/// ```text
/// boundary      := 0*69<bchars> bcharsnospace                       RFC 2046 5.1.1
/// bchars        := bcharsnospace / " "
/// bcharsnospace := DIGIT / ALPHA / "'" / "(" / ")" / "+" / "_" / "," / "-" / "." / "/" / ":" / "=" / "?"
/// ```
///
/// What streams in the wild call a boundary is wider than that and is read by the parser.
///
/// ```
/// use mjpeg::multipart::Boundary;
///
/// assert_eq!(Boundary::new("the_answer_is_42")?.parameter(), "the_answer_is_42");
/// assert_eq!(Boundary::new("a b")?.parameter(), "\"a b\"");
/// assert!(Boundary::new("trailing ").is_err());
/// # Ok::<(), mjpeg::multipart::InvalidBoundary>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

/// Why a boundary is not legal to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidBoundary {
    /// It has no characters.
    Empty,
    /// It has more than 70 characters: this many.
    TooLong(usize),
    /// It ends in a blank, which transport padding would swallow.
    EndsInBlank,
    /// It holds this character, which RFC 2046 does not allow.
    Character(char),
}

impl Boundary {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    ///
    /// When `text` is not a boundary of RFC 2046 5.1.1.
    pub fn new(text: &str) -> Result<Self, InvalidBoundary> {
        if text.is_empty() {
            return Err(InvalidBoundary::Empty);
        }
        if let Some(c) = text.chars().find(|&c| !is_bchar(c)) {
            return Err(InvalidBoundary::Character(c));
        }
        if text.len() > 70 {
            return Err(InvalidBoundary::TooLong(text.len()));
        }
        if text.ends_with(' ') {
            return Err(InvalidBoundary::EndsInBlank);
        }
        Ok(Self(text.into()))
    }

    /// The boundary itself, without dashes and quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of the `boundary` parameter: quoted only where RFC 2045 5.1 needs it, because
    /// Fluidd and ZoneMinder keep the quotes.
    pub fn parameter(&self) -> String {
        if self.0.bytes().all(is_token) { self.0.clone() } else { alloc::format!("\"{}\"", self.0) }
    }
}

impl fmt::Display for InvalidBoundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a boundary needs at least one character"),
            Self::TooLong(n) => write!(f, "a boundary has at most 70 characters, this one has {n}"),
            Self::EndsInBlank => f.write_str("a boundary must not end in a blank"),
            Self::Character(c) => {
                write!(
                    f,
                    "a boundary must not hold {c:?}; letters, digits, blanks and '()+_,-./:=? may be used"
                )
            }
        }
    }
}

impl core::error::Error for InvalidBoundary {}

fn is_bchar(c: char) -> bool {
    c.is_ascii_alphanumeric() || " '()+_,-./:=?".contains(c)
}

/// `token` of RFC 2045 5.1, for bytes that are `bchars`.
fn is_token(byte: u8) -> bool {
    !b" ()/:=?,".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_and_illegal_boundaries() {
        let long = "x".repeat(71);
        let table: [(&str, Result<&str, InvalidBoundary>); 8] = [
            ("frame", Ok("frame")),
            ("--b", Ok("--b")),
            ("a/b=c:d", Ok("\"a/b=c:d\"")),
            ("", Err(InvalidBoundary::Empty)),
            ("x ", Err(InvalidBoundary::EndsInBlank)),
            ("a\r\nb", Err(InvalidBoundary::Character('\r'))),
            ("grün", Err(InvalidBoundary::Character('ü'))),
            (&long, Err(InvalidBoundary::TooLong(71))),
        ];
        for (text, expected) in table {
            let got = Boundary::new(text).map(|b| b.parameter());
            assert_eq!(got.as_deref().map_err(|e| *e), expected, "{text:?}");
        }
    }
}
