//! The Content-Type of a response and the boundary in it.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A Content-Type value, parsed as tolerantly as the most tolerant clients do.
///
/// ```text
/// media-type = type "/" subtype *( OWS ";" OWS parameter )             RFC 9110 8.3.1
/// parameter  = name "=" ( token / quoted-string )
/// ```
///
/// Also read, because servers send it: blanks around `=` (Panasonic), blanks inside an
/// unquoted value (TRENDnet), `,` or `:` before the parameter, any case.
///
/// ```
/// use mjpeg::http::ContentType;
///
/// let value = ContentType::parse(b"multipart/x-mixed-replace; boundary=\"a b\"; charset=utf-8");
/// assert!(value.is_mixed_replace());
/// assert_eq!(value.boundary.unwrap().value.as_ref(), b"a b");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentType<'a> {
    /// `type/subtype` as written, without blanks around it; may be empty.
    pub media_type: &'a [u8],
    /// The boundary parameter.
    pub boundary: Option<BoundaryParameter<'a>>,
}

/// The boundary parameter and how it was written. Each departure from
/// `; boundary=token` as the only parameter keeps some consumer from showing the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoundaryParameter<'a> {
    /// The value, without quotes and the blanks around it.
    pub value: Cow<'a, [u8]>,
    /// The name as written.
    pub name: &'a [u8],
    /// The value was in double quotes.
    pub quoted: bool,
    /// There were blanks before or after `=`.
    pub blank_at_equals: bool,
    /// What separates media type and parameter.
    pub separator: Separator,
    /// Something followed the value: another parameter, or a lone `;`.
    pub followed: bool,
}

/// What separates the media type and the boundary parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A semicolon.
    Semicolon,
    /// Another parameter.
    Parameter,
    /// A comma, a colon or nothing.
    Other,
}

impl<'a> ContentType<'a> {
    /// Parses `value`. There is no error: missing pieces are absent.
    pub fn parse(value: &'a [u8]) -> Self {
        let value = value.trim_ascii();
        let end = value.iter().position(|b| b"; ,\t:".contains(b)).unwrap_or(value.len());
        Self { media_type: &value[..end], boundary: find_boundary(value, end) }
    }

    /// Whether the media type is `multipart/x-mixed-replace`, in any case.
    pub fn is_mixed_replace(&self) -> bool {
        self.media_type.eq_ignore_ascii_case(b"multipart/x-mixed-replace")
    }

    /// Whether the media type is that of a picture.
    pub fn is_image(&self) -> bool {
        self.media_type.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"image/"))
    }

    /// Whether the media type is any multipart type.
    pub fn is_multipart(&self) -> bool {
        self.media_type.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"))
    }
}

/// The first `boundary` after `from` that is followed by `=`.
fn find_boundary(value: &[u8], from: usize) -> Option<BoundaryParameter<'_>> {
    const NAME: &[u8] = b"boundary";
    let start = (from..value.len()).find(|&at| {
        value[at..].get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
            // `xboundary=` is another parameter.
            && at.checked_sub(1).is_none_or(|before| b"; ,\t:".contains(&value[before]))
            && value[at + NAME.len()..].trim_ascii_start().first() == Some(&b'=')
    })?;
    let between = value[from..start].trim_ascii();
    let separator = match between {
        b";" => Separator::Semicolon,
        _ if between.starts_with(b";") => Separator::Parameter,
        _ => Separator::Other,
    };
    let after_name = &value[start + NAME.len()..];
    let equals = after_name.iter().position(|&b| b == b'=')?;
    let rest = &after_name[equals + 1..];
    let blank_at_equals = equals > 0 || rest.first().is_some_and(|b| b" \t".contains(b));
    let rest = rest.trim_ascii_start();
    let (boundary, after, quoted) = match rest.strip_prefix(b"\"") {
        Some(quoted) => {
            let (boundary, after) = unquote(quoted);
            (boundary, after, true)
        }
        None => {
            let end = rest.iter().position(|&b| b == b';').unwrap_or(rest.len());
            (Cow::Borrowed(rest[..end].trim_ascii_end()), &rest[end..], false)
        }
    };
    Some(BoundaryParameter {
        value: boundary,
        name: &value[start..start + NAME.len()],
        quoted,
        blank_at_equals,
        separator,
        followed: !after.trim_ascii().is_empty(),
    })
}

