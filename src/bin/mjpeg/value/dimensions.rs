//! The width and height of a picture.

use std::fmt;
use std::str::FromStr;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimensions {
    /// Pixels per line.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Dimensions {
    type Err = String;

    /// Parses `WIDTHxHEIGHT`, neither of which is zero.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().ok(),
            false => None,
        };
        text.split_once(['x', 'X'])
            .and_then(|(width, height)| Some(Self { width: number(width)?, height: number(height)? }))
            .filter(|size| size.width > 0 && size.height > 0)
            .ok_or_else(|| "expected WIDTHxHEIGHT, such as 640x480".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_width_x_height() {
        assert_eq!("640X480".parse(), Ok(Dimensions { width: 640, height: 480 }));
        for text in
            ["", "320", "x", "320x", "320x240x3", "0x5", "5x0", "-1x5", "+1x5", "99999x99999", "1 x 2"]
        {
            assert!(text.parse::<Dimensions>().is_err(), "{text}");
        }
    }
}
