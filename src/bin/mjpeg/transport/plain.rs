//! Requests as bytes, for event loops that have thousands of connections of their own.
//!
//! The other requests of this program go through ureq, which has one thread for each connection. Here are the same URLs,
//! fields and passwords, without TLS, proxies and redirections.

use std::ffi::OsStr;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::builder::TypedValueParser;
use clap::{Arg, Args};
use mjpeg::http::Head;
use socket2::SockAddr;

use super::access::Access;
use super::authentication::authorization;
use super::field::{Field, merged};
use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::page::Page;
use super::place::Place;
use super::redacting::Redacting;
use super::refusal::{self, Patience, Tried};
use super::request_options::{RequestOptions, TITLE};
use super::secrets::Secrets;
use crate::channel::sync_channel;
use crate::clock::Clock;
use crate::percent;
use crate::problem::Problem;
use crate::redacted::redacted;
use crate::signal::Stop;
use crate::threads;

/// How such a URL is reached.
#[derive(Debug, Clone, Default, Args)]
#[command(mut_args(with_help_for_servers))]
#[group(skip)]
pub struct PlainOptions {
    #[command(flatten)]
    pub request: RequestOptions,
    /// Connect to this Unix socket instead of the URL's host
    #[arg(long, help_heading = TITLE, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
}

/// An argument with the help that is right for a server that is measured, and is asked without redirections.
fn with_help_for_servers(argument: Arg) -> Arg {
    match argument.get_id().as_str() {
        "header" => argument.help(
            "Send this field with the request; @FILE has a field in each line. Replaces a field that is sent by default; \
             `NAME:` removes it",
        ),
        "user" => argument.help(
            "User and password, if the server asks for them (Digest or Basic). Other users of this machine can see them \
             in the list of processes: prefer --password-file or --netrc-file",
        ),
        _ => argument,
    }
}

/// An http URL of the command line.
#[derive(Clone)]
pub struct PlainUrl {
    place: Place,
    /// Without a password.
    shown: String,
}

/// Without the password.
impl fmt::Debug for PlainUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainUrl({})", self.shown)
    }
}

/// As typed, without the password.
impl fmt::Display for PlainUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl PlainUrl {
    /// Parses a URL on the command line. Opens nothing.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        Redacting::new(Self::checked, redacted)
    }

    /// Reads a URL as typed. Opens nothing.
    ///
    /// # Errors
    ///
    /// Why it cannot be measured.
    pub fn checked(typed: &OsStr) -> Result<Self, String> {
        let text = typed.to_str().ok_or("it is not UTF-8")?;
        let place = Place::parse(text)?;
        if place.is_https() {
            return Err("https:// is not supported here: measure the http:// port of the server, or put a \
                        proxy that removes TLS on this machine"
                .into());
        }
        Ok(Self { place, shown: redacted(text) })
    }

    /// The addresses of its host. A name server may be asked, for `patience` at most.
    ///
    /// # Errors
    ///
    /// When the host has no address.
    pub fn addresses(&self, patience: Duration) -> Result<Vec<SocketAddr>, OpenError> {
        let (name, port) = (self.place.host().resolvable(), self.place.port());
        let failed = |why: String| OpenError::new(OpenErrorKind::Name, anyhow!("{}: {why}", self.shown));
        if let Ok(address) = name.parse() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let (send, answer) = sync_channel(1);
        let ask =
            move || drop(send.send((&name[..], port).to_socket_addrs().map(Iterator::collect::<Vec<_>>)));
        threads::start("resolve", 512 * 1024, ask).map_err(OpenError::local)?;
        match answer.recv_timeout(patience) {
            Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
            Ok(_) => Err(failed("the host name has no address".into())),
            Err(_) => Err(failed(format!("no address within {} s", patience.as_secs()))),
        }
    }

    /// Whether its host is this machine, by its text.
    pub fn is_loopback(&self) -> bool {
        self.place.host().is_loopback()
    }
}

/// The request for a URL, with its fields and passwords.
pub struct PlainRequest {
    access: Access,
    url: PlainUrl,
    unix_socket: Option<PathBuf>,
    secrets: Secrets,
}

