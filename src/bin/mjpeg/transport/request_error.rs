//! Why a request could not be sent, or got no head, in words.

use std::io;
use std::time::Duration;

use anyhow::anyhow;
use ureq::{Error, Timeout};

use super::open_error::{OpenError, OpenErrorKind};
use super::place::Place;
use super::tls_error;
use super::wire::WireEnd;
use crate::value::in_words;

/// The connection ended before the response head was complete.
pub fn no_head(place: &Place, patience: Duration, end: &WireEnd) -> OpenError {
    let url = place.shown();
    match end {
        WireEnd::Expired => OpenError::new(
            OpenErrorKind::Silent,
            anyhow!("{url}: connected, but no response head within {}", in_words(patience)),
        ),
        WireEnd::Reset(why) => OpenError::new(
            OpenErrorKind::Reset,
            anyhow!("{url}: the connection was reset before the response head: {why}"),
        ),
        WireEnd::Stopped => {
            OpenError::new(OpenErrorKind::Signal, anyhow!("{url}: a signal came before the response head"))
        }
        WireEnd::Closed => {
            let cause = anyhow!("{url}: the connection was closed without a response head");
            let error = OpenError::new(OpenErrorKind::Closed, cause);
            // OpenSSL closes without an alert when a plain request comes.
            if place.is_https() {
                error
            } else {
                error.hint("if the port is one of TLS, use https:// in the URL")
            }
        }
    }
}

/// The request could not be sent. `end`: how the connection ended, if there was one. `hop`: the host that the
/// connection goes to, the proxy if there is one.
pub fn failure(
    place: &Place,
    hop: Option<&Place>,
    connect: Duration,
    end: Option<&WireEnd>,
    error: &Error,
) -> OpenError {
    let tls = matches!(error, Error::Tls(_) | Error::Rustls(_) | Error::Pem(_));
    match end {
        Some(end) if !tls => return unsent(place, hop, connect, end),
        _ => {}
    }
    let of_proxy = hop.map(|proxy| format!("proxy {}: ", proxy.host_field())).unwrap_or_default();
    let (kind, why) = match error {
        Error::Timeout(Timeout::Connect) => {
            (OpenErrorKind::Connect, format!("no connection within {}", in_words(connect)))
        }
        Error::Timeout(Timeout::Resolve) => {
            (OpenErrorKind::Name, format!("no address within {}", in_words(connect)))
        }
        Error::BadUri(_) | Error::Http(_) => {
            (OpenErrorKind::Url, format!("not a URL that can be requested: {error}"))
        }
        Error::HostNotFound => (OpenErrorKind::Name, "the host name has no address".into()),
        Error::ConnectProxyFailed(why) => {
            let why =
                match why.strip_prefix("proxy server responded ").map(|rest| rest.get(..3).unwrap_or(rest)) {
                    Some(status) => format!("it refuses the connection with status {status}"),
                    None => "it does not answer like a proxy".into(),
                };
            (OpenErrorKind::Proxy, why)
        }
        Error::Rustls(error) => {
            let (why, hint) = tls_error::sentence(error, place.host().name());
            let cause = anyhow!("{}: {of_proxy}{why}", place.shown());
            let error = OpenError::new(OpenErrorKind::Tls, cause);
            return match hint {
                Some(hint) => error.hint(hint),
                None => error,
            };
        }
        Error::Tls(_) | Error::Pem(_) => (OpenErrorKind::Tls, error.to_string()),
        Error::Io(io) if matches!(io.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            (OpenErrorKind::Reset, format!("the connection was reset before the response head: {io}"))
        }
        Error::Io(io) if io.kind() == io::ErrorKind::ConnectionRefused => {
            (OpenErrorKind::Connect, "connection refused: nothing listens there".into())
        }
        Error::Io(io) if io.to_string().contains("failed to lookup address") => {
            (OpenErrorKind::Name, "the host name has no address".into())
        }
        Error::Io(io) => (OpenErrorKind::Connect, io.to_string()),
        error => (OpenErrorKind::Connect, error.to_string()),
    };
    OpenError::new(kind, anyhow!("{}: {of_proxy}{why}", place.shown()))
}

/// The connection ended while TLS or a proxy was being set up, or while the request was sent.
fn unsent(place: &Place, hop: Option<&Place>, connect: Duration, end: &WireEnd) -> OpenError {
    let what = match (hop, place.is_https()) {
        (Some(_), _) => "the answer of the proxy",
        (None, true) => "the end of the TLS handshake",
        (None, false) => return no_head(place, connect, end),
    };
    let url = place.shown();
    match end {
        WireEnd::Expired => OpenError::new(
            OpenErrorKind::Silent,
            anyhow!("{url}: connected, but {what} did not come within {}", in_words(connect)),
        ),
        WireEnd::Reset(why) => OpenError::new(
            OpenErrorKind::Reset,
            anyhow!("{url}: the connection was reset before {what}: {why}"),
        ),
        WireEnd::Stopped => {
            OpenError::new(OpenErrorKind::Signal, anyhow!("{url}: a signal came before {what}"))
        }
        WireEnd::Closed => {
            let error = OpenError::new(
                OpenErrorKind::Closed,
                anyhow!("{url}: the connection was closed before {what}"),
            );
            if hop.is_none() {
                error.hint("does the server speak TLS on this port? Try http://")
            } else {
                error
            }
        }
    }
}
