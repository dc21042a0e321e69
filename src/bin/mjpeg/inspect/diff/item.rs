//! One property of a stream, and when two values of it are the same.

use std::fmt;

use crate::long_gaps::{self, Gaps};

/// One property of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it belongs to: `response`, `framing`, `part head`, `picture`, `timing`.
    pub group: &'static str,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A word; two are the same if they are equal.
    Text(String),
    /// A text that is shown, and the word by which two are compared.
    Kind {
        /// What is shown.
        shown: String,
        /// What is compared.
        kind: String,
    },
    /// A measurement.
    Measure(Measure),
    /// The gaps between pictures, shown by their 99th percentile. Two are the same if none has more long ones than chance explains.
    Gaps(Gaps),
}

/// A measurement: two are the same if they are nearer to each other than their tolerance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// How far another run of the same stream may be from it.
    pub tolerance: f64,
}

impl Value {
    /// Whether two values are the same.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Kind { kind, .. }, Self::Kind { kind: other, .. }) => kind == other,
            (Self::Measure(one), Self::Measure(other)) => {
                (one.value - other.value).abs() <= one.tolerance.max(other.tolerance)
            }
            (Self::Gaps(one), Self::Gaps(other)) => !long_gaps::differ(one, other),
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Kind { shown: text, .. } => f.write_str(text),
            Self::Gaps(gaps) => write!(f, "{:.2} ms", gaps.p99_ms().unwrap_or_default()),
            Self::Measure(Measure { value, unit, tolerance }) => {
                let digits = if *value >= 1000.0 { 0 } else { 2 };
                write!(f, "{value:.digits$} {unit} +- {tolerance:.digits$}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Of 200 gaps of 40 ms, these ones are 70 ms long.
    fn gaps(long: &[u64]) -> Value {
        let mut gaps = Gaps::default();
        (0..200).for_each(|n| gaps.push(Duration::from_millis(if long.contains(&n) { 70 } else { 40 })));
        Value::Gaps(gaps)
    }

    #[test]
    fn gaps_differ_if_more_are_long_than_chance_explains() {
        let (steady, one, some) = (gaps(&[]), gaps(&[3, 9, 20]), gaps(&[3, 9, 20, 44, 45, 49, 51]));
        assert_eq!([steady.to_string(), some.to_string()], ["40.00 ms", "70.00 ms"]);
        assert!(steady.is_like(&one) && one.is_like(&steady) && one.is_like(&some));
        assert!(!steady.is_like(&some) && !some.is_like(&steady));
    }
}
