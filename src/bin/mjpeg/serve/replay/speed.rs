//! How fast recorded times pass.

use std::str::FromStr;
use std::time::Duration;

use crate::value;

/// A factor: 2 plays twice as fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// The recorded time `at`, at this speed.
    pub fn of(self, at: Duration) -> Duration {
        // The usual speed changes nothing; a float would round.
        if self.0 == 1.0 {
            at
        } else {
            Duration::try_from_secs_f64(at.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
        }
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self(1.0)
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match value::number(text) {
            Some(factor) if (0.01..=1000.0).contains(&factor) => Ok(Self(factor)),
            _ => Err("expected a factor between 0.01 and 1000, such as 2 or 0.5".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_divides_times() {
        let ms = Duration::from_millis;
        for (speed, at, played) in [("1", 40, 40), ("2", 40, 20), ("0.5", 40, 80)] {
            assert_eq!(speed.parse::<Speed>().unwrap().of(ms(at)), ms(played), "{speed}");
        }
        for text in ["0", "-1", "inf", "NaN", "1e9", "fast", ""] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }
}
