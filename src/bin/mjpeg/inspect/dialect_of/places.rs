//! Finds what changes between texts of the same kind, such as the heads of parts, and writes them as one text with places.

use super::binary;
use super::escape::{escaped, is_text};
use super::found::Found;
use super::number::{Number, place};
use super::token::{Token, tokens};
use crate::dialect::Values;

/// The text with places that these texts have in common; each belongs to the values beside it. If they have different
/// forms, the most frequent one counts.
pub fn find(texts: &[(&[u8], Values)]) -> Found {
    let has = |is_such: fn(u8) -> bool| texts.iter().any(|(text, _)| text.iter().any(|byte| is_such(*byte)));
    if has(|byte| !is_text(byte) && byte != 0) {
        return binary::find(texts);
    }
    let found = find_in_text(texts);
    // NULs fill up texts, and are also the upper bytes of numbers.
    if found.unknown.is_empty() || !has(|byte| byte == 0) {
        return found;
    }
    let binary = binary::find(texts);
    if binary.unknown.is_empty() { binary } else { found }
}

fn find_in_text(texts: &[(&[u8], Values)]) -> Found {
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
        let table: [(&[(&str, usize)], &str); 14] = [
            (&[("m 0099x\0\0\0", 99), ("m 0100x\0\0\0", 100)], "m {length:04}x{hex:000000}"),
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
        let other = found(&[("A: 1\r\n", 9), ("B: 1\r\n", 9), ("A: 1\r\n", 9)]);
        assert_eq!((other.text.as_str(), other.unknown.len()), ("A: 1\r\n", 1));
        assert_eq!(find(&[]), Found::default());
    }
}