impl PlainRequest {
    /// The request for `url`. It reads the files that the options name.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn new(url: &PlainUrl, options: &PlainOptions, stop: &Stop) -> Result<Self, Problem> {
        let all = Options { request: options.request.clone(), ..Options::default() };
        let access = Access::read(&all, &url.place, stop)?;
        let secrets = access.secrets();
        Ok(Self { access, url: url.clone(), unix_socket: options.unix_socket.clone(), secrets })
    }

    /// Where to connect to.
    ///
    /// # Errors
    ///
    /// When the host has no address.
    pub fn addresses(&self, patience: Duration) -> Result<Vec<SockAddr>, OpenError> {
        if let Some(path) = &self.unix_socket {
            return Ok(vec![SockAddr::unix(path).map_err(OpenError::local)?]);
        }
        Ok(self.url.addresses(patience)?.into_iter().map(SockAddr::from).collect())
    }

    /// The head of the request, with this value of `Authorization`.
    pub fn head(&self, authorization: Option<&[u8]>) -> Vec<u8> {
        let place = &self.url.place;
        let field = |name: &str, value: String| Field { name: name.into(), value };
        let defaults = [
            field("Host", place.host_field()),
            field("User-Agent", concat!("mjpeg/", env!("CARGO_PKG_VERSION")).into()),
            field("Accept", "*/*".into()),
            field("Connection", "close".into()),
        ];
        let own = self.access.fields(place);
        let mut head = format!("GET {} HTTP/1.1\r\n", percent::encoded(place.target())).into_bytes();
        for Field { name, value } in merged(&defaults, own) {
            head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if let Some(value) = authorization.filter(|_| !self.access.has_authorization(place)) {
            head.extend([b"Authorization: ", value, b"\r\n"].concat());
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    /// The value of `Authorization` that a 401 asks for.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn answer(&self, refusal: &Head) -> Result<Vec<u8>, Tried> {
        let credentials = self.access.credentials(&self.url.place).ok_or(Tried::NoPassword)?;
        authorization(refusal, &credentials, self.url.place.target())
    }

    /// The error for an answer that is no stream.
    pub fn refused(&self, head: &Head, clock: &Clock) -> OpenError {
        let credentials = self.access.credentials(&self.url.place);
        let has_own = self.access.has_authorization(&self.url.place);
        let sent = credentials.as_ref().map_or(Tried::NoPassword, Tried::with);
        let sent = if has_own { Tried::OwnField } else { sent };
        let tried =
            if head.status == 401 && !has_own { self.answer(head).err().unwrap_or(sent) } else { sent };
        let error =
            refusal::error(&self.url.shown, head, b"", &self.secrets, tried, Patience::OneTry, clock.unix());
        match head.text("location").filter(|_| (300..400).contains(&head.status)) {
            Some(location) => {
                let shown = redacted(&self.secrets.hidden(&location));
                error.hint(format!("give the URL that it leads to: {shown}"))
            }
            None => error,
        }
    }

    /// The page that an answer with this head is. `start`: the bytes of the head and the first ones behind it.
    pub fn page(&self, head: &Head, start: &[u8]) -> Option<Page> {
        Page::of(head, start, head.is_chunked(), &self.secrets)
    }

    /// The status of an answer with its reason, to be shown.
    pub fn status(&self, head: &Head) -> String {
        refusal::status(head, &self.secrets)
    }

    /// A text of the server, to be shown.
    pub fn shown(&self, text: &str) -> String {
        self.secrets.shown(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::request_options::Secret;

    fn url(text: &str) -> Result<PlainUrl, String> {
        let command = clap::Command::new("x");
        PlainUrl::parser().parse_ref(&command, None, OsStr::new(text)).map_err(|error| error.to_string())
    }

    fn request(text: &str, user: Option<&str>) -> PlainRequest {
        let mut options = PlainOptions::default();
        options.request.user = user.map(|user| Secret(user.into()));
        PlainRequest::new(&url(text).unwrap(), &options, &Stop::default()).unwrap()
    }

    #[test]
    fn a_request_has_the_fields_of_the_other_requests() {
        let head = request("http://127.0.0.1:81/a|b?c", None).head(None);
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.starts_with("GET /a%7Cb?c HTTP/1.1\r\nHost: 127.0.0.1:81\r\nUser-Agent: mjpeg/"),
            "{head}"
        );
        assert!(head.ends_with("Accept: */*\r\nConnection: close\r\n\r\n"), "{head}");
    }

    #[test]
    fn a_password_is_sent_only_to_a_server_that_asks() {
        let challenge = |value: &str| {
            let text = format!("HTTP/1.1 401 No\r\nWWW-Authenticate: {value}\r\n\r\n");
            Head::parse(text.as_bytes()).unwrap().unwrap()
        };
        let basic = request("http://u:p@127.0.0.1/", None).answer(&challenge("Basic realm=x"));
        assert_eq!(basic.as_deref(), Ok(&b"Basic dTpw"[..]));
        let digest = request("http://127.0.0.1/", Some("u:p")).answer(&challenge("Digest realm=x, nonce=y"));
        assert!(digest.is_ok_and(|value| value.starts_with(b"Digest username=\"u\"")));
        for (user, value, why) in [
            (Some("u:p"), "Bearer", Tried::UnknownScheme),
            (Some("u:p"), "Basic realm=x, Digest realm=x, nonce=y, qop=z", Tried::UnknownScheme),
            (Some("u:p"), "Digest realm=\"x\rX: y\", nonce=z", Tried::Unanswerable),
            (None, "Basic realm=x", Tried::NoPassword),
        ] {
            assert_eq!(request("http://127.0.0.1/", user).answer(&challenge(value)), Err(why), "{value:?}");
        }
    }

    #[test]
    fn https_is_refused_and_this_machine_is_known_by_its_names() {
        assert!(
            url("https://u:secret@127.0.0.1/")
                .is_err_and(|why| why.contains("https://") && !why.contains("secret"))
        );
        for (text, is_loopback) in [
            ("http://127.8.0.1/", true),
            ("http://[::1]/", true),
            ("http://LOCALHOST:8080/", true),
            ("http://a.localhost./", true),
            ("http://192.0.2.1/", false),
            ("http://[2001:db8::1]/", false),
            ("http://localhost.example/", false),
            ("http://camera/", false),
        ] {
            assert_eq!(url(text).unwrap().is_loopback(), is_loopback, "{text}");
        }
    }
}
