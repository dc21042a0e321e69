//! Whole numbers.

use std::ops::{RangeFrom, RangeInclusive};

/// The numbers that an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    least: u64,
    most: Option<u64>,
}

impl From<RangeFrom<u64>> for Counts {
    fn from(range: RangeFrom<u64>) -> Self {
        Self { least: range.start, most: None }
    }
}

impl From<RangeInclusive<u64>> for Counts {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { least: *range.start(), most: Some(*range.end()) }
    }
}

impl Counts {
    fn parse<N: TryFrom<u64>>(self, text: &str) -> Result<N, String> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u64>().ok().filter(|_| is_number);
        if is_number && self.most.is_none() && number.is_none_or(|number| N::try_from(number).is_err()) {
            return Err("it is too large".into());
        }
        let fitting =
            number.filter(|number| *number >= self.least && self.most.is_none_or(|most| *number <= most));
        fitting.and_then(|number| N::try_from(number).ok()).ok_or_else(|| match (self.least, self.most) {
            (least, Some(most)) => format!("expected a whole number from {least} to {most}"),
            (0, None) => "expected a whole number, such as 100".into(),
            (least, None) => format!("expected a whole number of {least} or more, such as 100"),
        })
    }
}

/// Parses a whole number in decimal digits, without a unit.
pub fn count<N>(numbers: impl Into<Counts>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: TryFrom<u64>,
{
    let numbers = numbers.into();
    move |text| numbers.parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_digits_only() {
        let some = count::<u32>(1..);
        assert_eq!((some("1"), some("4294967295")), (Ok(1), Ok(u32::MAX)));
        for text in ["1k", "", "-1", "+1", "1.0", "1e3", " 1", "0"] {
            assert_eq!(
                some(text).unwrap_err(),
                "expected a whole number of 1 or more, such as 100",
                "{text}"
            );
        }
        for text in ["4294967296", "99999999999999999999"] {
            assert_eq!(some(text).unwrap_err(), "it is too large", "{text}");
        }
        assert_eq!(count::<usize>(0..)("0"), Ok(0));
        assert_eq!(count::<u64>(0..)("x").unwrap_err(), "expected a whole number, such as 100");
        let few = count::<u16>(1..=1000);
        assert_eq!(few("1000"), Ok(1000));
        for text in ["0", "1001", "x", "99999999999999999999"] {
            assert_eq!(few(text).unwrap_err(), "expected a whole number from 1 to 1000", "{text}");
        }
    }
}
