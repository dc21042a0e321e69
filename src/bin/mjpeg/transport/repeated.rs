//! A value that is repeated in a text: as it is, or escaped for URLs, HTML, JSON or programs.

use std::collections::BTreeSet;

use mjpeg::http::decimal;

/// How often a URL may have been escaped: a redirection has the first URL as a parameter.
const DEPTH: usize = 3;
/// Longest name or number of an HTML character reference.
const REFERENCE_BYTES: usize = 10;
/// The names of characters of ASCII in HTML.
const PUNCTUATION: [(&str, u32); 5] = [
    ("amp", '&' as u32),
    ("lt", '<' as u32),
    ("gt", '>' as u32),
    ("quot", '"' as u32),
    ("apos", '\'' as u32),
];
/// The names of the characters from U+00A0 to U+00FF in HTML.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr \
    deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest \
    Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml \
    ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig \
    agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml \
    eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
/// What decoders put in the place of bytes that are not UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Which letters are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Those of the same case.
    SameCase,
    /// Those of any case, of ASCII and of Latin-1.
    AnyCase,
}

impl Letters {
    /// Whether the bytes that were read are those of `value` behind its first `known` bytes.
    fn are_same(self, read: &[u8], value: &[u8], known: usize) -> bool {
        let Some(expected) = value.get(known..known + read.len()) else { return false };
        let is_same = |(at, (&read, &expected)): (usize, (&u8, &u8))| {
            read == expected
                || self == Self::AnyCase
                    && (read.eq_ignore_ascii_case(&expected)
                        || is_other_case(read, expected, &value[..known + at]))
        };
        read.iter().zip(expected).enumerate().all(is_same)
    }
}

/// Whether two bytes are a letter from U+00C0 to U+00FE in both cases: in Latin-1, or its last byte in UTF-8.
fn is_other_case(read: u8, expected: u8, before: &[u8]) -> bool {
    let is_latin_1 = read >= 0xc0 && expected >= 0xc0;
    read ^ expected == 0x20 && (is_latin_1 || read >= 0x80 && before.last() == Some(&0xc3))
}

