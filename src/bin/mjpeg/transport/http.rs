//! Streams from a URL: ureq over sockets of ours.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::http::{Head, Version};
use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Error, Timeout};

use super::target::redacted;
use super::tcp::TcpConnector;
use super::tolerant::TolerantConnector;
use super::wire::{Wire, WireEnd};
use crate::exit::{Exit, Failure};

/// How long a name look-up and a connection attempt may take, if the idle limit is not shorter.
const CONNECT: Duration = Duration::from_secs(10);

/// A response whose head was read and whose body has not been.
pub struct Response {
    /// What the server said, not what the HTTP client would have liked.
    pub head: Head,
    /// The body as sent: chunk framing, if any, is still in it.
    pub body: Box<dyn Read>,
}

/// Asks for `url` and reads the head. `idle` bounds the wait for each step.
///
/// # Errors
///
/// Exit 3 when no stream is to be had there, exit 5 when the server does not answer.
pub fn open(url: &str, wire: &Arc<Wire>, idle: Duration) -> Result<Response, Failure> {
    let (plain_url, authorization) = split_userinfo(url);
    let mut request = agent(wire, idle).get(&plain_url).header("Connection", "close").header("Accept", "*/*");
    if let Some(value) = authorization {
        request = request.header("Authorization", value);
    }
    let response = request.call().map_err(|error| failure(url, wire, idle, &error))?;
    // Without a head the server sent the body alone, as GStreamer's tcpserversink does.
    let head =
        wire.take_head().unwrap_or_else(|| Head::from_fields(Version::Other, 200, "", std::iter::empty()));
    if !(200..300).contains(&head.status) {
        let status = format!("{} {}", head.status, head.reason);
        let failure =
            Failure::new(Exit::Unreachable, anyhow!("{}: HTTP status {}", redacted(url), status.trim()));
        return Err(match head.status {
            401 => failure.hint("give a user and a password in the URL: http://user:password@host/"),
            404 => failure.hint("common paths: /stream, /video, /mjpg/video.mjpg, /?action=stream"),
            _ => failure,
        });
    }
    Ok(Response { head, body: Box::new(response.into_body().into_reader()) })
}

fn agent(wire: &Arc<Wire>, idle: Duration) -> Agent {
    let config = Config::builder()
        // A 401 keeps its fields; we say what a status means.
        .http_status_as_error(false)
        // The environment's proxy would be asked for loopback too.
        .proxy(None)
        .timeout_resolve(Some(CONNECT.min(idle)))
        .timeout_connect(Some(CONNECT.min(idle)))
        .max_idle_connections(0)
        .accept_encoding("")
        .user_agent(concat!("mjpeg/", env!("CARGO_PKG_VERSION")))
        .build();
    let connector =
        ().chain(TcpConnector(Arc::clone(wire)))
            .chain(RustlsConnector::default())
            .chain(TolerantConnector(Arc::clone(wire)));
    Agent::with_parts(config, connector, DefaultResolver::default())
}

fn failure(url: &str, wire: &Wire, idle: Duration, error: &Error) -> Failure {
    let url = redacted(url);
    match (error, wire.end()) {
        (Error::Timeout(Timeout::Connect | Timeout::Resolve), _) => Failure::new(
            Exit::Unreachable,
            anyhow!("{url}: no connection within {}", humantime::format_duration(CONNECT.min(idle))),
        ),
        (_, Some(WireEnd::Expired)) => Failure::new(
            Exit::Stalled,
            anyhow!("{url}: connected, but no response head within {}", humantime::format_duration(idle)),
        ),
        (_, Some(WireEnd::Reset(why))) => Failure::new(
            Exit::Stalled,
            anyhow!("{url}: the connection broke before the response head: {why}"),
        ),
        (_, Some(WireEnd::Closed)) => Failure::new(
            Exit::Unreachable,
            anyhow!("{url}: the connection was closed without a response head"),
        ),
        (Error::BadUri(_) | Error::Http(_), _) => {
            Failure::new(Exit::Unreachable, anyhow!("{url}: not a URL that can be asked for: {error}"))
        }
        (Error::Io(io), _) => Failure::new(Exit::Unreachable, anyhow!("{url}: {}", describe(io))),
        (error, _) => Failure::new(Exit::Unreachable, anyhow!("{url}: {error}")),
    }
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused: nothing listens there".into(),
        _ => error.to_string(),
    }
}

/// The URL without its userinfo, and the Authorization field for it. ureq would send the userinfo
/// without decoding its percent signs.
fn split_userinfo(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.into(), None) };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((userinfo, host)) = rest[..authority_end].rsplit_once('@') else { return (url.into(), None) };
    let mut decoded = percent_decode(userinfo);
    if !decoded.contains(&b':') {
        decoded.push(b':');
    }
    (format!("{scheme}://{host}{}", &rest[authority_end..]), Some(format!("Basic {}", base64(&decoded))))
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

/// RFC 4648 section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            if i <= group.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * i) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_decoded_and_leaves_the_url() {
        let (url, field) = split_userinfo("http://al%40ice:p%3ass@cam:81/x?a=b@c");
        assert_eq!(url, "http://cam:81/x?a=b@c");
        assert_eq!(field.as_deref(), Some("Basic YWxAaWNlOnA6c3M="));
        assert_eq!(split_userinfo("http://cam/@").1, None);
    }

    #[test]
    fn base64_of_rfc_4648() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
