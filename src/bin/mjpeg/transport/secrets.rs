//! The secrets of the requests for one target, and how they are hidden in what its server says.
//!
//! A server may repeat the password of a request in a page, a status line or a `Location`: as it was sent, decoded, or
//! escaped for URLs, HTML or JSON, and in letters of another case.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::credentials::Credentials;
use super::field::Field;
use super::repeated::{self, Letters};
use crate::redacted::{REDACTED, is_secret, secret_values, without_parameters};

/// Shorter values are hidden only where no letter or digit is beside them, and in letters of the same case: a password `1`
/// must not change `HTTP/1.1`, nor `ok` the words of a status line.
const SHORT: usize = 4;
/// Fields of a request whose values are no secrets. Of other fields it is not known.
const PUBLIC_FIELDS: [&str; 13] = [
    "connection",
    "cache-control",
    "dnt",
    "from",
    "host",
    "keep-alive",
    "origin",
    "pragma",
    "range",
    "te",
    "upgrade",
    "user-agent",
    "via",
];
/// The same for the starts of their names.
const PUBLIC_PREFIXES: [&str; 5] = ["accept", "content-", "if-", "sec-fetch-", "upgrade-"];
/// The secret values of the requests for one target. `Debug` does not print them.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Decoded, the longest first.
    values: Arc<Vec<Vec<u8>>>,
}

impl Secrets {
    /// Adds a value.
    pub fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.is_empty() || self.values.iter().any(|it| it == value) {
            return;
        }
        let values = Arc::make_mut(&mut self.values);
        let at = values.partition_point(|it| it.len() >= value.len());
        values.insert(at, value.to_vec());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds a password, and what Basic makes of it.
    pub fn add_credentials(&mut self, credentials: &Credentials) {
        self.add(&credentials.password);
        if !credentials.password.is_empty() {
            self.add_basic(credentials.basic().strip_prefix(b"Basic ").unwrap_or_default());
        }
    }

    /// Adds the passwords among the parameters of a URL, by their names.
    pub fn add_parameters(&mut self, url: &str) {
        for value in secret_values(url) {
            self.add(&value);
            // A server of forms reads a plus as a blank.
            let spaced: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
            self.add(&spaced);
        }
    }

    /// Adds what is secret in a field of `--header`.
    pub fn add_field(&mut self, field: &Field) {
        let name = field.name.to_ascii_lowercase();
        let (value, is_known) = (field.value.trim(), is_secret(&name));
        if PUBLIC_FIELDS.contains(&&name[..]) || PUBLIC_PREFIXES.iter().any(|start| name.starts_with(start)) {
            return;
        }
        if name == "referer" {
            return self.add_parameters(value);
        }
        if name == "cookie" {
            let values = value.split(';').filter_map(|pair| pair.split_once('='));
            return values.for_each(|(_, value)| self.add(value.as_bytes()));
        }
        // `Bearer TOKEN`.
        let (scheme, credentials) = value.split_once(' ').unwrap_or(("", value));
        if is_known {
            self.add(credentials.as_bytes());
        }
        if scheme.eq_ignore_ascii_case("basic") {
            self.add_basic(credentials.as_bytes());
            if let Ok(clear) = STANDARD.decode(credentials.trim()) {
                self.add(&Credentials::parse(&clear).password);
            }
        }
        if is_known || value.len() >= SHORT {
            self.add(value.as_bytes());
        }
    }

    fn add_basic(&mut self, token: &[u8]) {
        let end = token.iter().rposition(|&byte| byte != b'=').map_or(0, |at| at + 1);
        self.add(&token[..end]);
    }

    /// A text of the server, to be shown: also without the values of parameters whose names say that they are secret.
    pub fn shown(&self, text: &str) -> String {
        without_parameters(&self.hidden(text))
    }

