//! How long a cache may use a response again without asking.

use core::time::Duration;

use super::date::parse_date;
use super::head::Head;

/// What allows a cache to use a response again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowance {
    /// `max-age` or `s-maxage` in Cache-Control.
    MaxAge,
    /// Expires, which is later than Date.
    Expires,
    /// Last-Modified, without any word about caching: caches use a tenth of the age that it gives.
    LastModified,
}

/// How long a cache may use a response again without asking, and what allows it (RFC 9111 4.2.1 and 4.2.2). `None`: not at
/// all.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::http::{Allowance, Head, cache_lifetime};
///
/// let head = Head::parse(b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\n\r\n")?.unwrap();
/// assert_eq!(cache_lifetime(&head), Some((Duration::from_secs(60), Allowance::MaxAge)));
/// # Ok::<(), mjpeg::http::HeadError>(())
/// ```
pub fn cache_lifetime(head: &Head) -> Option<(Duration, Allowance)> {
    let fields = head.fields();
    let directives = || fields.all("cache-control").flat_map(|value| value.split(|&byte| byte == b','));
    let name = |directive: &[u8]| {
        let end = directive.iter().position(|&byte| byte == b'=').unwrap_or(directive.len());
        directive[..end].trim_ascii().to_ascii_lowercase()
    };
    if directives().any(|it| matches!(&name(it)[..], b"no-store" | b"no-cache")) {
        return None;
    }
    let seconds = |directive: &[u8]| {
        let text = core::str::from_utf8(directive).ok()?.split_once('=')?.1;
        text.trim().trim_matches('"').parse().ok()
    };
    let ages = directives().filter(|it| matches!(&name(it)[..], b"max-age" | b"s-maxage"));
    if let Some(age) = ages.map(|it| seconds(it).unwrap_or(0)).max() {
        return (age > 0).then_some((Duration::from_secs(age), Allowance::MaxAge));
    }
    let date = |name| fields.first(name).and_then(parse_date);
    // An Expires that is no date, such as 0 or -1, means the past.
    let allowance = match (fields.first("expires"), date("expires"), date("last-modified")) {
        (Some(_), expires, _) => {
            (expires?.checked_sub(date("date").unwrap_or_default())?, Allowance::Expires)
        }
        // Caches of HTTP/1.0 know this field only (RFC 9111 5.4).
        _ if fields.all("pragma").any(|it| it.trim_ascii().eq_ignore_ascii_case(b"no-cache")) => return None,
        (None, _, Some(modified)) => (date("date")?.checked_sub(modified)? / 10, Allowance::LastModified),
        (None, _, None) => return None,
    };
    (allowance.0 >= Duration::from_secs(1)).then_some(allowance)
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn fields_allow_caches_to_use_a_response_again_or_not() {
        const DATE: &str = "Date: Fri, 27 Nov 2026 14:00:00 GMT\r\n";
        let seconds = |n, allowance| Some((Duration::from_secs(n), allowance));
        for (fields, expected) in [
            ("", None),
            ("Cache-Control: no-store\r\n", None),
            ("Cache-Control: no-cache, private\r\n", None),
            ("Cache-Control: max-age=0\r\n", None),
            ("Cache-Control: max-age=x\r\n", None),
            ("cache-control: public , Max-Age=60\r\n", seconds(60, Allowance::MaxAge)),
            ("Cache-Control: max-age=60, no-store\r\n", None),
            ("Cache-Control: max-age=60\r\nCache-Control: no-cache\r\n", None),
            ("Cache-Control: s-maxage=\"5\"\r\n", seconds(5, Allowance::MaxAge)),
            ("Expires: 0\r\n", None),
            ("Expires: Fri, 27 Nov 2026 13:00:00 GMT\r\n", None),
            ("Expires: Fri, 27 Nov 2026 14:01:00 GMT\r\n", seconds(60, Allowance::Expires)),
            ("Pragma: no-cache\r\nLast-Modified: Fri, 27 Nov 2026 13:00:00 GMT\r\n", None),
            ("Last-Modified: Fri, 27 Nov 2026 13:00:00 GMT\r\n", seconds(360, Allowance::LastModified)),
            // As quickly as a camera rewrites a file.
            ("Last-Modified: Fri, 27 Nov 2026 13:59:58 GMT\r\n", None),
            ("Last-Modified: Fri, 27 Nov 2026 15:00:00 GMT\r\n", None),
        ] {
            let bytes = format!("HTTP/1.1 200 OK\r\n{DATE}{fields}\r\n");
            let head = Head::parse(bytes.as_bytes()).unwrap().unwrap();
            assert_eq!(cache_lifetime(&head), expected, "{fields}");
        }
    }
}
