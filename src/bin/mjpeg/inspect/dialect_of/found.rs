//! A text with places.

/// A text with places, in the syntax of a dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The text.
    pub text: String,
    /// What changes and is not known, in words.
    pub unknown: Vec<String>,
}
