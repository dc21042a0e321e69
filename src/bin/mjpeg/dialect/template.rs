//! Text with places for what differs between responses and parts.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use mjpeg::http::decimal;

/// Text with places, such as `Content-Length: {length}`.
///
/// ```text
/// {length}        bytes of the picture; {length:9} with blanks before it, {length:07} with zeros, {length:+2} two more,
///                 {length:u32} as four bytes, the lowest first
/// {width:u16}     samples per line of the picture, as two bytes, the lowest first; {height:u16} likewise
/// {seconds}       when the picture was taken: seconds since 1970; {seconds:-1700000000} less so many;
///                 {milliseconds} and {microseconds} within the second
/// {number}        the number of the picture, from 1; {number:17} from 17
/// {date}          now, as in RFC 9110 5.6.7; {date:-60} a minute ago
/// {capacity}      the bytes of a buffer that holds the picture: the next power of two, at least 16384
/// {nul:32}        as many NULs; {nul:capacity} as many as fill up the buffer
/// {hex:00ff}      these bytes, two digits each
/// {{ and }}       a brace
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Length(Form),
    Width,
    Height,
    /// Seconds, and how many to add.
    Seconds(i64),
    /// The number that the first picture has.
    Number(u64),
    Bytes(Vec<u8>),
    Milliseconds,
    Microseconds,
    /// The date so many seconds from now.
    Date(i64),
    Capacity,
    Nul(usize),
    NulToCapacity,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Blanks(usize),
    Zeros(usize),
    /// So many more.
    More(i64),
    Bytes,
}

/// What the places are filled with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values {
    /// Bytes of the picture.
    pub length: usize,
    /// Samples per line, and lines.
    pub size: (u16, u16),
    /// The number of the picture, from 1.
    pub number: u64,
    /// When the picture was taken, since 1970-01-01 UTC.
    pub taken: Duration,
    /// Now, since 1970-01-01 UTC.
    pub now: Duration,
}

impl Values {
    /// The bytes of a buffer that holds the picture, as a growing buffer of .NET has them.
    pub fn capacity(&self) -> usize {
        self.length.max(16_384).checked_next_power_of_two().unwrap_or(self.length)
    }
}

/// Most NULs of one place.
const MOST_NULS: usize = 1 << 20;

/// Most digits of a length. A number has 20 at most; cameras fill it up to 12.
const MOST_DIGITS: usize = 1000;

impl Template {
    /// Reads the places.
    ///
    /// # Errors
    ///
    /// When a place does not exist, or a brace has no partner.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(behind) = from.strip_prefix("{{").or(from.strip_prefix("}}")) {
                plain.push_str(&from[..1]);
                rest = behind;
                continue;
            }
            let place = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let Some((place, behind)) = place else {
                return Err(format!("a brace without partner in {text:?}; {{{{ and }}}} are braces"));
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(piece(place).ok_or_else(|| format!("unknown place {{{place}}}"))?);
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        let nuls = |piece: &Piece| if let Piece::Nul(count) = piece { *count } else { 0 };
        if pieces.iter().map(nuls).sum::<usize>() > MOST_NULS {
            return Err(format!("more than {MOST_NULS} NULs"));
        }
        Ok(Self { pieces })
    }

    /// Whether it has a place for the size of the picture.
    pub fn needs_size(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Width | Piece::Height))
    }

    /// Appends the text with the values in its places.
    pub fn write(&self, values: &Values, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Length(Form::Bytes) => {
                    let length = u32::try_from(values.length).unwrap_or(u32::MAX);
                    out.extend_from_slice(&length.to_le_bytes());
                }
                Piece::Width => out.extend_from_slice(&values.size.0.to_le_bytes()),
                Piece::Height => out.extend_from_slice(&values.size.1.to_le_bytes()),
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Nul(count) => out.resize(out.len() + count, 0),
                Piece::NulToCapacity => out.resize(out.len() + values.capacity() - values.length, 0),
                number => number.write_text(values, out),
            }
        }
    }
}

