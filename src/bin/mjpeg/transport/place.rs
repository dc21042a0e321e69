//! A URL taken apart and checked before any request is sent.

use fluent_uri::{Uri, UriRef};

use super::authority;
use super::credentials::Credentials;
use super::host::Host;
use super::scheme;
use super::secrets::Secrets;
use crate::percent;
use crate::redacted::redacted;

/// An http or https URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    is_https: bool,
    /// User and password, percent signs decoded.
    credentials: Option<Credentials>,
    host: Host,
    /// The port, if one is given.
    port: Option<u16>,
    /// Path and query; starts with `/`.
    target: String,
    /// How it is shown, if it comes from a server.
    shown: Option<String>,
}

impl Place {
    /// Takes a URL apart (RFC 3986 section 3). A fragment is left out.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words. An HTTP client would read an invalid port as port 80, and send
    /// the password there.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| scheme::missing(url))?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other => return Err(scheme::unsupported(other)),
        };
        if rest.chars().any(|c| c.is_control() || c == ' ') {
            return Err("it contains a blank or a control character".into());
        }
        let (before, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match before.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, before),
        };
        // `http://user:#secret@camera/` is a host with an empty port, to the letter.
        let split = match authority::split(host) {
            Ok(_) if userinfo.is_none() && host.ends_with(':') && behind.contains('@') => {
                Err("its port is empty".into())
            }
            split => split,
        };
        let (host, port) = split.map_err(|why| match behind.contains('@') {
            // The start of a password that is not encoded.
            true => format!("{why}; in a password, write / as %2F, ? as %3F and # as %23, or use --user"),
            false => why,
        })?;
        let behind = behind.split('#').next().unwrap_or_default();
        let target = if behind.starts_with('/') { behind.into() } else { format!("/{behind}") };
        let credentials = userinfo.map(credentials);
        Ok(Self { is_https, credentials, host: Host::new(host), port, target, shown: None })
    }

    /// The place that a `Location` field names, relative to this one (RFC 3986 section 5).
    ///
    /// # Errors
    ///
    /// When it is not a URL.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let location = location.trim();
        if location.is_empty() {
            return Err("there is no Location".into());
        }
        let (base, reference) = (percent::encoded(&self.url()), percent::encoded(location));
        let base = Uri::parse(&base[..]).map_err(|_| "it is relative to a URL that is not valid")?;
        let reference = UriRef::parse(&reference[..]).map_err(|_| "it is not a URL")?;
        let joined = reference.resolve_against(&base).map_err(|_| "it is not a URL")?;
        let mut place = Self::parse(joined.as_str())?;
        // The password is for this scheme, host and port only.
        if place.credentials.is_none() && place.is_same_origin(self) {
            place.credentials = self.credentials.clone();
        }
        Ok(place)
    }

    /// The URL for people and reports: without user and passwords.
    pub fn shown(&self) -> String {
        self.shown.clone().unwrap_or_else(|| redacted(&self.url()))
    }

    /// Sets that it comes from a server, which may have put the secrets of a request into `location`. `base` was requested.
    pub fn hide(&mut self, secrets: &Secrets, base: &Self, location: &str) {
        // Before it was encoded.
        let hidden = base.join(&secrets.hidden(location)).map_or_else(|_| self.url(), |it| it.url());
        self.shown = Some(redacted(&secrets.hidden(&hidden)));
    }

    /// The URL without user and password. Its query may have passwords.
    fn url(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.target)
    }

    /// The path and query of the request line.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The user and password in the URL.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, which may be that of the scheme.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// The value of the Host field: without a zone, which means something on this machine only (RFC 6874 4),
    /// and without the port of the scheme.
    pub fn host_field(&self) -> String {
        let host = self.host.without_zone();
        match self.port.filter(|&port| port != if self.is_https { 443 } else { 80 }) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// The URL as an HTTP client reads it, without a zone.
    pub fn request_url(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.host_field(), self.target)
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("{}://{}:{}", self.scheme(), self.host.bracketed().to_ascii_lowercase(), self.port())
    }

    /// Whether scheme, host and port are the same.
    pub fn is_same_origin(&self, other: &Self) -> bool {
        let origin =
            |place: &Self| (place.is_https, place.host.bracketed().to_ascii_lowercase(), place.port());
        origin(self) == origin(other)
    }

    fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    fn authority(&self) -> String {
        let host = self.host.bracketed();
        self.port.map_or_else(|| host.into(), |port| format!("{host}:{port}"))
    }
}

