//! Percent signs in URLs (RFC 3986 section 2.1).

/// `text` with the bytes that RFC 3986 does not allow in a URL as percent signs.
pub fn encoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    // Brackets are allowed around an IPv6 address only.
    let authority = text
        .find("//")
        .map_or(0..0, |at| at..text[at + 2..].find(['/', '?', '#']).map_or(text.len(), |end| at + 2 + end));
    for (at, &byte) in bytes.iter().enumerate() {
        let is_code = byte == b'%'
            && bytes.get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
        let is_allowed = byte.is_ascii_alphanumeric()
            || b"-._~:/?#@!$&'()*+,;=".contains(&byte)
            || (b"[]".contains(&byte) && authority.contains(&at));
        if is_allowed || is_code {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The bytes that `text` means: each percent sign with two hexadecimal digits is one byte.
pub fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        // Rust's parser takes a sign too.
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_and_codes_stay() {
        for (text, code) in [
            ("/a b|\u{e9}", "/a%20b%7C%C3%A9"),
            ("/%41%zz", "/%41%25zz"),
            ("http://[::1]/[x]", "http://[::1]/%5Bx%5D"),
        ] {
            assert_eq!(encoded(text), code);
        }
        for (code, text) in [("p%40s%3as", &b"p@s:s"[..]), ("100%", b"100%"), ("%4", b"%4"), ("%e9", b"\xe9")]
        {
            assert_eq!(decoded(code), text, "{code}");
        }
    }

    #[test]
    fn percent_encoding_is_optional() {
        for (text, expected) in
            [("a=1", "a=1"), ("a%3d1", "a=1"), ("%", "%"), ("%zz%4%+f", "%zz%4%+f"), ("%40", "@")]
        {
            assert_eq!(decoded(text), expected.as_bytes());
        }
    }
}