    /// `text` without the values.
    pub fn hidden<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.hidden_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// `bytes` without the values.
    pub fn hidden_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        // A length or a time is not the password 1, and the usual type of a part not the password `jpeg`.
        if bytes.strip_prefix(b":").unwrap_or(bytes).trim_ascii().eq_ignore_ascii_case(b"image/jpeg") {
            return Cow::Borrowed(bytes);
        }
        let least = if is_number(bytes) { SHORT } else { 0 };
        replaced(bytes, &self.places(bytes, |value| value.len() >= least), REDACTED)
    }

    /// Replaces the bytes of the values by as many `x`; not those of short values.
    pub fn mask(&self, bytes: &mut [u8]) {
        for place in self.places(bytes, |value| value.len() >= SHORT) {
            bytes[place].fill(b'x');
        }
    }

    /// A sentence of ours with a quotation of the server behind a colon. Numbers in it are ours.
    pub fn hidden_quotation(&self, text: &str) -> String {
        let Some((before, quotation)) = text.split_once(": ") else { return text.into() };
        let is_word = |value: &[u8]| value.len() >= SHORT && !is_number(value);
        let shown = replaced(quotation.as_bytes(), &self.places(quotation.as_bytes(), is_word), REDACTED);
        format!("{before}: {}", String::from_utf8_lossy(&shown))
    }

    /// Where those values are that `counts` accepts, in order. They do not overlap.
    pub(super) fn places(&self, bytes: &[u8], counts: impl Fn(&[u8]) -> bool) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while at < bytes.len() && !self.values.is_empty() {
            let found = self.values.iter().filter(|value| counts(value)).find_map(|value| {
                let letters = if value.len() >= SHORT { Letters::AnyCase } else { Letters::SameCase };
                let end = at + repeated::length(&bytes[at..], value, letters)?;
                let is_inside =
                    goes_on(bytes[..at].iter().rev().copied()) || goes_on(bytes[end..].iter().copied());
                (value.len() >= SHORT || !is_inside).then_some(at..end)
            });
            at = found.as_ref().map_or(at + 1, |place| place.end);
            places.extend(found);
        }
        places
    }
}

/// `bytes` with `text` in these places.
pub(super) fn replaced<'a>(bytes: &'a [u8], places: &[Range<usize>], text: &str) -> Cow<'a, [u8]> {
    if places.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let (mut out, mut end) = (Vec::with_capacity(bytes.len()), 0);
    for place in places {
        out.extend_from_slice(&bytes[end..place.start]);
        out.extend_from_slice(text.as_bytes());
        end = place.end;
    }
    out.extend_from_slice(&bytes[end..]);
    Cow::Owned(out)
}

