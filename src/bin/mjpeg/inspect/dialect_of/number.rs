//! The place for a number that each text has.

use crate::dialect::Values;

/// Seconds since 1970 that a clock may show: from 2001 to 2065.
const CLOCK: std::ops::Range<u64> = 1_000_000_000..3_000_000_000;

/// A number of one text.
pub struct Number<'a> {
    /// The blanks before it.
    pub blanks: usize,
    /// Its digits.
    pub digits: &'a str,
    /// The values of the picture.
    pub values: &'a Values,
}

/// What is written for a number.
pub struct Place {
    /// The text with the place.
    pub text: String,
    /// Whether it changes in an unknown way.
    pub is_unknown: bool,
}

/// The place for the numbers at the same position of all texts. `fraction`: the digits behind a point that follows.
pub fn place(column: &[Number<'_>], fraction: Option<usize>, is_fraction: bool) -> Place {
    let Some(first) = column.first() else { return Place { text: String::new(), is_unknown: false } };
    let blanks = " ".repeat(first.blanks);
    let known = |text: String| Place { text, is_unknown: false };
    let values: Option<Vec<u64>> = column.iter().map(|number| number.digits.parse().ok()).collect();
    let Some(values) = values else {
        let same = column.iter().all(|number| number.digits == first.digits);
        return Place { text: format!("{blanks}{}", first.digits), is_unknown: !same };
    };
    let lengths: Vec<u64> = column.iter().map(|number| number.values.length as u64).collect();
    let width = first.blanks + first.digits.len();
    let is_aligned = column.iter().all(|number| number.blanks + number.digits.len() == width);
    let has_same_blanks = column.iter().all(|number| number.blanks == first.blanks);
    let has_zeros = column.iter().any(|number| number.digits.len() > 1 && number.digits.starts_with('0'));
    if is_fraction {
        return match first.digits.len() {
            3 => known("{milliseconds}".into()),
            6 => known("{microseconds}".into()),
            _ => Place { text: first.digits.into(), is_unknown: true },
        };
    }
    if values == lengths {
        return known(if has_zeros {
            format!("{blanks}{{length:0{}}}", first.digits.len())
        } else if is_aligned && (!has_same_blanks || first.blanks > 1) {
            // The first blank is that behind the colon.
            format!(" {{length:{}}}", width - 1)
        } else {
            format!("{blanks}{{length}}")
        });
    }
    // A constant too, if all pictures fit into the smallest buffer.
    if values.iter().zip(column).all(|(value, number)| *value == number.values.capacity() as u64) {
        return known(format!("{blanks}{{capacity}}"));
    }
    let is_constant = values.windows(2).all(|pair| pair[0] == pair[1]) && has_same_blanks;
    let is_clock = first.digits.len() == 10 && values.iter().all(|value| CLOCK.contains(value));
    let is_rising = values.windows(2).all(|pair| pair[0] <= pair[1]);
    let has_fraction = matches!(fraction, Some(3 | 6));
    if is_clock && (has_fraction || !is_constant) {
        return known(format!("{blanks}{{seconds}}"));
    }
    let unit = match first.digits.len() {
        13 => Some((1000, "{milliseconds}")),
        16 => Some((1_000_000, "{microseconds}")),
        _ => None,
    };
    if let Some((unit, rest)) =
        unit.filter(|(unit, _)| values.iter().all(|value| CLOCK.contains(&(value / unit))))
    {
        let _ = unit;
        return known(format!("{blanks}{{seconds}}{rest}"));
    }
    if has_fraction && is_rising && column.len() > 1 && !has_zeros {
        // The time since some start: it goes on from here.
        let now = first.values.now.as_secs();
        return known(format!("{blanks}{{seconds:-{}}}", now.saturating_sub(values[0])));
    }
    if is_constant {
        return known(format!("{blanks}{}", first.digits));
    }
    let more: Vec<i64> = values
        .iter()
        .zip(&lengths)
        .map(|(value, length)| value.wrapping_sub(*length).cast_signed())
        .collect();
    if more.windows(2).all(|pair| pair[0] == pair[1]) && more[0].abs() < 1 << 16 {
        return known(format!("{blanks}{{length:{:+}}}", more[0]));
    }
    let is_count = values.windows(2).zip(column.windows(2)).all(|(pair, numbers)| {
        pair[1].checked_sub(pair[0]) == numbers[1].values.number.checked_sub(numbers[0].values.number)
    });
    if is_count && !has_zeros {
        return known(if values[0] == 1 {
            format!("{blanks}{{number}}")
        } else {
            format!("{blanks}{{number:{}}}", values[0])
        });
    }
    // Digits without a separator behind a length with zeros.
    let split = (2..first.digits.len()).find(|&width| {
        column.iter().zip(&lengths).all(|(number, length)| {
            let parts = number.digits.split_at_checked(width);
            parts
                .is_some_and(|(padded, rest)| padded.parse() == Ok(*length) && rest == &first.digits[width..])
        })
    });
    if let Some(width) = split {
        return known(format!("{blanks}{{length:0{width}}}{}", &first.digits[width..]));
    }
    Place { text: format!("{blanks}{}", first.digits), is_unknown: true }
}
