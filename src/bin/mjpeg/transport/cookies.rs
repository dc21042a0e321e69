//! Cookies between the requests of one target: what a redirection sets, the next request sends.
//!
//! A cookie goes back to the host that set it, under its path (RFC 6265 5.4). The Domain attribute is not
//! used: it could only send a cookie to more hosts.

use super::place::Place;

/// Most cookies that are kept.
const MOST: usize = 64;
/// Longest cookie that is kept, in bytes.
const LONGEST: usize = 4096;

/// The cookies that were set so far.
#[derive(Debug, Default)]
pub struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    host: String,
    path: String,
    is_secure: bool,
    name: String,
    value: String,
}

impl Cookies {
    /// Takes a `Set-Cookie` field of a response from `place` (RFC 6265 5.2).
    pub fn set(&mut self, place: &Place, field: &str) {
        let mut pieces = field.split(';');
        let Some((name, value)) = pieces.next().and_then(|pair| pair.split_once('=')) else { return };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || field.len() > LONGEST || format!("{name}{value}").contains(char::is_control) {
            return;
        }
        let mut cookie = Cookie {
            host: place.host().name().to_ascii_lowercase(),
            path: default_path(place.target()).into(),
            is_secure: false,
            name: name.into(),
            value: value.into(),
        };
        let mut is_removal = false;
        for attribute in pieces {
            let (attribute, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match attribute.trim().to_ascii_lowercase().as_str() {
                "path" if value.trim().starts_with('/') => cookie.path = value.trim().into(),
                "secure" => cookie.is_secure = true,
                "max-age" => is_removal = value.trim().parse::<i64>().is_ok_and(|age| age <= 0),
                _ => {}
            }
        }
        self.0.retain(|old| (&old.host, &old.path, &old.name) != (&cookie.host, &cookie.path, &cookie.name));
        if !is_removal && self.0.len() < MOST {
            self.0.push(cookie);
        }
    }

    /// The value of the `Cookie` field of a request to `place`, if there is a cookie for it.
    pub fn field(&self, place: &Place) -> Option<String> {
        let path = place.target().split('?').next().unwrap_or_default();
        let cookies: Vec<String> = self
            .0
            .iter()
            .filter(|cookie| cookie.host.eq_ignore_ascii_case(place.host().name()))
            .filter(|cookie| !cookie.is_secure || place.is_https())
            .filter(|cookie| is_below(path, &cookie.path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }
}

/// The folder of the path (RFC 6265 5.1.4).
fn default_path(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or_default();
    match path.rfind('/') {
        Some(at) if at > 0 => &path[..at],
        _ => "/",
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn cookies_go_back_to_their_host_and_path_only() {
        let place = |url: &str| Place::parse(url).unwrap();
        let mut cookies = Cookies::default();
        let login = place("http://cam:81/cgi/login?x");
        cookies.set(&login, "session=abc; Path=/; HttpOnly");
        cookies.set(&login, "here=1");
        cookies.set(&login, "safe=2; Path=/; Secure");
        cookies.set(&login, "old=1; path=/");
        cookies.set(&login, "old=; path=/; Max-Age=0");
        cookies.set(&login, "no pair");
        // No request can carry them.
        cookies.set(&login, "a\x01b=1; path=/");
        cookies.set(&login, "b=\x7f; path=/");
        for (url, field) in [
            ("http://cam:81/video", Some("session=abc")),
            ("http://CAM/cgi/video", Some("session=abc; here=1")),
            ("http://cam/cgix", Some("session=abc")),
            ("https://cam/", Some("session=abc; safe=2")),
            ("http://other/", None),
        ] {
            assert_eq!(cookies.field(&place(url)).as_deref(), field, "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_goes_back_is_one_line(field in mutated::text(&[
                b"session=abc; Path=/; HttpOnly; Secure",
                b"a=b; max-age=-1; path=/a/b; domain=.evil.example",
            ])) {
            let place = Place::parse("http://cam/a/b?c").unwrap();
            let mut cookies = Cookies::default();
            cookies.set(&place, &field);
            let sent = cookies.field(&place).unwrap_or_default();
            prop_assert!(!sent.contains(char::is_control), "{:?}", sent);
            prop_assert_eq!(cookies.field(&Place::parse("http://evil.example/a/b").unwrap()), None);
        }
    }
}
