//! Streams from a URL: ureq for the request; sockets, TLS and fields of ours around it, our own reader above.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::http::{Head, Version};
use mjpeg::response::Expected;
use rustls::ClientConfig;

use super::access::Access;
use super::challenge::Challenge;
use super::cookies::Cookies;
use super::digest::Digest;
use super::field::{Field, merged};
use super::kept::Kept;
use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::place::Place;
use super::proxy;
use super::refusal::{self, PAGE_BYTES, Patience, Tried};
use super::request_error;
use super::route::Route;
use super::secrets::Secrets;
use super::stream::Stream;
use super::tls;
use super::trust::Trust;
use super::via::Via;
use super::way::Way;
use super::wire::Wire;
use super::wired_reader::WiredReader;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::redacted::redacted;
use crate::signal::Stop;

/// Redirections that are followed.
const MOST_REDIRECTIONS: usize = 10;
/// Longest wait for the page of a refusal.
const PAGE_TIME: Duration = Duration::from_secs(1);

/// Requests one URL, over redirections too, as often as needed. What the requests share is read once.
pub struct Client {
    access: Access,
    /// The URL, without a password.
    url: String,
    start: Place,
    /// How long each wait for a head may be, and that for a connection unless the options say more.
    patience: Duration,
    wire: Arc<Wire>,
    /// Whether a refusal is followed by more tries.
    more: Patience,
    clock: Clock,
    stop: Stop,
    cookies: Cookies,
    tls: Option<Arc<ClientConfig>>,
    /// The connection from one request to the next, if there are to be many.
    kept: Option<Kept>,
    /// What is secret in the first request.
    own_secrets: Secrets,
    /// The same with those of redirections.
    secrets: Secrets,
    /// The heads of the answers before the stream: redirections and demands for a password.
    on_the_way: Vec<Head>,
}

impl Client {
    /// A client for `url`. It reads the files that the options name.
    ///
    /// # Errors
    ///
    /// When the URL cannot be requested, or a file cannot be read.
    pub fn new(typed: &str, options: &Options, clock: &Clock, stop: &Stop) -> Result<Self, OpenError> {
        let url = redacted(typed);
        let start = Place::parse(typed).map_err(|why| {
            OpenError::new(OpenErrorKind::Url, anyhow!("{url}: not a URL that can be requested: {why}"))
        })?;
        let access = Access::read(options, &start, stop).map_err(of_problem)?;
        let secrets = access.secrets();
        Ok(Self {
            access,
            url,
            start,
            patience: Duration::ZERO,
            more: if options.wait.is_some() { Patience::MoreTries } else { Patience::OneTry },
            wire: Wire::stamped(clock, stop, options.stamped),
            clock: clock.clone(),
            stop: stop.clone(),
            cookies: Cookies::default(),
            tls: None,
            kept: None,
            own_secrets: secrets.clone(),
            secrets,
            on_the_way: Vec::new(),
        })
    }

    /// The URL answers with one picture, and is asked again and again: connections are kept open if the server likes.
    pub fn keep_connections(&mut self) {
        self.kept.get_or_insert_default();
    }

    /// What is refused is asked for again.
    pub fn try_again(&mut self) {
        self.more = Patience::MoreTries;
    }

    /// Closes the connection that is kept.
    pub fn close(&mut self) {
        self.kept.iter().for_each(Kept::close);
    }

    /// Sends the request and reads the response head. `patience` bounds each wait for a head, and for a connection
    /// unless the options say more.
    ///
    /// # Errors
    ///
    /// When there is no stream at the URL, or no answer in time.
    pub fn open(&mut self, patience: Duration) -> Result<Stream, OpenError> {
        self.patience = patience;
        self.cookies = Cookies::default();
        self.on_the_way.clear();
        self.secrets = self.own_secrets.clone();
        let mut place = self.start.clone();
        for _ in 0..=MOST_REDIRECTIONS {
            self.check_allowed(&place)?;
            match self.visit(&place)? {
                Visit::Stream(mut stream) => {
                    stream.set_on_the_way(std::mem::take(&mut self.on_the_way));
                    stream.set_secrets(self.secrets.clone());
                    return Ok(*stream);
                }
                Visit::Redirection(mut next, location) => {
                    self.access.add_secrets(&next, &mut self.secrets);
                    next.hide(&self.secrets, &place, &location);
                    place = next;
                }
            }
        }
        Err(OpenError::new(
            OpenErrorKind::Redirection,
            anyhow!("{}: more than {MOST_REDIRECTIONS} redirections", self.url),
        ))
    }

    /// Refuses a host that may not be asked. Redirections lead to others than the one that was named.
    fn check_allowed(&self, place: &Place) -> Result<(), OpenError> {
        let allowed = &self.access.options.allowed;
        if allowed.iter().all(|list| list.iter().any(|pattern| pattern.allows(place))) {
            return Ok(());
        }
        let (kind, what) = match *place == self.start {
            true => (OpenErrorKind::Url, "may not be asked"),
            false => (OpenErrorKind::Redirection, "is where a redirection leads, and may not be asked"),
        };
        Err(OpenError::new(kind, anyhow!("{}: {what}", place.shown())))
    }

