//! Whether a request was started by a page of another site: it must not make a browser probe the network of its user.

use crate::listen::request::Request;

/// Whether a browser sent the request for another page than one of this server. Programs send none of these fields.
///
/// `Sec-Fetch-Site` says it in browsers since 2020 (Safari since 2023), for `https:` and loopback. Older ones name the page in
/// `Origin` or `Referer`, unless it hides itself: then a plain image or link of it cannot be told from a program.
pub fn is_foreign(request: &Request) -> bool {
    if let Some(site) = request.field("sec-fetch-site") {
        // `none`: typed by the user. Another port of this machine is `same-site`, and another owner's.
        return !["same-origin", "none"].contains(&site.trim());
    }
    let host = request.field("host").unwrap_or_default();
    let is_other = |name: &str| request.field(name).is_some_and(|value| !is_of(value, host));
    is_other("origin") || is_other("referer")
}

/// Whether this URL, or origin, is at `host` (RFC 6454 6.1; `null` is at none).
fn is_of(url: &str, host: &str) -> bool {
    let Some((_, rest)) = url.trim().split_once("://") else { return false };
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_page_decides() {
        for (url, is_own) in [
            ("http://127.0.0.1:9120", true),
            ("http://127.0.0.1:9120/?x", true),
            ("http://127.0.0.1:9121/", false),
            ("http://127.0.0.1", false),
            ("http://evil.example/127.0.0.1:9120", false),
            ("http://127.0.0.1:9120@evil.example/", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(is_of(url, "127.0.0.1:9120"), is_own, "{url}");
        }
    }
}
