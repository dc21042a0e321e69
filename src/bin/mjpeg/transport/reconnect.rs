//! How often a stream that ended is opened again, as asked for.

use std::str::FromStr;
use std::time::Duration;

use mjpeg::http::decimal;

/// How often, and after which pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconnect {
    /// Tries in a row that may fail.
    pub tries: Tries,
    /// The pause before the first one; it grows with each failure.
    pub delay: Duration,
}

impl Reconnect {
    /// The default pause before the first try.
    pub const DELAY: Duration = Duration::from_secs(1);
    /// A stream that ended is not opened again.
    pub const NEVER: Self = Self { tries: Tries::AtMost(0), delay: Self::DELAY };
}

/// A number of tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// So many.
    AtMost(u64),
    /// Without end.
    Unlimited,
}

/// `N` or `forever`.
impl FromStr for Tries {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        match (typed, decimal(typed)) {
            ("forever", _) => Ok(Self::Unlimited),
            (_, Some(tries)) => Ok(Self::AtMost(tries)),
            _ => Err("it is neither a number nor `forever`".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_forever() {
        assert_eq!("forever".parse(), Ok(Tries::Unlimited));
        assert_eq!("0".parse(), Ok(Tries::AtMost(0)));
        assert_eq!("12".parse(), Ok(Tries::AtMost(12)));
        for typed in ["", "-1", "+1", "1.5", "ever", "Forever", "99999999999999999999"] {
            assert!(typed.parse::<Tries>().is_err(), "{typed}");
        }
    }
}