/// Whether a word or a number goes on with these bytes: with a letter, a digit, or a dot before one.
fn goes_on(mut bytes: impl Iterator<Item = u8>) -> bool {
    let first = bytes.next().filter(|&byte| byte != b'.').or_else(|| bytes.next());
    first.is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Whether it is a number, with its colon if it is the value of a field line.
fn is_number(bytes: &[u8]) -> bool {
    let value = bytes.strip_prefix(b":").unwrap_or(bytes).trim_ascii();
    value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        values.iter().for_each(|value| secrets.add(value.as_bytes()));
        secrets
    }

    #[test]
    fn a_password_is_hidden_in_all_forms_that_servers_write() {
        let secrets = secrets(&["p@s\"<&/\u{e9} 1"]);
        for text in [
            "wrong: p@s\"<&/\u{e9} 1.",
            "wrong: p%40s%22%3C%26%2f%C3%A9+1.",
            "wrong: p%2540s%2522%253C%2526%252f%25C3%25A9%25201.",
            "wrong: p@s&quot;&lt;&amp;/&#233; 1.",
            "wrong: p&#64;s&#x22;&lt;&amp;&#x2F;\u{e9}&#32;1.",
            "wrong: p@s\\\"<&\\/\\u00e9 1.",
            "wrong: p@s\\\"\\u003c\\u0026/\\u00E9 1.",
            "wrong: p@s\\\"<&/\\xe9 1.",
            "wrong: P@S\"<&/\u{c9} 1.",
            "wrong: P@S&QUOT;&LT;&AMP;/&#201; 1.",
            // Text that was Latin-1, read as UTF-8.
            "wrong: p@s\"<&/\u{fffd} 1.",
        ] {
            assert_eq!(secrets.hidden(text), "wrong: (redacted).", "{text}");
        }
        assert_eq!(secrets.hidden_bytes(b"wrong: p@s\"<&/\xe9 1."), &b"wrong: (redacted)."[..]);
        let mut bytes = *b"a p%40s%22%3C%26%2f%E9+1 b";
        secrets.mask(&mut bytes);
        assert_eq!(bytes, *b"a xxxxxxxxxxxxxxxxxxxxxx b");
        let emoji = self::secrets(&["\u{1f600}key"]);
        assert_eq!(emoji.hidden("{\"k\":\"\\ud83d\\ude00key\"}"), "{\"k\":\"(redacted)\"}");
    }

    #[test]
    fn a_short_password_is_hidden_as_a_word_only() {
        let short = secrets(&["1"]);
        for (text, shown) in [
            ("HTTP/1.1 401 of 10, 1.", "HTTP/1.1 401 of 10, (redacted)."),
            ("{\"pwd\":\"1\"}", "{\"pwd\":\"(redacted)\"}"),
            ("Camera11", "Camera11"),
        ] {
            assert_eq!(short.hidden(text), shown);
        }
        assert_eq!(secrets(&["ok"]).hidden("200 OK, not ok"), "200 OK, not (redacted)");
        assert_eq!(secrets(&["Okay"]).hidden("200 OKAY"), "200 (redacted)");
        assert_eq!(secrets(&["hush"]).hidden("xhushhush1"), "x(redacted)(redacted)1");
        assert_eq!(secrets(&["hush", "hushhush"]).hidden("hushhush"), "(redacted)");
        assert!(matches!(secrets(&[]).hidden("hush"), Cow::Borrowed(_)));
        for text in ["1", "1.1", " 1"] {
            assert_eq!(short.hidden(text), text);
        }
        assert_eq!(secrets(&["jpeg"]).hidden("image/jpeg"), "image/jpeg");
        let message = "Content-Type: 1234 x/hush";
        assert_eq!(secrets(&["1234", "hush"]).hidden_quotation(message), "Content-Type: 1234 x/(redacted)");
        let mut bytes = *b"Length: 1, hush";
        secrets(&["1", "hush"]).mask(&mut bytes);
        assert_eq!(bytes, *b"Length: 1, xxxx");
    }

    #[test]
    fn what_is_secret_in_a_request_is_known() {
        let field = |name: &str, value: &str| {
            let mut secrets = Secrets::default();
            secrets.add_field(&Field { name: name.into(), value: value.into() });
            secrets
        };
        for (name, value, text, is_hidden) in [
            ("Authorization", "Bearer t0ken", "t0ken", true),
            ("Authorization", "Basic dTpwYXNz", "pass", true),
            ("Authorization", "Basic dTpwYXNz", "dTpwYXNz", true),
            ("X-Api-Key", "k", "k", true),
            ("Cookie", "a=b1; sid=c2", "c2", true),
            ("X-Camera", "hush", "hush", true),
            ("X-Camera", "1", "1", false),
            ("User-Agent", "Mozilla", "Mozilla", false),
            ("Accept-Language", "none", "none", false),
            ("Referer", "http://cam/?pwd=hush", "hush", true),
        ] {
            let shown = field(name, value).hidden(text).into_owned();
            assert_eq!(shown == REDACTED, is_hidden, "{name}: {value}: {shown}");
        }
        let mut of_url = Secrets::default();
        of_url.add_parameters("/x?user=me&pwd=a%40b+c;d#e&x=1&next=%2Fy%3Ftoken%3Dnested");
        for text in ["a@b+c;d#e", "a@b c;d#e", "a%40b+c", "nested"] {
            assert_eq!(of_url.hidden(text), REDACTED, "{text}");
        }
        assert_eq!(of_url.hidden("me x=1 next"), "me x=1 next");
        let mut basic = Secrets::default();
        basic.add_credentials(&Credentials::new("u", "pass"));
        assert_eq!(basic.hidden("Authorization: Basic dTpwYXNz"), "Authorization: Basic (redacted)");
    }
}
