//! The heads of responses and parts as they are shown.

use std::borrow::Cow;

use mjpeg::http::Head;

use super::secrets::{Secrets, replaced};
use crate::redacted::{REDACTED, without_parameters};

/// What replaces a value in the name of a field: a name has no parentheses, and recorded fields are sent and checked again.
const REDACTED_IN_NAME: &str = "redacted";
/// Names that servers use anyway: they repeat no password, even if it is one of their words.
const USUAL_NAMES: [&str; 45] = [
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "age",
    "allow",
    "authentication-info",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-transfer-encoding",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "max-age",
    "mime-version",
    "pragma",
    "proxy-authenticate",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-timestamp",
];

/// Fields of a response with a URL or a cookie: the values of their parameters are hidden by the names too.
const FIELDS_WITH_PARAMETERS: [&str; 5] = ["location", "content-location", "link", "refresh", "set-cookie"];

impl Secrets {
    /// The lines of a head to be shown: without the values, and without parameters of its URLs and cookies whose names say
    /// that they are secret.
    pub fn shown_lines(&self, head: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(head.len());
        for line in head.split_inclusive(|&byte| byte == b'\n') {
            let (name, value) = line.split_at(line.iter().position(|&byte| byte == b':').unwrap_or(0));
            if self.reach_over(name.len(), line) {
                shown.extend_from_slice(&replaced(line, &self.places(line, |_| true), REDACTED));
                continue;
            }
            let value = self.hidden_bytes(value);
            let has_parameters =
                FIELDS_WITH_PARAMETERS.iter().any(|it| it.as_bytes().eq_ignore_ascii_case(name));
            shown.extend_from_slice(&self.hidden_name(name));
            match std::str::from_utf8(&value) {
                Ok(text) if has_parameters => shown.extend_from_slice(without_parameters(text).as_bytes()),
                _ => shown.extend_from_slice(&value),
            }
        }
        shown
    }

    /// A field to be shown: its name and its value.
    pub fn shown_field(&self, name: &[u8], value: &[u8]) -> (Vec<u8>, Vec<u8>) {
        if [&b":"[..], b": "].iter().any(|colon| self.reach_over(name.len(), &[name, colon, value].concat()))
        {
            return (REDACTED_IN_NAME.into(), REDACTED.into());
        }
        (self.hidden_name(name).into_owned(), self.hidden_bytes(value).into_owned())
    }

    /// Hides the values in fields that were read as text.
    pub fn hide_fields(&self, fields: &mut [(String, String)]) {
        if self.is_empty() {
            return;
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        for (name, value) in fields {
            let (shown_name, shown_value) = self.shown_field(name.as_bytes(), value.as_bytes());
            (*name, *value) = (text(shown_name), text(shown_value));
        }
    }

    /// The name of a field without the values.
    fn hidden_name<'a>(&self, name: &'a [u8]) -> Cow<'a, [u8]> {
        if USUAL_NAMES.iter().any(|it| name.trim_ascii().eq_ignore_ascii_case(it.as_bytes())) {
            return Cow::Borrowed(name);
        }
        replaced(name, &self.places(name, |_| true), REDACTED_IN_NAME)
    }

    /// Whether a value is on both sides of the colon of a line: `p:w` was read as a name and a value.
    fn reach_over(&self, colon: usize, line: &[u8]) -> bool {
        let places = self.places(line, |value| value.contains(&b':'));
        places.iter().any(|place| place.contains(&colon))
    }

    /// A response head to be shown like that.
    pub fn shown_head(&self, head: &Head) -> Head {
        let shown = self.shown_lines(head.bytes());
        if shown == head.bytes() {
            return head.clone();
        }
        match Head::parse(&shown) {
            Ok(Some(shown)) => shown,
            // A head without a status line, or with a value over several lines.
            _ => {
                let fields: Vec<(Vec<u8>, Vec<u8>)> =
                    head.fields().iter().map(|(name, value)| self.shown_field(name, value)).collect();
                let fields = fields.iter().map(|(name, value)| (&name[..], &value[..]));
                Head::from_fields(head.version, head.status, &self.hidden(&head.reason), fields)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_shown_without_them() {
        let head = b"HTTP/1.1 302 to hush\r\nLocation: /x?pwd=a%0ab&y=1\r\nX: HU%53H hu%73h\r\n\r\n";
        let head = Head::parse(head).unwrap().unwrap();
        let mut secrets = Secrets::default();
        secrets.add(b"hush");
        let shown = secrets.shown_head(&head);
        assert_eq!(
            String::from_utf8_lossy(shown.bytes()),
            "HTTP/1.1 302 to (redacted)\r\nLocation: /x?pwd=(redacted)&y=1\r\nX: (redacted) (redacted)\r\n\r\n"
        );
        assert_eq!(shown.reason, "to (redacted)");
    }

    #[test]
    fn a_field_is_shown_without_them_and_usual_names_stay() {
        let mut secrets = Secrets::default();
        ["hush", "type", "p:w x", "a"].iter().for_each(|value| secrets.add(value.as_bytes()));
        for (name, value, shown) in [
            ("X-Hush-1", "HUSH", "X-redacted-1: (redacted)"),
            ("%48us%68", "1", "redacted: 1"),
            ("Content-Type", "a/type", "Content-Type: (redacted)/(redacted)"),
            ("X-Type", "a1", "X-redacted: a1"),
            ("X-A", "A", "X-A: A"),
            ("X-a", "b", "X-redacted: b"),
            ("X-P", "W x y", "redacted: (redacted)"),
            ("", "hush", ": (redacted)"),
        ] {
            let mut fields = [(name.to_string(), value.to_string())];
            secrets.hide_fields(&mut fields);
            assert_eq!(format!("{}: {}", fields[0].0, fields[0].1), shown);
            let line = format!("{name}:{value}\r\n");
            let lines = String::from_utf8(secrets.shown_lines(line.as_bytes())).unwrap();
            let expected = if name == "X-P" {
                "X-(redacted) y\r\n".into()
            } else {
                format!("{}\r\n", shown.replacen(": ", ":", 1))
            };
            assert_eq!(lines, expected);
        }
        let head = Head::parse(b"HTTP/1.1 200 OK\r\nX-Hush: 1\r\n\r\n").unwrap().unwrap();
        let shown = secrets.shown_head(&head);
        assert_eq!(shown.fields().iter().next(), Some((&b"X-redacted"[..], &b"1"[..])));
    }
}
