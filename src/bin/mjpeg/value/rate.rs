//! Frame rates.

use std::str::FromStr;
use std::time::Duration;

use super::number::number;

/// Frames per second, 0.001 to 1000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// Frames per second.
    pub fn fps(self) -> f64 {
        self.0
    }

    /// The duration of `n` frames.
    pub fn span(self, n: u64) -> Duration {
        // To the nearest nanosecond, 584 years at most.
        Duration::from_nanos((n as f64 * 1e9 / self.0 + 0.5) as u64)
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self(15.0)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match number(text) {
            Some(fps) if (0.001..=1000.0).contains(&fps) => Ok(Self(fps)),
            _ => Err("expected frames per second between 0.001 and 1000, such as 25 or 0.5".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_between_0_001_and_1000() {
        assert_eq!("0.5".parse::<Rate>().unwrap().span(3), Duration::from_secs(6));
        for text in ["0", "-1", "+5", "inf", "NaN", "1e9", "fast", ""] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
