//! A request (RFC 9112 2 and 3), checked after its head is complete.

use std::fmt;
use std::net::Ipv6Addr;

/// The supported methods; others are answered with 405.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Request for head and body.
    Get,
    /// Request for the head only.
    Head,
    /// Request for the allowed methods.
    Options,
}

impl Method {
    /// The method as sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

/// A valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path of the target, as sent: it starts with `/`, or is `*`.
    pub path: String,
    /// The query of the target, empty if there is none.
    pub query: String,
    /// Whether the version is HTTP/1.1; otherwise it is 1.0.
    pub http11: bool,
    /// The fields in the order sent. Values have no surrounding whitespace and may contain any bytes.
    pub fields: Vec<(String, Vec<u8>)>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The head is not valid HTTP.
    BadRequest,
    /// The head was not complete in time.
    Timeout,
    /// The request has a body.
    Body,
    /// The method is not supported.
    Method,
    /// The head is too long or has too many fields.
    TooLarge,
    /// The version of HTTP is neither 1.0 nor 1.1.
    Version,
}

impl Refusal {
    /// The status code (RFC 9110 15.5 and 15.6; RFC 6585 5 for a head that is too large).
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Method => 405,
            Self::Timeout => 408,
            Self::Body => 413,
            Self::TooLarge => 431,
            Self::Version => 505,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadRequest => "this is not an HTTP request",
            Self::Method => "only GET, HEAD and OPTIONS are supported",
            Self::Timeout => "the request was not complete in time",
            Self::Body => "requests with a body are not supported",
            Self::TooLarge => "a request head may have at most 8 KiB and 64 fields",
            Self::Version => "only HTTP/1.0 and HTTP/1.1 are supported",
        })
    }
}

impl Request {
    /// The value of the first field with this name, if it is UTF-8.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// The value of a query parameter, as sent: none of the known values needs percent-decoding.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The path and the query, as sent.
    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// Checks a head that httparse has parsed.
    pub(super) fn check(parsed: &httparse::Request<'_, '_>) -> Result<Self, Refusal> {
        let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version) else {
            return Err(Refusal::BadRequest);
        };
        let method = match method {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "OPTIONS" => Method::Options,
            _ => return Err(Refusal::Method),
        };
        let http11 = version == 1;
        let mut fields: Vec<(String, Vec<u8>)> =
            parsed.headers.iter().map(|field| (field.name.to_string(), field.value.to_vec())).collect();
        let count = |name: &str| fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count();
        // RFC 9112 3.2: a request of HTTP/1.1 has one Host field.
        if count("host") > 1 || (http11 && count("host") == 0) {
            return Err(Refusal::BadRequest);
        }
        // RFC 9112 6.3: these fields announce a body. We read none, so the request is refused.
        for (name, value) in &fields {
            let length = value.trim_ascii();
            match name.to_ascii_lowercase().as_str() {
                "transfer-encoding" => return Err(Refusal::Body),
                "content-length" if length.is_empty() || !length.iter().all(u8::is_ascii_digit) => {
                    return Err(Refusal::BadRequest);
                }
                "content-length" if length.iter().any(|digit| *digit != b'0') => return Err(Refusal::Body),
                _ => {}
            }
        }
        // RFC 9112 3.2.2: a server must accept the absolute form, and its host replaces the Host field.
        let origin = match target.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                let (authority, origin) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
                // RFC 9110 4.2.1: an http URI with an empty host is invalid.
                if authority.is_empty() || authority.starts_with(':') {
                    return Err(Refusal::BadRequest);
                }
                fields.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
                fields.push(("Host".into(), authority.as_bytes().to_vec()));
                origin
            }
            _ => target,
        };
        let host = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        if host.is_some_and(|(_, host)| !is_authority(host)) {
            return Err(Refusal::BadRequest);
        }
        let (path, query) = origin.split_once('?').unwrap_or((origin, ""));
        let path = match path {
            "" => "/",
            "*" if method != Method::Options => return Err(Refusal::BadRequest),
            path if path == "*" || path.starts_with('/') => path,
            _ => return Err(Refusal::BadRequest),
        };
        Ok(Self { method, path: path.into(), query: query.into(), http11, fields })
    }
}

/// Whether a text is a host and perhaps a port. RFC 9112 3.2: an invalid Host is a bad request. A value that is not text
/// must not count as a missing one, which any client may send.
///
/// ```abnf
/// Host       = uri-host [ ":" port ]           ; RFC 9110 7.2
/// uri-host   = IP-literal / IPv4address / reg-name
/// reg-name   = *( unreserved / pct-encoded / sub-delims )
/// IP-literal = "[" ( IPv6address / IPvFuture ) "]"
/// ```
fn is_authority(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let (is_host, port) = if let Some(literal) = host.strip_prefix('[') {
        let Some((address, port)) = literal.split_once(']') else { return false };
        // A zone of a link-local address has a meaning on the side of the client only.
        let address = address.split('%').next().unwrap_or_default();
        (address.parse::<Ipv6Addr>().is_ok(), port.strip_prefix(':').or(port.is_empty().then_some("")))
    } else {
        let (name, port) = host.split_once(':').unwrap_or((host, ""));
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
        (name.bytes().all(is_part), Some(port))
    };
    let is_port = |port: &str| {
        port.is_empty() || port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    };
    is_host && port.is_some_and(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        let good = [
            "",
            "a",
            "a:",
            "a:80",
            ":80",
            "cam_1.local",
            "192.0.2.7:65535",
            "[::1]",
            "[::1]:80",
            "[fe80::1%3]",
        ];
        assert!(good.iter().all(|host| is_authority(host.as_bytes())));
        for host in [
            "[zz]", "[::1", "::1", "fe80::1", "[::1]x", "[::1]:x", "a:b", "a:+1", "a:65536", "a:1:2", "a b",
            "a/b", "a@b", "a]", "\u{e4}",
        ] {
            assert!(!is_authority(host.as_bytes()), "{host}");
        }
        assert!(!is_authority(b"\xff"));
    }
}
