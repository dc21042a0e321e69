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

use super::place::Place;
use super::target::redacted;
use super::tcp::TcpConnector;
use super::tolerant::TolerantConnector;
use super::wire::{Wire, WireEnd};
use crate::exit::{Exit, Failure};

/// Redirections that are followed.
const MOST_REDIRECTIONS: usize = 10;

/// A response whose head was read and whose body has not been.
pub struct Response {
    /// What the server said, not what the HTTP client would have liked.
    pub head: Head,
    /// The body as sent: chunk framing, if any, is still in it.
    pub body: Box<dyn Read>,
}

/// Asks for `url` and reads the head, over redirections too. `idle` bounds the wait.
///
/// # Errors
///
/// Exit 3 when no stream is to be had there, exit 5 when the server does not answer.
pub fn open(url: &str, wire: &Arc<Wire>, idle: Duration) -> Result<Response, Failure> {
    let mut place = Place::parse(url).map_err(|why| {
        Failure::new(Exit::Unreachable, anyhow!("{}: not a URL that can be asked for: {why}", redacted(url)))
    })?;
    let agent = agent(wire, idle);
    for _ in 0..=MOST_REDIRECTIONS {
        let url = place.url();
        let mut request = agent.get(&url).header("Connection", "close").header("Accept", "*/*");
        if let Some(value) = place.authorization() {
            request = request.header("Authorization", value);
        }
        let response = request.call().map_err(|error| failure(&url, wire, idle, &error))?;
        // Without a head the server sent the body alone, as GStreamer's tcpserversink does.
        let head = wire
            .take_head()
            .unwrap_or_else(|| Head::from_fields(Version::Other, 200, "", std::iter::empty()));
        match head.status {
            200..300 => return Ok(Response { head, body: Box::new(response.into_body().into_reader()) }),
            300..400 => place = redirected(&place, &head)?,
            _ => return Err(refused(&url, &head)),
        }
    }
    Err(Failure::new(
        Exit::Unreachable,
        anyhow!("{}: more than {MOST_REDIRECTIONS} redirections", redacted(url)),
    ))
}

/// Where a 3xx head sends us.
fn redirected(place: &Place, head: &Head) -> Result<Place, Failure> {
    let location = head.text("location").unwrap_or_default();
    place.join(&location).map_err(|why| {
        let (status, url) = (head.status, place.url());
        Failure::new(
            Exit::Unreachable,
            anyhow!("{url}: HTTP status {status} to `{}`: {why}", redacted(&location)),
        )
    })
}

fn refused(url: &str, head: &Head) -> Failure {
    let status = format!("{:03} {}", head.status, head.reason);
    let failure = Failure::new(Exit::Unreachable, anyhow!("{url}: HTTP status {}", status.trim()));
    let asks_for_digest =
        head.text("www-authenticate").is_some_and(|value| value.to_ascii_lowercase().contains("digest"));
    match head.status {
        401 if asks_for_digest => {
            failure.hint("it asks for Digest authentication; only Basic is known so far")
        }
        401 => failure.hint("give a user and a password in the URL: http://user:password@host/"),
        404 => failure.hint("common paths: /stream, /video, /mjpg/video.mjpg, /?action=stream"),
        _ => failure,
    }
}

fn agent(wire: &Arc<Wire>, idle: Duration) -> Agent {
    let config = Config::builder()
        // A 401 keeps its fields; we say what a status means.
        .http_status_as_error(false)
        // The environment's proxy would be asked for loopback too.
        .proxy(None)
        .timeout_resolve(Some(idle))
        .timeout_connect(Some(idle))
        .max_idle_connections(0)
        // Redirections are followed here: the password stays with its host, and nowhere else.
        .max_redirects(0)
        .max_redirects_will_error(false)
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
            anyhow!("{url}: no connection within {}", humantime::format_duration(idle)),
        ),
        (_, Some(WireEnd::Expired)) => Failure::new(
            Exit::Stalled,
            anyhow!("{url}: connected, but no response head within {}", humantime::format_duration(idle)),
        ),
        (_, Some(WireEnd::Reset(why))) => Failure::new(
            Exit::Stalled,
            anyhow!("{url}: the connection broke before the response head: {why}"),
        ),
        (_, Some(WireEnd::Stopped)) => {
            Failure::new(Exit::Stalled, anyhow!("{url}: a signal came before the response head"))
        }
        (_, Some(WireEnd::Closed)) => {
            Failure::new(Exit::Stalled, anyhow!("{url}: the connection was closed without a response head"))
        }
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