impl Piece {
    fn write_text(&self, values: &Values, out: &mut Vec<u8>) {
        let mut text = String::new();
        let length = values.length;
        // Writing to a String cannot fail.
        let _ = match *self {
            Self::Length(Form::Blanks(width)) => write!(text, "{length:width$}"),
            Self::Length(Form::Zeros(width)) => write!(text, "{length:0width$}"),
            Self::Length(Form::More(more)) => write!(text, "{}", length.saturating_add_signed(more as isize)),
            Self::Number(first) => write!(text, "{}", first.saturating_add(values.number).saturating_sub(1)),
            Self::Seconds(more) => write!(text, "{}", values.taken.as_secs().saturating_add_signed(more)),
            Self::Milliseconds => write!(text, "{:03}", values.taken.subsec_millis()),
            Self::Microseconds => write!(text, "{:06}", values.taken.subsec_micros()),
            Self::Date(offset) => write!(text, "{}", date(values.now, offset)),
            Self::Capacity => write!(text, "{}", values.capacity()),
            _ => Ok(()),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

fn piece(place: &str) -> Option<Piece> {
    let (name, form) = place.split_once(':').map_or((place, None), |(name, form)| (name, Some(form)));
    let number = |text: &str| decimal(text).filter(|number| *number <= MOST_NULS);
    let width = |text: &str| decimal(text).filter(|width| *width <= MOST_DIGITS);
    Some(match (name, form) {
        ("length", None) => Piece::Length(Form::Blanks(0)),
        ("length", Some(more)) if more.starts_with(['+', '-']) => {
            Piece::Length(Form::More(more.parse().ok()?))
        }
        ("length", Some("u32")) => Piece::Length(Form::Bytes),
        ("length", Some(digits)) if digits.starts_with('0') => Piece::Length(Form::Zeros(width(digits)?)),
        ("length", Some(digits)) => Piece::Length(Form::Blanks(width(digits)?)),
        ("width", Some("u16")) => Piece::Width,
        ("height", Some("u16")) => Piece::Height,
        ("seconds", None) => Piece::Seconds(0),
        ("seconds", Some(more)) => Piece::Seconds(more.parse().ok()?),
        ("number", None) => Piece::Number(1),
        ("number", Some(first)) => Piece::Number(decimal(first)?),
        ("hex", Some(digits)) => Piece::Bytes(bytes(digits)?),
        ("milliseconds", None) => Piece::Milliseconds,
        ("microseconds", None) => Piece::Microseconds,
        ("date", None) => Piece::Date(0),
        ("date", Some(offset)) => Piece::Date(offset.parse().ok()?),
        ("capacity", None) => Piece::Capacity,
        ("nul", Some("capacity")) => Piece::NulToCapacity,
        ("nul", Some(count)) => Piece::Nul(number(count)?),
        _ => return None,
    })
}

/// Bytes from their digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            // Rust's parser takes a sign too.
            let is_byte = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
            u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|_| is_byte)?, 16).ok()
        })
        .collect()
}

/// An HTTP date, RFC 9110 5.6.7.
fn date(now: Duration, offset: i64) -> String {
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(offset);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn written(text: &str) -> Vec<u8> {
        let values = Values {
            length: 2288,
            size: (160, 120),
            number: 3,
            taken: Duration::from_micros(1_700_000_000_300_020),
            now: Duration::from_secs(1_795_338_000),
        };
        let mut out = Vec::new();
        Template::parse(text).unwrap().write(&values, &mut out);
        out
    }

    #[test]
    fn places_are_filled() {
        let table: [(&str, &[u8]); 16] = [
            ("", b""),
            ("a{{b}}c", b"a{b}c"),
            ("{length}.", b"2288."),
            ("{length:6}|{length:07}", b"  2288|0002288"),
            ("MJPG{length:u32}", b"MJPG\xf0\x08\0\0"),
            ("{width:u16}{height:u16}", b"\xa0\0\x78\0"),
            ("{seconds}.{milliseconds}", b"1700000000.300"),
            ("{seconds}.{microseconds}", b"1700000000.300020"),
            ("{date}", b"Sun, 22 Nov 2026 09:00:00 GMT"),
            ("{date:-1380}", b"Sun, 22 Nov 2026 08:37:00 GMT"),
            ("{capacity}", b"16384"),
            ("{length:+2}|{length:-2288}", b"2290|0"),
            ("{seconds:-1699999990}.{milliseconds}", b"10.300"),
            ("{number}|{number:17}", b"3|19"),
            ("{hex:00fF}x", b"\0\xffx"),
            ("x{nul:2}y", b"x\0\0y"),
        ];
        for (text, expected) in table {
            assert_eq!(written(text), expected, "{text}");
        }
        assert_eq!(written("{nul:capacity}").len(), 16_384 - 2288);
    }

    #[test]
    fn wrong_places_are_refused() {
        for text in [
            "{",
            "}",
            "a{b",
            "{}",
            "{size}",
            "{length:x}",
            "{nul:99999999}",
            "{nul}",
            "{date:x}",
            "{hex:0}",
            "{hex:0g}",
            "{hex:+f}",
            "{nul:+5}",
            "{number:+3}",
        ] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_template_writes_a_bounded_number_of_bytes(text in mutated::text(&[
                b"--{boundary}\r\nContent-Length: {length:8}\r\nX-Timestamp: {time}\r\n\r\n",
                b"{nul:4}{hex:ff00}{{}}{number}{size}",
            ])) {
            if let Ok(template) = Template::parse(&text) {
                let values = Values {
                    length: usize::MAX,
                    size: (u16::MAX, 0),
                    number: u64::MAX,
                    taken: Duration::MAX,
                    now: Duration::ZERO,
                };
                let mut out = Vec::new();
                template.write(&values, &mut out);
                prop_assert!(out.len() <= (MOST_NULS + MOST_DIGITS + 100) * (text.len() + 1));
            }
        }
    }
}
