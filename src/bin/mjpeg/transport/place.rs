//! A URL taken apart and checked before any request is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An http or https URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `http` or `https`.
    scheme: String,
    /// User and password, percent signs decoded.
    userinfo: Option<Vec<u8>>,
    /// Host, and port if one is given.
    host: String,
    /// Path and query; starts with `/`.
    path: String,
}

impl Place {
    /// Takes a URL apart (RFC 3986 section 3). A fragment is left out.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words. An HTTP client would read an invalid port as port 80, and send
    /// the password there.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or("it does not start with http://")?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(format!("`{scheme}` is not supported; http and https are"));
        }
        if rest.chars().any(|c| c.is_control() || c == ' ') {
            return Err("it contains a blank or a control character".into());
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(percent_decode(userinfo)), host),
            None => (None, authority),
        };
        // RFC 3986 3.2.3: the port may be empty, and is then that of the scheme.
        let host = host.strip_suffix(':').unwrap_or(host);
        check_host(host)?;
        let path = if path.starts_with('/') { path.into() } else { format!("/{path}") };
        Ok(Self { scheme, userinfo, host: host.into(), path })
    }

    /// The place that a `Location` field names, relative to this one.
    ///
    /// # Errors
    ///
    /// When it is not a URL.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let location = location.trim();
        if location.is_empty() {
            return Err("there is no Location".into());
        }
        let base = format!("{}://{}", self.scheme, self.host);
        let scheme = location.split_once("://").map(|(scheme, _)| scheme);
        let is_absolute = scheme.is_some_and(|scheme| !scheme.contains(['/', '?', '#']));
        let url = if is_absolute {
            location.into()
        } else if location.starts_with("//") {
            format!("{}:{location}", self.scheme)
        } else if location.starts_with('/') {
            format!("{base}{location}")
        } else if location.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
            return Err("only http and https are supported".into());
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            format!("{base}{folder}{location}")
        };
        let mut place = Self::parse(&url)?;
        // The password is for this scheme and host only.
        if place.userinfo.is_none() && place.host == self.host && place.scheme == self.scheme {
            place.userinfo = self.userinfo.clone();
        }
        Ok(place)
    }

    /// The URL without user and password.
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.path)
    }

    /// The value of the Authorization field, if there is a user. RFC 7617 section 2.
    pub fn authorization(&self) -> Option<String> {
        let mut decoded = self.userinfo.clone()?;
        if !decoded.contains(&b':') {
            decoded.push(b':');
        }
        Some(format!("Basic {}", STANDARD.encode(&decoded)))
    }
}

fn check_host(host: &str) -> Result<(), String> {
    // An IPv6 address is in brackets, and contains colons.
    let (name, port) = match host.rfind(']') {
        Some(end) => (&host[..=end], host[end + 1..].strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    if name.is_empty() {
        return Err("it names no host".into());
    }
    match port {
        Some(port)
            if port.parse::<u16>().is_ok_and(|port| port > 0) && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            Ok(())
        }
        Some(_) => Err("its port is not a number from 1 to 65535".into()),
        None => Ok(()),
    }
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| {
            u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok().filter(|_| bytes[at] == b'%')
        });
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_decoded_and_leaves_the_url() {
        let place = Place::parse("http://al%40ice:p%3ass@cam:81/x?a=b@c#f").unwrap();
        assert_eq!(place.url(), "http://cam:81/x?a=b@c");
        assert_eq!(place.authorization().as_deref(), Some("Basic YWxAaWNlOnA6c3M="));
        assert_eq!(Place::parse("http://cam/@").unwrap().authorization(), None);
        assert_eq!(Place::parse("http://cam?x").unwrap().url(), "http://cam/?x");
        assert_eq!(Place::parse("http://u:p@cam:/x").unwrap().url(), "http://cam/x");
        assert_eq!(Place::parse("http://[::1]:/x").unwrap().url(), "http://[::1]/x");
    }

    #[test]
    fn an_invalid_url_is_refused_before_any_request() {
        for (url, why) in [
            ("http://cam:99999/", "port"),
            ("http://cam:81a/", "port"),
            ("http://cam:0/", "port"),
            ("http://:/", "host"),
            ("http://cam::/", "port"),
            ("http://admin:pa/ss@cam/", "port"),
            ("http:///x", "host"),
            ("rtsp://cam/", "rtsp"),
            ("http://cam/\r\nX: y", "control"),
        ] {
            let error = Place::parse(url).unwrap_err();
            assert!(error.contains(why), "{url}: {error}");
        }
        assert!(Place::parse("http://[::1]:8080/").is_ok() && Place::parse("http://[::1]/").is_ok());
    }

    #[test]
    fn redirections_keep_the_password_with_its_host() {
        let here = Place::parse("http://u:p@cam:81/a/b?c").unwrap();
        for (location, url, keeps) in [
            ("/x", "http://cam:81/x", true),
            ("y?z", "http://cam:81/a/y?z", true),
            ("/x?next=http://other/", "http://cam:81/x?next=http://other/", true),
            ("//cam:81/q", "http://cam:81/q", true),
            ("http://other/", "http://other/", false),
            ("https://cam:81/", "https://cam:81/", false),
        ] {
            let place = here.join(location).unwrap();
            assert_eq!((place.url().as_str(), place.userinfo.is_some()), (url, keeps), "{location}");
        }
        for location in ["", "file:///etc/passwd", "javascript:alert(1)", "ftp://cam/"] {
            assert!(here.join(location).is_err(), "{location}");
        }
    }
}