    /// Requests `place`, without a password at first: the answer says which scheme keeps the password secret.
    fn visit(&mut self, place: &Place) -> Result<Visit, OpenError> {
        // A field of the user's own is sent instead of what the server asks for.
        let has_own =
            self.access.fields(place).iter().any(|it| it.name.eq_ignore_ascii_case("authorization"));
        let credentials = if has_own { None } else { self.access.credentials(place) };
        let mut authorization: Option<Vec<u8>> = None;
        let mut tried = if self.access.withholds_from(place) { Tried::Withheld } else { Tried::NoPassword };
        let mut has_renewed = false;
        loop {
            let mut stream = self.request(place, authorization.as_deref())?;
            stream.set_url(place.shown());
            let Some(head) = stream.head() else {
                // The server sent the body alone, as GStreamer's tcpserversink does.
                stream.set_substitute(Head::from_fields(Version::Other, 200, "", std::iter::empty()));
                return Ok(Visit::Stream(Box::new(stream)));
            };
            for value in head.fields().all("set-cookie") {
                self.cookies.set(place, &String::from_utf8_lossy(value));
            }
            match head.status {
                200..=299 => return Ok(Visit::Stream(Box::new(stream))),
                // Not those that lead nowhere, such as 304.
                300..=399 if head.text("location").is_some() => {
                    self.on_the_way.extend(stream.earlier_heads().chain([head]).cloned());
                    return redirected(place, head, &self.secrets);
                }
                401 => self.on_the_way.extend(stream.earlier_heads().chain([head]).cloned()),
                _ => return Err(self.refused(place, &mut stream, tried)),
            }
            let Some(credentials) = &credentials else {
                return Err(self.refused(place, &mut stream, tried));
            };
            let challenges: Vec<Challenge> = head
                .fields()
                .all("www-authenticate")
                .flat_map(|value| Challenge::parse(&String::from_utf8_lossy(value)))
                .collect();
            let digest = Digest::strongest(&challenges);
            if matches!(tried, Tried::Password | Tried::EmptyPassword) {
                // A nonce may expire before its first use on a slow network: once more, with the new one.
                let is_stale = digest.as_ref().is_some_and(Digest::is_stale);
                if !is_stale || std::mem::replace(&mut has_renewed, true) {
                    return Err(self.refused(place, &mut stream, tried));
                }
            }
            authorization = match digest {
                Some(digest) => Some(digest.authorization(credentials, place.target())),
                // Never in clear if the server knows Digest, even a form of it that is not known here.
                None if challenges.iter().any(|it| it.scheme == "digest") => None,
                None if challenges.is_empty() || challenges.iter().any(|it| it.scheme == "basic") => {
                    Some(credentials.basic())
                }
                None => None,
            };
            tried = Tried::with(credentials);
            if authorization.is_none() {
                return Err(self.refused(place, &mut stream, Tried::UnknownScheme));
            }
            if self.kept.is_some() {
                stream.skip_page(PAGE_BYTES, self.clock.now() + PAGE_TIME);
            }
        }
    }

    /// Sends one request and reads the head of the response. The server may have closed the connection that was kept.
    fn request(&mut self, place: &Place, authorization: Option<&[u8]>) -> Result<Stream, OpenError> {
        let was_kept = self.kept.as_ref().is_some_and(|kept| kept.holds(&place.origin()));
        let result = self.request_once(place, authorization);
        let is_outdated = match &result {
            Err(error) => matches!(error.kind, OpenErrorKind::Closed | OpenErrorKind::Reset),
            // It was sent before the request came: the server was about to close the connection (RFC 9110 15.5.9).
            Ok(stream) => stream.head().is_some_and(|head| head.status == 408),
        };
        if !was_kept || !is_outdated {
            return result;
        }
        drop(result);
        self.request_once(place, authorization)
    }