/// How many bytes at the start of `text` are a form of `value`; `None`: none.
pub fn length(text: &[u8], value: &[u8], letters: Letters) -> Option<usize> {
    let (&start, &first) = (text.first()?, value.first()?);
    if !(letters.are_same(&[start], &[first], 0) || b"%&\\+".contains(&start) || start >= 0x80) {
        return None;
    }
    // Offsets in the text and in the value from where both go on. A byte may be read in several ways.
    let mut open = vec![(0, 0)];
    let mut seen = BTreeSet::new();
    while let Some((at, known)) = open.pop() {
        if known == value.len() {
            return Some(at);
        }
        readings(&text[at..], &mut |bytes, length| {
            let next = (at + length, known + bytes.len());
            if letters.are_same(bytes, value, known) && seen.insert(next) {
                open.push(next);
            }
        });
        let is_lost = text[at..].starts_with(REPLACEMENT) && value[known] >= 0x80;
        if is_lost {
            // One replacement for a character, or for each of its bytes.
            let character =
                1 + value[known + 1..].iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
            for next in [known + 1, known + character].map(|known| (at + REPLACEMENT.len(), known)) {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
    }
    None
}

/// Calls `take` with each byte or character that the start of `text` may mean, and how many bytes it has there.
fn readings(text: &[u8], take: &mut dyn FnMut(&[u8], usize)) {
    let Some(&first) = text.first() else { return };
    take(&[first], 1);
    match first {
        b'+' => character(take, u32::from(' '), 1),
        b'%' => {
            // `%2540`: a percent sign that was escaped again.
            let mut start = 1;
            for _ in 0..=DEPTH {
                if let Some(code) = hexadecimal(text, start, 2) {
                    byte(take, code, start + 2);
                }
                if !text[start..].starts_with(b"25") {
                    break;
                }
                start += 2;
            }
        }
        b'&' => {
            let end = text.iter().take(REFERENCE_BYTES).position(|&byte| byte == b';');
            if let Some((code, end)) = end.and_then(|end| Some((reference(&text[1..end])?, end))) {
                character(take, code, end + 1);
            }
        }
        b'\\' => match text.get(1) {
            Some(b'u' | b'U') => {
                let Some(code) = hexadecimal(text, 2, 4) else { return };
                let low = hexadecimal(text, 8, 4).filter(|_| text[6..8].eq_ignore_ascii_case(b"\\u"));
                match low {
                    Some(low @ 0xdc00..=0xdfff) if (0xd800..=0xdbff).contains(&code) => {
                        character(take, 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00), 12);
                    }
                    _ => character(take, code, 6),
                }
            }
            Some(b'x' | b'X') => {
                let Some(code) = hexadecimal(text, 2, 2) else { return };
                byte(take, code, 4);
            }
            Some(b't') => character(take, 9, 2),
            Some(&punctuation) if punctuation.is_ascii_punctuation() => {
                character(take, punctuation.into(), 2);
            }
            _ => {}
        },
        0x80.. => {
            // Latin-1; and UTF-8 that was taken for Latin-1 and encoded again.
            character(take, first.into(), 1);
            if let ([lead @ 0xc2..=0xc3, next @ 0x80..=0xbf, ..], 0xc2..) = (text, first) {
                take(&[(lead << 6) | (next & 0x3f)], 2);
            }
        }
        _ => {}
    }
}

/// A byte, or a character of Latin-1.
fn byte(take: &mut dyn FnMut(&[u8], usize), code: u32, length: usize) {
    take(&[code.to_le_bytes()[0]], length);
    if code >= 0x80 {
        character(take, code, length);
    }
}

fn character(take: &mut dyn FnMut(&[u8], usize), code: u32, length: usize) {
    if let Some(c) = char::from_u32(code) {
        take(c.encode_utf8(&mut [0; 4]).as_bytes(), length);
    }
}

/// The character of an HTML reference, without `&` and `;`. A page may have been made upper case as a whole.
fn reference(name: &[u8]) -> Option<u32> {
    match name {
        [b'#', b'x' | b'X', digits @ ..] => hexadecimal(digits, 0, digits.len()),
        [b'#', digits @ ..] => decimal(std::str::from_utf8(digits).ok()?),
        name => {
            let latin_1 = LATIN_1.split(' ').filter(|it| !it.is_empty()).zip(0xa0..);
            let named = |&(known, _): &(&str, u32)| known.as_bytes() == name;
            let named_in_any_case = |&(known, _): &(&str, u32)| known.as_bytes().eq_ignore_ascii_case(name);
            let mut all = PUNCTUATION.into_iter().chain(latin_1);
            let found = all.clone().find(named).or_else(|| all.find(named_in_any_case));
            found.map(|(_, code)| code)
        }
    }
}

fn hexadecimal(text: &[u8], start: usize, digits: usize) -> Option<u32> {
    let digits = text.get(start..start + digits).filter(|it| it.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_own_length() {
        for (text, value, expected) in [
            ("abc", "ab", Some(2)),
            ("a", "ab", None),
            ("", "a", None),
            ("a", "", None),
            ("%61b", "ab", Some(4)),
            ("%2525", "%", Some(5)),
            ("%25", "%25", Some(3)),
            ("%2", "%", Some(1)),
            ("&amp;", "&", Some(5)),
            ("&amp;b", "&b", Some(6)),
            ("&#;", "&#;", Some(3)),
            ("&#+65;", "A", None),
            ("&#99999999999;", "\u{0}", None),
            ("\\u00e", "\u{e9}", None),
            ("\\ud83d\\ude00", "\u{1f600}", Some(12)),
            ("\\ud83d", "\u{1f600}", None),
            ("\u{fffd}x", "\u{e9}x", Some(4)),
            ("%E9", "\u{e9}", Some(3)),
            ("&eacute;", "\u{e9}", Some(8)),
            ("&yuml;", "\u{ff}", Some(6)),
            ("\u{c3}\u{a9}", "\u{e9}", Some(4)),
            ("%C3%a9", "\u{e9}", Some(6)),
        ] {
            for letters in [Letters::SameCase, Letters::AnyCase] {
                assert_eq!(length(text.as_bytes(), value.as_bytes(), letters), expected, "{text} {value}");
            }
        }
    }

    #[test]
    fn letters_of_another_case_are_the_same_if_that_is_asked_for() {
        for (text, value) in [
            (&b"AbC"[..], &b"aBc"[..]),
            ("\u{c9}".as_bytes(), "\u{e9}".as_bytes()),
            (b"%C3%89", "\u{e9}".as_bytes()),
            (b"\xc9", b"\xe9"),
            ("\u{c9}".as_bytes(), b"\xe9"),
            (b"&EACUTE;&AMP;", "\u{c9}&".as_bytes()),
            (b"\\U00E9\\X41", "\u{c9}a".as_bytes()),
        ] {
            let of = |letters| length(text, value, letters);
            assert_eq!(
                of(Letters::AnyCase),
                Some(text.len()),
                "{} {}",
                text.escape_ascii(),
                value.escape_ascii()
            );
            assert_eq!(of(Letters::SameCase).is_some(), text.starts_with(b"&"), "{}", text.escape_ascii());
        }
        // Two characters that differ in the same bit.
        for (text, value) in [("@", "`"), ("[", "{"), ("\u{a1}", "\u{81}"), ("ab", "AC"), ("a", "AB")] {
            assert_eq!(length(text.as_bytes(), value.as_bytes(), Letters::AnyCase), None, "{text} {value}");
        }
    }
}
