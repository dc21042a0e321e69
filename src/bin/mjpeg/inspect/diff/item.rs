//! One property of a stream, and when two values of it are the same.

use std::fmt;

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
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Kind { shown: text, .. } => f.write_str(text),
            Self::Measure(Measure { value, unit, tolerance }) => {
                let digits = if *value >= 1000.0 { 0 } else { 2 };
                write!(f, "{value:.digits$} {unit} +- {tolerance:.digits$}")
            }
        }
    }
}
