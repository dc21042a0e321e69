//! Streams from a URL: ureq for the request, names and TLS; sockets of ours below it, our own reader above.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::http::{Head, Version};
use mjpeg::response::Expected;
use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Error, Timeout};

use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::place::Place;
use super::plain_head::PlainHeadConnector;
use super::stream::Stream;
use super::target::redacted;
use super::tcp::TcpConnector;
use super::wire::{Wire, WireEnd, WiredReader};
use crate::clock::Clock;

/// Redirections that are followed.
const MOST_REDIRECTIONS: usize = 10;

/// Requests `url` and reads the response head, over redirections too. `options.patience` bounds each
/// wait.
///
/// # Errors
///
/// When there is no stream at `url`, or no answer in time.
pub fn open(url: &str, options: &Options, wire: &Arc<Wire>, clock: &Clock) -> Result<Stream, OpenError> {
    let patience = options.patience;
    let mut place = Place::parse(url).map_err(|why| {
        OpenError::new(
            OpenErrorKind::Url,
            anyhow!("{}: not a URL that can be requested: {why}", redacted(url)),
        )
    })?;
    let agent = agent(wire, patience);
    for _ in 0..=MOST_REDIRECTIONS {
        let url = place.url();
        let mut request = agent.get(&url).header("Connection", "close").header("Accept", "*/*");
        if let Some(value) = place.authorization() {
            request = request.header("Authorization", value);
        }
        let response = request.call().map_err(|error| failure(&url, wire, patience, &error))?;
        let input: Box<dyn Read> = match wire.take_socket() {
            Some(socket) => {
                socket.set_nonblocking(true).map_err(|error| {
                    OpenError::local(anyhow::Error::new(error).context("cannot set up a socket"))
                })?;
                Box::new(WiredReader::new(socket, wire))
            }
            None => Box::new(response.into_body().into_reader()),
        };
        let mut stream = Stream::new(input, Expected::Response, wire, clock, true);
        stream.read_head().map_err(|end| no_head(&url, patience, &end))?;
        if let Err(error) = stream.reader_error() {
            return Err(OpenError::new(OpenErrorKind::Head, anyhow!("{}: {error}", redacted(&url))));
        }
        let Some(head) = stream.head() else {
            // The server sent the body alone, as GStreamer's tcpserversink does.
            stream.set_substitute(Head::from_fields(Version::Other, 200, "", std::iter::empty()));
            return Ok(stream);
        };
        match head.status {
            200..300 => return Ok(stream),
            300..400 => place = redirected(&place, head)?,
            _ => return Err(refused(&url, head)),
        }
    }
    Err(OpenError::new(
        OpenErrorKind::Redirection,
        anyhow!("{}: more than {MOST_REDIRECTIONS} redirections", redacted(url)),
    ))
}

/// Where a 3xx head sends us.
fn redirected(place: &Place, head: &Head) -> Result<Place, OpenError> {
    let location = head.text("location").unwrap_or_default();
    place.join(&location).map_err(|why| {
        let (status, url) = (head.status, place.url());
        OpenError::new(
            OpenErrorKind::Redirection,
            anyhow!("{url}: HTTP status {status} to `{}`: {why}", redacted(&location)),
        )
    })
}

fn refused(url: &str, head: &Head) -> OpenError {
    let status = format!("{:03} {}", head.status, head.reason);
    let error =
        OpenError::new(OpenErrorKind::Status(head.status), anyhow!("{url}: HTTP status {}", status.trim()));
    let asks_for_digest =
        head.text("www-authenticate").is_some_and(|value| value.to_ascii_lowercase().contains("digest"));
    match head.status {
        401 if asks_for_digest => {
            error.hint("the server asks for Digest authentication; only Basic is supported so far")
        }
        401 => error.hint("give a user and a password in the URL: http://user:password@host/"),
        404 => error.hint("common paths: /stream, /video, /mjpg/video.mjpg, /?action=stream"),
        _ => error,
    }
}

/// The connection ended before the response head was complete.
fn no_head(url: &str, patience: Duration, end: &WireEnd) -> OpenError {
    let url = redacted(url);
    match end {
        WireEnd::Expired => OpenError::new(
            OpenErrorKind::Silent,
            anyhow!("{url}: connected, but no response head within {}", humantime::format_duration(patience)),
        ),
        WireEnd::Reset(why) => OpenError::new(
            OpenErrorKind::Reset,
            anyhow!("{url}: the connection was reset before the response head: {why}"),
        ),
        WireEnd::Stopped => {
            OpenError::new(OpenErrorKind::Signal, anyhow!("{url}: a signal came before the response head"))
        }
        WireEnd::Closed => OpenError::new(
            OpenErrorKind::Closed,
            anyhow!("{url}: the connection was closed without a response head"),
        ),
    }
}

fn agent(wire: &Arc<Wire>, patience: Duration) -> Agent {
    let config = Config::builder()
        // The environment's proxy would be used for loopback too.
        .proxy(None)
        .timeout_resolve(Some(patience))
        .timeout_connect(Some(patience))
        .max_idle_connections(0)
        // Redirections are followed here: the password stays with its host, and nowhere else.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept_encoding("")
        .user_agent(concat!("mjpeg/", env!("CARGO_PKG_VERSION")))
        .build();
    let connector =
        ().chain(TcpConnector(Arc::clone(wire))).chain(RustlsConnector::default()).chain(PlainHeadConnector);
    Agent::with_parts(config, connector, DefaultResolver::default())
}

/// The request could not be sent.
fn failure(url: &str, wire: &Wire, patience: Duration, error: &Error) -> OpenError {
    if let Some(end) = wire.end() {
        return no_head(url, patience, &end);
    }
    let url = redacted(url);
    let (kind, why) = match error {
        Error::Timeout(Timeout::Connect) => {
            (OpenErrorKind::Connect, format!("no connection within {}", humantime::format_duration(patience)))
        }
        Error::Timeout(Timeout::Resolve) => {
            (OpenErrorKind::Name, format!("no address within {}", humantime::format_duration(patience)))
        }
        Error::BadUri(_) | Error::Http(_) => {
            (OpenErrorKind::Url, format!("not a URL that can be requested: {error}"))
        }
        Error::HostNotFound => (OpenErrorKind::Name, "the host name has no address".into()),
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => (OpenErrorKind::Tls, error.to_string()),
        Error::Io(io) if matches!(io.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            (OpenErrorKind::Reset, format!("the connection was reset before the response head: {io}"))
        }
        Error::Io(io) if io.kind() == io::ErrorKind::ConnectionRefused => {
            (OpenErrorKind::Connect, "connection refused: nothing listens there".into())
        }
        Error::Io(io) => (OpenErrorKind::Connect, io.to_string()),
        error => (OpenErrorKind::Connect, error.to_string()),
    };
    OpenError::new(kind, anyhow!("{url}: {why}"))
}