    /// Sends one request over the connection that was kept, or one of its own.
    fn request_once(&mut self, place: &Place, authorization: Option<&[u8]>) -> Result<Stream, OpenError> {
        let route = self.route(place)?;
        let connect = self.access.options.connect_timeout.unwrap_or(self.patience);
        self.wire.restart(self.clock.now() + connect);
        let tls = self.tls(place, &route)?;
        let way = Way {
            place,
            route: &route,
            wire: &self.wire,
            stop: &self.stop,
            kept: self.kept.as_ref(),
            cut: self.access.options.cut.as_ref(),
            is_lean: self.access.options.is_lean,
        };
        let agent = way.agent(tls, connect)?;
        let mut request = agent.get(&place.request_url());
        for field in merged(&self.defaults(place, &route), self.access.fields(place)) {
            request = request.header_raw(&field.name, field.value.as_bytes());
        }
        if let Some(value) = authorization {
            request = request.header_raw("Authorization", value);
        }
        let response = request.call().map_err(|error| {
            request_error::failure(place, route.proxy(), connect, self.wire.end().as_ref(), &error)
        })?;
        self.wire.set_deadline(Some(self.clock.now() + self.patience));
        let socket = self.wire.take_socket().filter(|_| self.kept.is_none());
        let lean = socket.clone().filter(|_| self.access.options.is_lean);
        let input: Box<dyn Read + Send> = match socket {
            Some(socket) => {
                socket.set_nonblocking(true).map_err(|error| {
                    OpenError::local(anyhow::Error::new(error).context("cannot set up a socket"))
                })?;
                Box::new(WiredReader::new(socket, &self.wire))
            }
            None => Box::new(response.into_body().into_reader()),
        };
        let mut stream = Stream::new(input, Expected::Response, &self.wire, &self.clock, true);
        if let Some(socket) = lean {
            stream.be_lean(Expected::Response, socket);
        }
        if let Some(kept) = &self.kept {
            stream.may_keep(kept);
        }
        stream.read_head().map_err(|end| request_error::no_head(place, self.patience, &end))?;
        if let Err(error) = stream.reader_error() {
            return Err(OpenError::new(OpenErrorKind::Head, anyhow!("{}: {error}", place.shown())));
        }
        if stream.starts_with(TLS_ALERT) {
            let error = anyhow!("{}: the server expects TLS on this port", place.shown());
            return Err(OpenError::new(OpenErrorKind::Tls, error).hint("use https:// in the URL"));
        }
        Ok(stream)
    }

    fn route(&mut self, place: &Place) -> Result<Route, OpenError> {
        let options = &self.access.options;
        if let Some(path) = &options.unix_socket {
            return Ok(Route::Unix(path.clone()));
        }
        let variable = |name: &str| std::env::var(name).ok();
        let proxy = proxy::for_place(place, options.proxy.as_ref(), variable).map_err(|why| {
            OpenError::new(OpenErrorKind::Proxy, anyhow!("{}: {why}", place.shown()))
                .hint("--proxy '' connects directly")
        })?;
        let credentials = proxy.as_ref().and_then(Place::credentials);
        credentials.into_iter().for_each(|it| self.secrets.add_credentials(it));
        Ok(proxy.map_or_else(|| Route::Direct(place.clone()), |proxy| Route::through(proxy, place)))
    }

    /// The fields that are sent unless the options say otherwise. Embedded servers compare letters, so the names
    /// are in title case.
    fn defaults(&self, place: &Place, route: &Route) -> Vec<Field> {
        let proxy_authorization = match route {
            Route::Forward(proxy) => proxy.credentials(),
            _ => None,
        };
        let basic = proxy_authorization.map(|it| String::from_utf8_lossy(&it.basic()).into_owned());
        [
            ("Host", Some(place.host_field())),
            ("User-Agent", Some(concat!("mjpeg/", env!("CARGO_PKG_VERSION")).into())),
            ("Accept", Some("*/*".into())),
            ("Connection", Some(if self.kept.is_some() { "keep-alive" } else { "close" }.into())),
            ("Cookie", self.cookies.field(place)),
            ("Proxy-Authorization", basic),
            ("Via", self.access.options.via.as_ref().map(Via::value)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Field { name: name.into(), value: value? }))
        .collect()
    }

    /// The settings of TLS, if the route needs them.
    fn tls(&mut self, place: &Place, route: &Route) -> Result<Option<Arc<ClientConfig>>, OpenError> {
        if !place.is_https() && !route.proxy().is_some_and(Place::is_https) {
            return Ok(None);
        }
        if self.tls.is_none() {
            let trust = Trust::of(&self.access.options);
            self.tls = Some(trust.and_then(tls::client_config).map_err(of_problem)?);
        }
        Ok(self.tls.clone())
    }

    fn refused(&self, place: &Place, stream: &mut Stream, tried: Tried) -> OpenError {
        let page = stream.page(PAGE_BYTES, self.clock.now() + self.patience.min(PAGE_TIME));
        match stream.head() {
            Some(head) => refusal::error(
                &place.shown(),
                head,
                &page,
                &self.secrets,
                tried,
                self.more,
                self.clock.unix(),
            ),
            None => OpenError::new(OpenErrorKind::Head, anyhow!("{}: there is no head", place.shown())),
        }
    }
}

enum Visit {
    Stream(Box<Stream>),
    /// With its Location.
    Redirection(Place, String),
}

/// A TLS record with an alert, version 3.x.
const TLS_ALERT: &[u8] = &[0x15, 0x03];

/// Where a 3xx head sends us.
fn redirected(place: &Place, head: &Head, secrets: &Secrets) -> Result<Visit, OpenError> {
    let location = head.text("location").unwrap_or_default();
    let next = place.join(&location).map_err(|why| {
        let (status, url) = (head.status, place.shown());
        OpenError::new(
            OpenErrorKind::Redirection,
            anyhow!("{url}: HTTP status {status} to `{}`: {why}", redacted(&secrets.hidden(&location))),
        )
    })?;
    Ok(Visit::Redirection(next, location))
}

fn of_problem(problem: Problem) -> OpenError {
    OpenError { kind: OpenErrorKind::Local, problem, retry_after: None }
}
