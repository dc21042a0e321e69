//! What a client asks for (RFC 9112 2 and 3), once its head is whole.

use std::fmt;

/// The methods that are served; anything else is answered 405.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The answer whole.
    Get,
    /// Its head alone.
    Head,
    /// What could be asked for.
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

/// The head of a request that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// The path of the target, as sent: it starts with `/`, or is `*`.
    pub path: String,
    /// What stands behind the first `?` of the target, empty without one.
    pub query: String,
    /// Whether the client speaks HTTP/1.1 (or 1.0).
    pub http11: bool,
    /// The fields in the order sent; a value is what stands between blanks, in whatever bytes.
    pub fields: Vec<(String, Vec<u8>)>,
}

/// Why a request is not answered as it wishes, as the status that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The head is not one of HTTP.
    BadRequest,
    /// The head did not come in time.
    Timeout,
    /// It brings a body, or announces one.
    Body,
    /// A method we have no use for.
    Method,
    /// The head is longer, or has more fields, than is read.
    TooLarge,
    /// A version of HTTP that is not 1.0 or 1.1.
    Version,
}

impl Refusal {
    /// The status code of RFC 9110 15.5 and 15.6, or of RFC 6585 5 for the size.
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
            Self::BadRequest => "this is no HTTP request",
            Self::Method => "only GET, HEAD and OPTIONS are served",
            Self::Timeout => "the request did not come in time",
            Self::Body => "requests with a body are not read",
            Self::TooLarge => "a request has at most 8 KiB and 64 fields",
            Self::Version => "only HTTP/1.0 and HTTP/1.1 are spoken",
        })
    }
}

impl Request {
    /// The value of the first field of this name, where it is text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// The value of a parameter of the query, as sent: nothing we know needs percent-decoding.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Judges what httparse found sound.
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
        // RFC 9112 6.3: one of these announces a body. What follows is not read, so it is refused.
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
        // RFC 9112 3.2.2: a server reads the absolute form too, and then goes by the host named there.
        let origin = match target.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                let (authority, origin) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
                fields.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
                fields.push(("Host".into(), authority.as_bytes().to_vec()));
                origin
            }
            _ => target,
        };
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
