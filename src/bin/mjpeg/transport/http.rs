//! Streams from a URL: ureq for the request; sockets, TLS and fields of ours around it, our own reader above.

mod request;

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::http::{Head, Version};
use rustls::ClientConfig;

use super::access::Access;
use super::authentication::Authentication;
use super::cookies::Cookies;
use super::kept::Kept;
use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::place::Place;
use super::redirection::{self, Redirection};
use super::refusal::{self, PAGE_BYTES, Patience, Tried};
use super::secrets::Secrets;
use super::stream::Stream;
use super::wire::Wire;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::redacted::redacted;
use crate::signal::Stop;

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
        for _ in 0..=redirection::MOST {
            self.check_allowed(&place)?;
            match self.visit(&place)? {
                Visit::Stream(mut stream) => {
                    stream.provenance.on_the_way = std::mem::take(&mut self.on_the_way);
                    stream.provenance.secrets = self.secrets.clone();
                    return Ok(*stream);
                }
                Visit::Redirection(Redirection { mut to, location }) => {
                    self.access.add_secrets(&to, &mut self.secrets);
                    to.hide(&self.secrets, &place, &location);
                    place = to;
                }
            }
        }
        Err(redirection::too_many(&self.url))
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
        let mut authentication = Authentication::of(&self.access, place);
        let mut authorization: Option<Vec<u8>> = None;
        loop {
            let mut stream = self.request(place, authorization.as_deref())?;
            stream.provenance.url = Some(place.shown());
            let Some(head) = stream.head() else {
                // The server sent the body alone, as GStreamer's tcpserversink does.
                let head = Head::from_fields(Version::Other, 200, "", std::iter::empty());
                stream.provenance.substitute = Some(head);
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
                    return Ok(Visit::Redirection(Redirection::of(head, place, &self.secrets)?));
                }
                401 => self.on_the_way.extend(stream.earlier_heads().chain([head]).cloned()),
                _ => return Err(self.refused(place, &mut stream, authentication.tried())),
            }
            authorization = match authentication.answer(head, place) {
                Ok(value) => Some(value),
                Err(tried) => return Err(self.refused(place, &mut stream, tried)),
            };
            if self.kept.is_some() {
                stream.skip_page(PAGE_BYTES, self.clock.now() + PAGE_TIME);
            }
        }
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
    Redirection(Redirection),
}

fn of_problem(problem: Problem) -> OpenError {
    OpenError { kind: OpenErrorKind::Local, problem, retry_after: None }
}
