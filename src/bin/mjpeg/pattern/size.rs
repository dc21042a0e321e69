//! The allowed dimensions of a test pattern.

use std::fmt;
use std::str::FromStr;

use crate::value::Dimensions;

/// The dimensions of a test pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(Dimensions);

impl Size {
    /// The text does not fit into a smaller picture.
    const MIN: Dimensions = Dimensions { width: 160, height: 120 };
    /// A larger frame takes too long to encode.
    const MAX: Dimensions = Dimensions { width: 3840, height: 2160 };

    /// Pixels per line.
    pub fn width(self) -> u16 {
        self.0.width
    }

    /// Lines.
    pub fn height(self) -> u16 {
        self.0.height
    }
}

impl Default for Size {
    fn default() -> Self {
        Self(Dimensions { width: 320, height: 240 })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Size {
    type Err = String;

    /// Parses `WIDTHxHEIGHT`; the empty text is the default size.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let size: Dimensions = text.parse()?;
        let (min, max) = (Self::MIN, Self::MAX);
        let fits =
            (min.width..=max.width).contains(&size.width) && (min.height..=max.height).contains(&size.height);
        if fits {
            Ok(Self(size))
        } else {
            Err(format!("a test pattern is between {min} and {max}, not {size}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_for_a_wrong_size_names_the_bounds() {
        assert_eq!("".parse(), Ok(Size::default()));
        assert_eq!("1280x720".parse::<Size>().unwrap().to_string(), "1280x720");
        for text in ["0x0", "159x240", "320x5000", "320", "x", "320x240x3", "-1x5", "99999x99999"] {
            let error = text.parse::<Size>().unwrap_err();
            assert!(error.contains("640x480") || error.contains("160x120"), "{text}: {error}");
        }
    }
}
