//! Which Content-Length of a part a consumer believes.

use super::cause::Cause;
use super::part_head::Fields;
use super::stop::{Step, Stop, dies};

/// Which Content-Length of a part a consumer believes, and what it does with it.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// What it is used for.
    pub purpose: Purpose,
    /// How the number is read.
    pub syntax: Syntax,
    /// Not a number.
    pub invalid: Unusable,
    /// Zero.
    pub zero: Unusable,
    /// Below zero.
    pub negative: Unusable,
    /// The largest number.
    pub max: i128,
    /// Above the largest number.
    pub above_max: Unusable,
    /// From 2^63 to 2^64 - 1, where that differs: as a signed number it is negative.
    pub sign_bit: Option<Unusable>,
    /// Several lengths.
    pub repeated: Repeated,
    /// A part without a length is an error.
    pub required: bool,
}

/// What a length is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Nothing.
    Ignored,
    /// The body has this length.
    Trusted,
    /// The body is cut after this length, but the delimiter is searched from the start.
    Cuts,
    /// The delimiter is searched only behind this length.
    Skips,
}

/// How a length is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Digits alone.
    Digits,
    /// Digits with or without a sign.
    Signed,
    /// The digits at the start of the value.
    Prefix,
    /// The number at the start of the value, with a sign; 0 if there is none (C `strtol`).
    Strtol,
    /// As [`Strtol`](Self::Strtol), modulo 2^64 (C `strtoull`).
    Unsigned64,
    /// As [`Unsigned64`](Self::Unsigned64), then the lower 32 bits with their sign.
    Signed32,
}

/// What becomes of a length that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// The part counts as one without length.
    Absent,
    /// It is an error.
    Refused,
    /// The length is used as it is.
    Used,
    /// The reader waits for bytes that never come.
    Hangs,
    /// The stream is over.
    Ends,
    /// The program crashes.
    Crashes,
}

/// Several lengths in one head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The first one counts.
    First,
    /// The last one counts.
    Last,
    /// They are an error.
    Refused,
}

impl Length {
    /// Looks at no length.
    pub const IGNORED: Self = Self {
        purpose: Purpose::Ignored,
        syntax: Syntax::Digits,
        invalid: Unusable::Refused,
        zero: Unusable::Used,
        negative: Unusable::Refused,
        max: i128::MAX,
        above_max: Unusable::Hangs,
        sign_bit: None,
        repeated: Repeated::Last,
        required: false,
    };
    /// Requires a length of digits, and trusts it.
    pub const REQUIRED: Self = Self { purpose: Purpose::Trusted, required: true, ..Self::IGNORED };

    /// The length that the reader believes.
    pub(super) fn believed(&self, fields: &Fields<'_>) -> Step<Option<usize>> {
        if self.purpose == Purpose::Ignored {
            return Ok(None);
        }
        if fields.lengths > 1 && self.repeated == Repeated::Refused {
            return dies(Cause::LengthRepeated, fields.body);
        }
        let value = if self.repeated == Repeated::First { fields.first_length } else { fields.last_length };
        let Some(value) = value else {
            return if self.required { dies(Cause::LengthMissing, fields.body) } else { Ok(None) };
        };
        let length = self.syntax.number(value.trim_ascii());
        let treatment = match length {
            None => self.invalid,
            Some(0) => self.zero,
            Some(length) if length < 0 => self.negative,
            Some(length) if length > self.max => {
                let has_sign_bit = (1 << 63..1 << 64).contains(&length);
                self.sign_bit.filter(|_| has_sign_bit).unwrap_or(self.above_max)
            }
            Some(_) => Unusable::Used,
        };
        match treatment {
            Unusable::Used => {
                let length = length.unwrap_or_default().clamp(0, isize::MAX as i128);
                Ok(Some(usize::try_from(length).unwrap_or(usize::MAX)))
            }
            Unusable::Absent => Ok(None),
            Unusable::Refused => dies(Cause::LengthInvalid, fields.body),
            Unusable::Hangs => Err(Stop::Waits(Cause::LengthInvalid)),
            Unusable::Ends => Err(Stop::Ends { read: 0 }),
            Unusable::Crashes => Err(Stop::Crashes(Cause::LengthInvalid)),
        }
    }
}

impl Syntax {
    fn number(self, value: &[u8]) -> Option<i128> {
        let signed = match value.first() {
            Some(b'+' | b'-') => 1,
            _ => 0,
        };
        let digits = |from: usize| value[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let number = |sign: usize, count: usize| {
            // More digits than any length has: as large as can be.
            let limit = i128::from(u64::MAX) * 4;
            let magnitude = value[sign..sign + count]
                .iter()
                .fold(0, |sum: i128, &digit| (sum * 10 + i128::from(digit - b'0')).min(limit));
            if sign == 1 && value[0] == b'-' { -magnitude } else { magnitude }
        };
        let is_whole = |from: usize| digits(from) > 0 && from + digits(from) == value.len();
        match self {
            Self::Digits => is_whole(0).then(|| number(0, value.len())),
            Self::Signed => is_whole(signed).then(|| number(signed, value.len() - signed)),
            Self::Prefix => Some(digits(0)).filter(|&count| count > 0).map(|count| number(0, count)),
            Self::Strtol => Some(number(signed, digits(signed))),
            Self::Unsigned64 => {
                let number = number(signed, digits(signed));
                Some(if number < 0 { number.rem_euclid(1 << 64) } else { number })
            }
            Self::Signed32 => {
                let low = Self::Unsigned64.number(value)?.rem_euclid(1 << 32);
                Some(if low >= 1 << 31 { low - (1 << 32) } else { low })
            }
        }
    }
}
