//! How long a cache may use a response again without asking.

use core::time::Duration;

use super::date::parse_date;
use super::head::Head;

/// What allows a cache to use a response again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// `max-age` or `s-maxage` in Cache-Control.
    MaxAge,
    /// Expires, which is later than Date.
    Expires,
    /// Last-Modified, without any word about caching: caches use a tenth of the age that it gives.
    LastModified,
}

/// A lifetime that is larger than a cache can count (RFC 9111 1.2.2).
const LONGEST_SECONDS: u64 = 1 << 31;

/// How long a cache may use a response again without asking, and what allows it (RFC 9111 4.2.1 and 4.2.2). `None`: not at
/// all. `received`: when the response came, since 1970-01-01 UTC, if known: it counts for a response without Date
/// (RFC 9110 6.6.1).
///
/// Pragma is no word about caching beside Expires: it has no meaning in responses (RFC 9111 5.4), and nginx 1.22 does not
/// read it.
pub fn cache_lifetime(head: &Head, received: Option<Duration>) -> Option<(Duration, Allowance)> {
    let fields = head.fields();
    let directives = || fields.all("cache-control").flat_map(|value| value.split(|&byte| byte == b','));
    let name = |directive: &[u8]| {
        let end = directive.iter().position(|&byte| byte == b'=').unwrap_or(directive.len());
        directive[..end].trim_ascii().to_ascii_lowercase()
    };
    if directives().any(|it| matches!(&name(it)[..], b"no-store" | b"no-cache")) {
        return None;
    }
    let ages = directives().filter(|it| matches!(&name(it)[..], b"max-age" | b"s-maxage"));
    if let Some(age) = ages.map(|it| seconds(it).unwrap_or(0)).max() {
        return (age > 0).then_some((Duration::from_secs(age), Allowance::MaxAge));
    }
    let date = |name| fields.first(name).and_then(parse_date);
    let sent = date("date").or(received);
    // An Expires that is no date, such as 0 or -1, means the past.
    let allowance = match (fields.first("expires"), date("expires"), date("last-modified")) {
        (Some(_), expires, _) => (expires?.checked_sub(sent?)?, Allowance::Expires),
        // Caches that guess a lifetime do so only without any word about caching.
        _ if fields.all("pragma").any(|it| it.trim_ascii().eq_ignore_ascii_case(b"no-cache")) => return None,
        (None, _, Some(modified)) => (sent?.checked_sub(modified)? / 10, Allowance::LastModified),
        (None, _, None) => return None,
    };
    (allowance.0 >= Duration::from_secs(1)).then_some(allowance)
}

/// The seconds of a directive; `None` if they are no number.
///
/// ```text
/// delta-seconds = 1*DIGIT                                                      RFC 9111 1.2.2
/// ```
fn seconds(directive: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(directive).ok()?.split_once('=')?.1;
    let digits = text.trim().trim_matches('"');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX).min(LONGEST_SECONDS))
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn lifetime(fields: &str, received: Option<Duration>) -> Option<(Duration, Allowance)> {
        let head = Head::parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes()).unwrap().unwrap();
        cache_lifetime(&head, received)
    }

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
            ("Cache-Control: max-age=-1\r\n", None),
            ("Cache-Control: max-age=+60\r\n", None),
            ("Cache-Control: max-age=\r\n", None),
            ("Cache-Control: max-age\r\n", None),
            // RFC 9111 1.2.2: too large is very long, not zero.
            ("Cache-Control: max-age=18446744073709551616\r\n", seconds(1 << 31, Allowance::MaxAge)),
            ("Cache-Control: max-age=18446744073709551615\r\n", seconds(1 << 31, Allowance::MaxAge)),
            ("cache-control: public , Max-Age=60\r\n", seconds(60, Allowance::MaxAge)),
            ("Cache-Control: max-age=60, no-store\r\n", None),
            ("Cache-Control: max-age=60\r\nCache-Control: no-cache\r\n", None),
            ("Cache-Control: s-maxage=\"5\"\r\n", seconds(5, Allowance::MaxAge)),
            ("Expires: 0\r\n", None),
            ("Expires: Fri, 27 Nov 2026 13:00:00 GMT\r\n", None),
            ("Expires: Fri, 27 Nov 2026 14:01:00 GMT\r\n", seconds(60, Allowance::Expires)),
            ("Expires: Friday, 27-Nov-26 14:01:00 GMT\r\n", seconds(60, Allowance::Expires)),
            ("Expires: Fri Nov 27 14:01:00 2026\r\n", seconds(60, Allowance::Expires)),
            (
                "Pragma: no-cache\r\nExpires: Fri, 27 Nov 2026 14:01:00 GMT\r\n",
                seconds(60, Allowance::Expires),
            ),
            ("Pragma: no-cache\r\nExpires: 0\r\n", None),
            ("Pragma: no-cache\r\nLast-Modified: Fri, 27 Nov 2026 13:00:00 GMT\r\n", None),
            ("Last-Modified: Fri, 27 Nov 2026 13:00:00 GMT\r\n", seconds(360, Allowance::LastModified)),
            // As quickly as a camera rewrites a file.
            ("Last-Modified: Fri, 27 Nov 2026 13:59:58 GMT\r\n", None),
            ("Last-Modified: Fri, 27 Nov 2026 15:00:00 GMT\r\n", None),
        ] {
            assert_eq!(lifetime(&format!("{DATE}{fields}"), None), expected, "{fields}");
        }
    }

    #[test]
    fn without_a_date_the_response_was_sent_when_it_came() {
        let received = parse_date(b"Fri, 27 Nov 2026 14:00:00 GMT");
        let expires = "Expires: Fri, 27 Nov 2026 14:01:00 GMT\r\n";
        let modified = "Last-Modified: Fri, 27 Nov 2026 13:00:00 GMT\r\n";
        let minute = Duration::from_secs(60);
        assert_eq!(lifetime(expires, received), Some((minute, Allowance::Expires)));
        assert_eq!(lifetime(modified, received), Some((minute * 6, Allowance::LastModified)));
        // Nothing is known of a saved response without Date.
        assert_eq!(lifetime(expires, None), None);
        assert_eq!(lifetime(modified, None), None);
        // The clock of the server counts, where it is known.
        let date = "Date: Fri, 27 Nov 2026 13:59:00 GMT\r\n";
        assert_eq!(lifetime(&format!("{date}{expires}"), received), Some((minute * 2, Allowance::Expires)));
    }
}
