//! When a fault is injected: `@3`, `@every=10`, `@p=0.1`, `@t=30s`, `@viewer=2`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use mjpeg::http::decimal;

use crate::value;

/// Which parts of which viewers a fault concerns. Parts are counted from 1 for each viewer, viewers from 1 for each run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct When {
    /// The parts.
    pub parts: Parts,
    /// The only viewer that is concerned.
    pub viewer: Option<u64>,
}

/// Which parts of a viewer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Parts {
    /// Each part.
    #[default]
    All,
    /// The part with this number.
    Number(u64),
    /// Each part whose number is a multiple of this one.
    Every(u64),
    /// Each part with this probability.
    Chance(f64),
    /// The first part that begins this long after the first one.
    After(Duration),
}

/// How a viewer has come to a part.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// The number of the part.
    pub part: u64,
    /// The time since the first part.
    pub age: Duration,
    /// Whether [`Parts::After`] has chosen a part before this one.
    pub is_done: bool,
    /// A random number from 0 to 1.
    pub random: f64,
}

impl Parts {
    /// Whether the part is concerned.
    pub fn include(self, occasion: &Occasion) -> bool {
        match self {
            Self::All => true,
            Self::Number(number) => occasion.part == number,
            Self::Every(number) => occasion.part.is_multiple_of(number),
            Self::Chance(chance) => occasion.random < chance,
            Self::After(time) => occasion.age >= time && !occasion.is_done,
        }
    }
}

impl When {
    /// Whether a viewer is concerned.
    pub fn concerns(&self, viewer: u64) -> bool {
        self.viewer.is_none_or(|only| only == viewer)
    }

    /// Adds one condition, without its `@`.
    ///
    /// # Errors
    ///
    /// If it is none, or the second one of its kind.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let parts = match text.split_once('=') {
            Some(("viewer", text)) => {
                if self.viewer.is_some() {
                    return Err("a fault has one @viewer=N".into());
                }
                self.viewer = Some(number(text, "viewers")?);
                return Ok(());
            }
            Some(("every", text)) => Parts::Every(number(text, "parts")?),
            Some(("t", text)) => Parts::After(value::duration(text)?),
            Some(("p", text)) => {
                let chance = value::number(text).filter(|chance| *chance > 0.0 && *chance <= 1.0);
                Parts::Chance(
                    chance.ok_or_else(|| format!("{text}: expected a probability above 0, up to 1"))?,
                )
            }
            None => Parts::Number(number(text, "parts")?),
            Some(_) => {
                return Err("expected @N, @every=N, @p=P, @t=TIME or @viewer=N after the fault".into());
            }
        };
        if self.parts != Parts::All {
            return Err("a fault has one of @N, @every=N, @p=P and @t=TIME".into());
        }
        self.parts = parts;
        Ok(())
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut when = Self::default();
        text.split('@').try_for_each(|condition| when.add(condition))?;
        Ok(when)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts {
            Parts::All => {}
            Parts::Number(number) => write!(f, "@{number}")?,
            Parts::Every(number) => write!(f, "@every={number}")?,
            Parts::Chance(chance) => write!(f, "@p={chance}")?,
            Parts::After(time) => write!(f, "@t={}us", time.as_micros())?,
        }
        self.viewer.map_or(Ok(()), |viewer| write!(f, "@viewer={viewer}"))
    }
}

/// Parses a number of `what`, at least 1.
fn number(text: &str, what: &str) -> Result<u64, String> {
    let number = decimal(text).filter(|number| *number > 0);
    number.ok_or_else(|| format!("{text}: expected a number of {what}, at least 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn included(when: &str) -> Vec<u64> {
        let when: When = when.parse().unwrap();
        let mut is_done = false;
        (1..=6)
            .filter(|&part| {
                let age = Duration::from_secs(part - 1);
                let random = part as f64 / 10.0;
                let is_included = when.parts.include(&Occasion { part, age, is_done, random });
                is_done |= is_included;
                is_included
            })
            .collect()
    }

    #[test]
    fn parts_are_counted_from_one() {
        for (when, expected) in [
            ("2", vec![2]),
            ("every=3", vec![3, 6]),
            ("t=3500ms", vec![5]),
            ("t=0", vec![1]),
            ("p=0.25", vec![1, 2]),
            ("p=1", vec![1, 2, 3, 4, 5, 6]),
            ("viewer=2", vec![1, 2, 3, 4, 5, 6]),
        ] {
            assert_eq!(included(when), expected, "{when}");
        }
    }

    #[test]
    fn a_viewer_and_parts_combine() {
        let when: When = "3@viewer=2".parse().unwrap();
        assert_eq!(when, "viewer=2@3".parse().unwrap());
        assert_eq!(
            (when.concerns(1), when.concerns(2), when.to_string()),
            (false, true, "@3@viewer=2".into())
        );
        for wrong in [
            "",
            "0",
            "-1",
            "x",
            "+1",
            "every=0",
            "every=+2",
            "p=+0.5",
            "p=0",
            "p=1.1",
            "p=x",
            "t=x",
            "viewer=0",
            "1@2",
            "viewer=1@viewer=2",
        ] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }
}