/// User and password of a URL.
fn credentials(userinfo: &str) -> Credentials {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    Credentials::new(percent::decoded(user), percent::decoded(password))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn userinfo_is_decoded_and_leaves_the_url() {
        let place = Place::parse("http://al%40ice:p%3ass@cam:81/x?a=b@c#f").unwrap();
        assert_eq!(place.url(), "http://cam:81/x?a=b@c");
        assert_eq!(place.credentials(), Some(&Credentials::new("al@ice", "p:ss")));
        assert_eq!(Place::parse("http://cam/@").unwrap().credentials(), None);
        for (url, parsed) in [
            ("http://cam?x", "http://cam/?x"),
            ("http://u:p@cam:/x", "http://cam/x"),
            ("http://[::1]:/x", "http://[::1]/x"),
            ("HTTPS://cam", "https://cam/"),
        ] {
            assert_eq!(Place::parse(url).unwrap().url(), parsed);
        }
    }

    #[test]
    fn an_invalid_url_is_refused_before_any_request() {
        for (url, why) in [
            ("http://cam:99999/", "port"),
            ("http://cam:81a/", "port"),
            ("http://cam:0/", "port"),
            ("http://:/", "host"),
            ("http://cam::/", "port"),
            ("http://fe80::1/", "brackets"),
            ("http://[::1/", "host"),
            ("http://[::1]x/", "host"),
            ("http://[cam]/", "IPv6"),
            ("http://admin:pa/ss@cam/", "%2F"),
            ("http://admin:#pass@cam/", "%23"),
            ("http://admin:/pass@cam/", "%2F"),
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
            ("?q", "http://cam:81/a/b?q", true),
            ("../x", "http://cam:81/x", true),
            ("../../../x/./y/../z", "http://cam:81/x/z", true),
            ("/a b|\u{e9}?[c]", "http://cam:81/a%20b%7C%C3%A9?%5Bc%5D", true),
            ("/x?next=http://other/", "http://cam:81/x?next=http://other/", true),
            ("//cam:81/q", "http://cam:81/q", true),
            ("http://CAM:81/", "http://CAM:81/", true),
            ("http://other/", "http://other/", false),
            ("http://[::1]:8/", "http://[::1]:8/", false),
            ("https://cam:81/", "https://cam:81/", false),
            ("http://cam/", "http://cam/", false),
        ] {
            let place = here.join(location).unwrap();
            assert_eq!((place.url().as_str(), place.credentials.is_some()), (url, keeps), "{location}");
        }
        for location in ["", "file:///etc/passwd", "javascript:alert(1)", "ftp://cam/", "http://cam:99999/"] {
            assert!(here.join(location).is_err(), "{location}");
        }
    }

    #[test]
    fn the_host_field_has_neither_zone_nor_the_usual_port() {
        for (url, host, name) in [
            ("http://cam:80/", "cam", "cam"),
            ("https://cam:80/", "cam:80", "cam"),
            ("http://[fe80::1%25eth0]:81/", "[fe80::1]:81", "fe80::1%25eth0"),
        ] {
            let place = Place::parse(url).unwrap();
            assert_eq!((place.host_field().as_str(), place.host().name()), (host, name));
        }
    }

    proptest! {
        #[test]
        fn a_redirection_leads_to_http_or_nowhere(location in mutated::text(&[
                b"http://other:81/a/../b?c=d#e",
                b"//user:secret@[::ffff:127.0.0.1]:8/%2e%2e/x",
                b"https://cam:81\\@evil/",
                b"../../x;y?z={|}",
                b"ftp://cam:81/x",
            ])) {
            let here = Place::parse("http://u:p@cam:81/a/b?c").unwrap();
            if let Ok(place) = here.join(&location) {
                let reference = percent::encoded(location.trim());
                let scheme = UriRef::parse(&reference[..]).unwrap().scheme().map(|it| it.as_str().to_ascii_lowercase());
                prop_assert!(scheme.is_none_or(|it| it == "http" || it == "https"), "{}", location);
                let url = place.url();
                prop_assert!(url.starts_with("http://") || url.starts_with("https://"), "{}", url);
                prop_assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{:?}", url);
                prop_assert_eq!(Place::parse(&url).map(|it| it.url()), Ok(url.clone()));
                // The password of the first place goes to its host only.
                let has_own = place.credentials() != here.credentials();
                prop_assert!(has_own || place.is_same_origin(&here), "{}", url);
                let shown = Place::parse(&place.shown()).ok().and_then(|it| it.credentials().cloned());
                prop_assert!(shown.is_none_or(|it| it.password == b"(redacted)"), "{}", place.shown());
            }
            let _ = Place::parse(&location);
        }
    }
}
