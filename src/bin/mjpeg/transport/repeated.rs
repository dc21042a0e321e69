//! A value that is repeated in a text: as it is, or escaped for URLs, HTML, JSON or programs.

use std::collections::BTreeSet;

/// How often a URL may have been escaped: a redirection has the first URL as a parameter.
const DEPTH: usize = 3;
/// Longest name or number of an HTML character reference.
const REFERENCE_BYTES: usize = 10;
/// The names of the characters from U+00A0 to U+00FF in HTML.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr \
    deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest \
    Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml \
    ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig \
    agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml \
    eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
/// What decoders put in the place of bytes that are not UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// How many bytes at the start of `text` are a form of `value`; `None`: none.
pub fn length(text: &[u8], value: &[u8]) -> Option<usize> {
    let may_be_coded = |byte: &u8| *byte == value[0] || b"%&\\+".contains(byte) || *byte >= 0x80;
    if value.is_empty() || !text.first().is_some_and(may_be_coded) {
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
            if value[known..].starts_with(bytes) && seen.insert(next) {
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
            Some(b'u') => {
                let Some(code) = hexadecimal(text, 2, 4) else { return };
                let low = hexadecimal(text, 8, 4).filter(|_| text[6..].starts_with(b"\\u"));
                match low {
                    Some(low @ 0xdc00..=0xdfff) if (0xd800..=0xdbff).contains(&code) => {
                        character(take, 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00), 12);
                    }
                    _ => character(take, code, 6),
                }
            }
            Some(b'x') => {
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

/// The character of an HTML reference, without `&` and `;`.
fn reference(name: &[u8]) -> Option<u32> {
    let named = |c: char| Some(u32::from(c));
    match name {
        b"amp" => named('&'),
        b"lt" => named('<'),
        b"gt" => named('>'),
        b"quot" => named('"'),
        b"apos" => named('\''),
        [b'#', b'x' | b'X', digits @ ..] => hexadecimal(digits, 0, digits.len()),
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok(),
        name => {
            LATIN_1.split(' ').zip(0xa0..).find(|(known, _)| known.as_bytes() == name).map(|(_, code)| code)
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
            assert_eq!(length(text.as_bytes(), value.as_bytes()), expected, "{text} {value}");
        }
    }
}
