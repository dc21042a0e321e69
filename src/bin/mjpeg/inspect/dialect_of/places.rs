//! Finds what changes between texts of the same kind, such as the heads of parts, and writes them as one text with places.

use std::fmt::Write as _;

use mjpeg::http::parse_date;

use crate::dialect::Values;

/// Bytes of a date as RFC 9110 5.6.7 prefers it.
const DATE_BYTES: usize = 29;
/// Runs of so many NULs are written as a place.
const NULS: usize = 4;
/// Seconds since 1970 that a clock may show: from 2001 to 2065.
const CLOCK: std::ops::Range<u64> = 1_000_000_000..3_000_000_000;

/// A text with places, in the syntax of a dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The text.
    pub text: String,
    /// What changes and is not known, in words.
    pub unknown: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Text(Vec<u8>),
    Date,
    /// Blanks and digits.
    Number(usize, String),
}

/// Escapes text for a dialect.
pub fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let nuls = rest.iter().take_while(|byte| **byte == 0).count();
        let other = rest.iter().take_while(|byte| !is_text(**byte)).count();
        let taken = if nuls >= NULS {
            // Writing to a String cannot fail.
            let _ = write!(out, "{{nul:{nuls}}}");
            nuls
        } else if other > 0 {
            // A long run of NULs is a place of its own.
            let taken = (1..other).find(|&at| rest[at..].starts_with(&[0; NULS])).unwrap_or(other);
            let digits: String = rest[..taken].iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(out, "{{hex:{digits}}}");
            taken
        } else {
            match first {
                b'{' => out.push_str("{{"),
                b'}' => out.push_str("}}"),
                byte => out.push(char::from(byte)),
            }
            1
        };
        rest = &rest[taken..];
    }
    out
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || b" \r\n\t".contains(&byte)
}

/// The text with places that these texts have in common; each belongs to the values beside it. If they have different
/// forms, the most frequent one counts.
pub fn find(texts: &[(&[u8], Values)]) -> Found {
    let is_binary = texts.iter().any(|(text, _)| text.iter().any(|byte| !is_text(*byte)));
    if is_binary {
        return binary(texts);
    }
    let tokens: Vec<_> = texts.iter().map(|(text, values)| (tokens(text), values)).collect();
    let key = |tokens: &[Token]| -> Vec<Token> {
        let form = |token: &Token| match token {
            Token::Number(..) => Token::Number(0, String::new()),
            token => token.clone(),
        };
        tokens.iter().map(form).collect()
    };
    let keys: Vec<_> = tokens.iter().map(|(tokens, _)| key(tokens)).collect();
    let count = |one: &Vec<Token>| keys.iter().filter(|other| *other == one).count();
    // The first one of the most frequent.
    let Some(most) = keys.iter().rev().max_by_key(|key| count(key)) else { return Found::default() };
    let alike: Vec<_> = tokens.iter().zip(&keys).filter(|(_, key)| *key == most).map(|(it, _)| it).collect();
    let mut found = Found::default();
    if alike.len() < texts.len() {
        found.unknown.push(format!(
            "{} of {} part heads have another form",
            texts.len() - alike.len(),
            texts.len()
        ));
    }
    for index in 0..most.len() {
        match &most[index] {
            Token::Text(text) => found.text.push_str(&escaped(text)),
            Token::Date => found.text.push_str("{date}"),
            Token::Number(..) => {
                let column: Vec<Number<'_>> = alike
                    .iter()
                    .filter_map(|(tokens, values)| match &tokens[index] {
                        Token::Number(blanks, digits) => Some(Number { blanks: *blanks, digits, values }),
                        _ => None,
                    })
                    .collect();
                let fraction = |offset: usize| match (most.get(index + 1), alike[0].0.get(index + offset)) {
                    (Some(Token::Text(dot)), Some(Token::Number(0, digits))) if dot == b"." => {
                        Some(digits.len())
                    }
                    _ => None,
                };
                let is_fraction = index >= 2
                    && matches!(&most[index - 1], Token::Text(dot) if dot == b".")
                    && found.text.ends_with("}.")
                    && found.text.rfind('{').is_some_and(|at| found.text[at..].starts_with("{seconds"));
                let before = match index.checked_sub(1).map(|before| &most[before]) {
                    Some(Token::Text(text)) => String::from_utf8_lossy(text).into_owned(),
                    _ => String::new(),
                };
                let place = place(&column, fraction(2), is_fraction);
                if place.is_unknown {
                    let name = before.rsplit('\n').next().unwrap_or_default().trim_end_matches([':', ' ']);
                    found.unknown.push(format!(
                        "a number behind {name:?} changes, and is written as in the first part"
                    ));
                }
                found.text.push_str(&place.text);
            }
        }
    }
    found
}