/// The content of a quoted-string after its first quote, and what follows the last quote.
fn unquote(bytes: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let mut unescaped: Option<Vec<u8>> = None;
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'"' {
        if bytes[at] == b'\\' && at + 1 < bytes.len() {
            unescaped.get_or_insert_with(|| bytes[..at].to_vec());
            at += 1;
        }
        if let Some(out) = &mut unescaped {
            out.push(bytes[at]);
        }
        at += 1;
    }
    let after = bytes.get(at + 1..).unwrap_or_default();
    (unescaped.map_or(Cow::Borrowed(&bytes[..at]), Cow::Owned), after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn boundary(value: &str) -> Option<String> {
        let parsed = ContentType::parse(value.as_bytes()).boundary?;
        Some(String::from_utf8_lossy(&parsed.value).into_owned())
    }

    #[test]
    fn boundaries_met_in_the_wild() {
        for (value, expected) in [
            ("multipart/x-mixed-replace; boundary=foo", Some("foo")),
            ("multipart/x-mixed-replace;boundary=foo", Some("foo")),
            ("multipart/x-mixed-replace; boundary=\"foo\"", Some("foo")),
            ("multipart/x-mixed-replace; boundary=\"a \\\"b\\\\\"", Some("a \"b\\")),
            ("multipart/x-mixed-replace; boundary =--myboundary", Some("--myboundary")),
            ("multipart/x-mixed-replace; boundary = foo", Some("foo")),
            ("Multipart/X-Mixed-Replace; BOUNDARY=Foo", Some("Foo")),
            ("multipart/x-mixed-replace; charset=utf-8; boundary=foo", Some("foo")),
            ("multipart/x-mixed-replace; boundary=foo; charset=utf-8", Some("foo")),
            ("multipart/x-mixed-replace; boundary=foo;", Some("foo")),
            ("multipart/x-mixed-replace;boundary=--video boundary--", Some("--video boundary--")),
            ("multipart/x-mixed-replace,boundary=foo", Some("foo")),
            ("multipart/x-mixed-replace: boundary=foo", Some("foo")),
            ("multipart/x-mixed-replace; boundary='foo'", Some("'foo'")),
            ("multipart/x-mixed-replace; boundary=a/b=c:d", Some("a/b=c:d")),
            ("multipart/x-mixed-replace; boundary=", Some("")),
            ("multipart/x-mixed-replace; boundary=\"open", Some("open")),
            ("multipart/x-mixed-replace", None),
            ("multipart/x-mixed-replace; xboundary=foo", None),
            ("image/jpeg", None),
            ("", None),
        ] {
            assert_eq!(boundary(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn the_way_it_was_written_is_kept() {
        let of = |value: &'static str| ContentType::parse(value.as_bytes()).boundary.unwrap();
        assert!(of("m/x; boundary=\"f\"").quoted);
        assert!(of("m/x; boundary =f").blank_at_equals);
        assert!(of("m/x; boundary=f;").followed);
        assert_eq!(of("m/x; Boundary=f").name, b"Boundary");
        assert_eq!(of("m/x; a=b; boundary=f").separator, Separator::Parameter);
        assert_eq!(of("m/x, boundary=f").separator, Separator::Other);
        let plain = of("m/x; boundary=f");
        assert_eq!((plain.separator, plain.quoted, plain.followed), (Separator::Semicolon, false, false));
    }

    #[test]
    fn media_types() {
        assert!(ContentType::parse(b"MULTIPART/x-mixed-replace;boundary=x").is_mixed_replace());
        assert!(ContentType::parse(b"multipart/mixed; boundary=x").is_multipart());
        assert!(!ContentType::parse(b"image/jpeg").is_multipart());
    }
}
