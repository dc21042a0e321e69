//! Colours of text on a terminal.

/// What a piece of text is. Each has its own colour, which can be read on a light and on a dark background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// A title, or the names of columns.
    Heading,
    /// A target, or another thing that has a name.
    Name,
    /// What is as it should be.
    Good,
    /// An error, or damage.
    Error,
    /// A warning, or a deviation.
    Warning,
    /// What is only to be known.
    Info,
    /// What matters least.
    Dim,
    /// The first kind of bytes in hex: characters.
    Text,
    /// The second kind: line ends and blanks.
    Blank,
    /// The third kind: other control characters.
    Control,
}

impl Ink {
    /// The parameters of the SGR sequence (ECMA-48 8.3.117).
    fn sgr(self) -> &'static str {
        match self {
            Self::Heading => "1;4",
            Self::Name => "1",
            Self::Good => "32",
            Self::Error => "1;31",
            // Yellow and cyan cannot be read on white, nor blue on black.
            Self::Warning => "1;35",
            Self::Info => "1;94",
            Self::Text => "94",
            Self::Dim => "2",
            Self::Blank => "32",
            Self::Control => "35",
        }
    }
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// With escape sequences.
    Coloured,
    /// As it is.
    Plain,
}

impl Paint {
    /// `text` in the colour of `ink`. The text must be ours or printable.
    pub fn ink(self, ink: Ink, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        match self {
            Self::Plain => text.into(),
            Self::Coloured if text.is_empty() => String::new(),
            Self::Coloured => format!("\x1b[{}m{text}\x1b[0m", ink.sgr()),
        }
    }
}

impl From<bool> for Paint {
    fn from(is_coloured: bool) -> Self {
        if is_coloured { Self::Coloured } else { Self::Plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_escape_sequences() {
        assert_eq!(Paint::from(false).ink(Ink::Error, "no"), "no");
        assert_eq!(Paint::from(true).ink(Ink::Error, "no"), "\x1b[1;31mno\x1b[0m");
        assert_eq!(Paint::from(true).ink(Ink::Error, ""), "");
    }
}