/// A number of one text.
struct Number<'a> {
    blanks: usize,
    digits: &'a str,
    values: &'a Values,
}

struct Place {
    text: String,
    is_unknown: bool,
}

/// The place for the numbers at the same position of all texts. `fraction`: the digits behind a point that follows.
fn place(column: &[Number<'_>], fraction: Option<usize>, is_fraction: bool) -> Place {
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

fn tokens(text: &[u8]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let is_date = rest.get(3) == Some(&b',')
            && rest
                .get(..DATE_BYTES)
                .is_some_and(|date| date.ends_with(b" GMT") && parse_date(date).is_some());
        let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
        let digits = rest[blanks..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Digits behind a letter belong to a name.
        let is_in_word = blanks == 0 && plain.last().is_some_and(u8::is_ascii_alphanumeric);
        if is_date {
            flush(&mut plain, &mut tokens);
            tokens.push(Token::Date);
            at += DATE_BYTES;
        } else if digits > 0 && !is_in_word {
            flush(&mut plain, &mut tokens);
            let number = String::from_utf8_lossy(&rest[blanks..blanks + digits]).into_owned();
            tokens.push(Token::Number(blanks, number));
            at += blanks + digits;
        } else {
            let taken = blanks.max(digits).max(1);
            plain.extend_from_slice(&rest[..taken]);
            at += taken;
        }
    }
    flush(&mut plain, &mut tokens);
    tokens
}

fn flush(plain: &mut Vec<u8>, tokens: &mut Vec<Token>) {
    if !plain.is_empty() {
        tokens.push(Token::Text(std::mem::take(plain)));
    }
}

/// The same for texts that are not only letters: numbers are bytes, the lowest first.
fn binary(texts: &[(&[u8], Values)]) -> Found {
    let Some((first, _)) = texts.first() else { return Found::default() };
    let alike: Vec<_> = texts.iter().filter(|(text, _)| text.len() == first.len()).collect();
    let mut found = Found::default();
    if alike.len() < texts.len() {
        found.unknown.push(format!(
            "{} of {} part heads have another length",
            texts.len() - alike.len(),
            texts.len()
        ));
    }
    let all = |at: usize, value: &dyn Fn(&Values) -> Option<Vec<u8>>| {
        alike.iter().all(|(text, values)| value(values).is_some_and(|value| text[at..].starts_with(&value)))
    };
    let length = |values: &Values| Some(u32::try_from(values.length).ok()?.to_le_bytes().to_vec());
    let width = |values: &Values| (values.size.0 > 0).then(|| values.size.0.to_le_bytes().to_vec());
    let height = |values: &Values| (values.size.1 > 0).then(|| values.size.1.to_le_bytes().to_vec());
    let mut plain = Vec::new();
    let (mut at, mut changes) = (0, 0);
    while at < first.len() {
        let place = if all(at, &length) {
            Some(("{length:u32}", 4))
        } else if all(at, &width) && at + 2 < first.len() && all(at + 2, &height) {
            Some(("{width:u16}{height:u16}", 4))
        } else {
            None
        };
        if let Some((place, bytes)) = place {
            found.text.push_str(&escaped(&std::mem::take(&mut plain)));
            found.text.push_str(place);
            at += bytes;
        } else {
            changes += usize::from(alike.iter().any(|(text, _)| text[at] != first[at]));
            plain.push(first[at]);
            at += 1;
        }
    }
    found.text.push_str(&escaped(&plain));
    if changes > 0 {
        found
            .unknown
            .push(format!("{changes} bytes of the part heads change, and are written as in the first part"));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn found(texts: &[(&str, usize)]) -> Found {
        let texts: Vec<_> = (1..)
            .zip(texts)
            .map(|(number, (text, length))| {
                let now = Duration::from_secs(1_800_000_000);
                (text.as_bytes(), Values { length: *length, number, now, ..Values::default() })
            })
            .collect();
        find(&texts)
    }

    #[test]
    fn what_follows_the_picture_becomes_a_place() {
        let table: [(&[(&str, usize)], &str); 13] = [
            (&[("mjpeg 000226312345", 2263), ("mjpeg 000228812345", 2288)], "mjpeg {length:07}12345"),
            (&[("Length: 99\r\n", 99), ("Length: 100\r\n", 100)], "Length: {length}\r\n"),
            (&[("Length:    99\r\n", 99), ("Length:   100\r\n", 100)], "Length: {length:5}\r\n"),
            (&[("Length: 00099", 99), ("Length: 00100", 100)], "Length: {length:05}"),
            (&[("Length: 101", 99), ("Length: 102", 100)], "Length: {length:+2}"),
            (&[("L: 16384", 99), ("L: 32768", 20000)], "L: {capacity}"),
            (&[("T: 1700000000.123456", 1), ("T: 1700000000.156456", 1)], "T: {seconds}.{microseconds}"),
            (&[("T: 1700000000123", 1), ("T: 1700000000156", 1)], "T: {seconds}{milliseconds}"),
            (&[("T: 3742.976708", 1), ("T: 3743.010026", 1)], "T: {seconds:-1799996258}.{microseconds}"),
            (&[("N: 7", 5), ("N: 8", 5), ("N: 9", 5)], "N: {number:7}"),
            (&[("{a}: v2.0 640", 5), ("{a}: v2.0 640", 5)], "{{a}}: v2.0 640"),
            (
                &[("D: Sun, 06 Nov 1994 08:49:37 GMT", 1), ("D: Mon, 07 Nov 1994 08:49:37 GMT", 1)],
                "D: {date}",
            ),
            (&[("A: 1", 9)], "A: 1"),
        ];
        for (texts, expected) in table {
            assert_eq!(found(texts).text, expected);
        }
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert_eq!(found(&[("T: 5", 1), ("T: 3", 1), ("T: 9", 1)]).unknown.len(), 1);
        let other = found(&[("A: 1\r\n", 1), ("B: 1\r\n", 1), ("A: 1\r\n", 1)]);
        assert_eq!((other.text.as_str(), other.unknown.len()), ("A: 1\r\n", 1));
        assert_eq!(find(&[]), Found::default());
    }

    #[test]
    fn bytes_that_are_no_text_are_places() {
        let values = |length| Values { length, size: (640, 480), ..Values::default() };
        let block =
            |length: u8| [b"MJPG", &[length, 0, 0, 0, 0x80, 2, 0xe0, 1][..], &[0; 6], b"\xff"].concat();
        let (one, two) = (block(9), block(11));
        let found = find(&[(&one, values(9)), (&two, values(11))]);
        assert_eq!(found.text, "MJPG{length:u32}{width:u16}{height:u16}{nul:6}{hex:ff}");
        assert_eq!(escaped(b"\xffa\0\0\0\0\0b{"), "{hex:ff}a{nul:5}b{{");
        assert_eq!(escaped(b"\x01\0\0\0\0"), "{hex:01}{nul:4}");
    }
}
