//! `mjpeg serve`: serves a source of frames to any number of viewers.

mod connection;
mod engine;
mod feed;
mod frame_times;
mod hub;
mod open;
mod page;
mod part;
mod report;
mod responder;
mod routes;
mod schedule;
mod timer;
mod viewer;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use mio::Poll;
use mjpeg::multipart::Boundary;

use self::engine::{Engine, Settings};
use self::hub::Hub;
use self::open::SourceOptions;
use self::part::{Layout, Recipe};
use self::responder::{Policy, Responder};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::listen::auth::Users;
use crate::listen::files;
use crate::listen::host::Hosts;
use crate::listen::socket::{Listener, host_port, unix_address};
use crate::output::{self, Reporter};
use crate::signal::Stop;
use crate::source::error::{self, Kind};
use crate::transport::{self, Target};
use crate::usage::Usage;
use crate::value::{self, Rate};

/// Prefixes messages with `serve`.
const REPORTER: Reporter = Reporter::new("serve");
/// File descriptors reserved for everything except connections.
const OWN_FILES: usize = 24;
/// File descriptors reserved for everything except viewers.
const RESERVED_FILES: usize = 64;

/// Serve a source of frames as an MJPEG stream over HTTP.
///
/// Prints the URL of the stream to standard output as soon as the server listens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg serve test:640x480                  a test pattern with the time in it
  mjpeg serve frames/ --fps 25              play the JPEG files of a directory in a loop
  mjpeg serve frames/ --once                play them once, from the first viewer on, and exit
  mjpeg serve image.jpg                     send the file again each time it is written
  mjpeg serve http://camera/stream          relay a camera to many viewers
  ffmpeg -re -i video.mp4 -f mpjpeg - | mjpeg serve -
  mjpeg serve frames/ --listen 0.0.0.0:8080 --auth-file users.txt

A TIME has a unit, such as 500ms, 10s or 2m; without a unit it is in seconds. A SIZE is in bytes,
or has a unit: k = 1024, M = 1024 x 1024.

Exit status: 0 the source ended or a signal stopped the server, 3 source unreachable, 4 source is
not a stream, 5 source stalled, reset or cut, 6 cannot read the source or cannot listen.")]
pub struct Serve {
    /// A directory of JPEG files, a JPEG file (watched for changes), a file with a saved response or
    /// concatenated JPEGs, an http(s) URL, `-` for standard input, a named pipe, or `test:[WIDTHxHEIGHT]`
    #[arg(value_parser = Target::parser())]
    source: Target,
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = host_port)]
    listen: String,
    /// Listen on a Unix-domain socket at this path instead
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    unix: Option<PathBuf>,
    /// Require this user and password. Other users of this machine can see it in the process list; prefer
    /// --auth-file
    #[arg(long, value_name = "USER:PASSWORD", conflicts_with = "auth_file")]
    auth: Option<String>,
    /// Require a user and password from this file, one USER:PASSWORD per line
    #[arg(long, value_name = "FILE")]
    auth_file: Option<PathBuf>,
    /// Allow web pages of this origin to read the stream (CORS); `*` allows any origin
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors: Option<String>,
    /// Answer only requests to this host name, to IP addresses and to localhost; may be repeated [default: any
    /// name, or any name without a dot if only this machine can connect]
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    allow_host: Vec<String>,
    /// Frames per second of a directory, a file or a test pattern [default: 15]. Standard input and named pipes
    /// are sent as frames
    /// arrive, but are read at this rate if the option is given
    #[arg(long)]
    fps: Option<Rate>,
    /// Play the source in an endless loop (the default)
    #[arg(long = "loop", conflicts_with_all = ["once", "loops"])]
    endless: bool,
    /// Play the source once, from the first viewer on, and exit
    #[arg(long, conflicts_with = "loops")]
    once: bool,
    /// Play the source N times, from the first viewer on, and exit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    loops: Option<u32>,
    /// Boundary between frames [default: random]
    #[arg(long, value_parser = |text: &str| Boundary::new(text))]
    boundary: Option<Boundary>,
    /// What to send together with a frame; a viewer can choose another layout with /stream?layout=NAME
    #[arg(long, value_enum, default_value = "auto")]
    layout: Layout,
    /// Send the last frame again after a live source has been silent for this time; 0s disables this
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = value::interval)]
    repeat: Duration,
    /// /healthz reports an error after a live source has been silent for this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::duration)]
    silence: Duration,
    /// Maximum number of viewers [default: from the limit of open files]
    #[arg(long, value_name = "N")]
    max_viewers: Option<usize>,
    /// Close a connection if its request is not complete after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    request_timeout: Duration,
    /// Close the connection of a viewer that receives nothing for this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    send_timeout: Duration,
    /// Bytes the system may buffer for each viewer; a smaller value gives slow viewers newer frames
    #[arg(long, value_name = "SIZE", default_value = "64k", value_parser = value::size)]
    viewer_buffer: u64,
    #[command(flatten)]
    transport: transport::Options,
}

impl Serve {
    /// Runs until the source ends or a signal arrives.
    ///
    /// # Errors
    ///
    /// When the source cannot be opened, or the server cannot listen on the address.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        output::in_background();
        let clock = Clock::real();
        let local = |error: std::io::Error, what: &str| {
            Failure::local(anyhow::Error::new(error).context(what.to_string()))
        };
        let poll = Poll::new().map_err(|error| local(error, "cannot wait for events"))?;
        let rounds = self.rounds();
        let options = SourceOptions {
            source: self.source.clone(),
            rounds,
            fps: self.fps,
            repeat: self.repeat,
            reporter: REPORTER,
            transport: self.transport.clone(),
        };
        let source = match open::open(&options, poll.registry(), &clock, stop) {
            // A signal arrived while the source was opened: not an error.
            Err(_) if stop.signal().is_some() => return Ok(Outcome::Exit(Exit::Done)),
            source => source.map_err(failure)?,
        };
        let boundary = self.boundary.clone().map_or_else(random_boundary, Ok)?;
        let keep_waiting = || stop.signal().is_none();
        let mut hub = Hub::new(source, Recipe::new(boundary), rounds.is_some(), keep_waiting);
        if !hub.has_picture() && stop.signal().is_some() {
            return Ok(Outcome::Exit(Exit::Done));
        }
        if !hub.has_picture() {
            let nothing = || anyhow::anyhow!("{} has no frame that can be sent", self.source);
            return Err(hub.take_error().map_or_else(|| Failure::local(nothing()), failure));
        }

        let files = files::raise_limit();
        let settings = Settings {
            reporter: REPORTER,
            source: self.source.to_string(),
            layout: self.layout,
            patience: self.silence,
            connections: files.saturating_sub(OWN_FILES).max(1),
            viewers: self.max_viewers.unwrap_or(files.saturating_sub(RESERVED_FILES).max(files / 2)),
            viewer_buffer: usize::try_from(self.viewer_buffer).unwrap_or(usize::MAX),
            request_timeout: self.request_timeout,
            send_timeout: self.send_timeout,
        };
        let users = self.users()?;
        let mut listeners = Listener::inherited()?;
        if listeners.is_empty() {
            listeners.push(match &self.unix {
                Some(path) => Listener::bind_unix(path)?,
                None => Listener::bind(&self.listen)?,
            });
        }
        let base = listeners[0].base();
        let loopback = listeners.iter().all(Listener::is_local);
        if !loopback && users.is_none() {
            REPORTER.message(
                "everyone who can reach this machine can watch; use --auth-file to require a password",
            );
        }
        let hosts = Hosts { allowed: self.allow_host, loopback };
        let responder = Responder::new(&hub.content_type(), Policy { users, cors: self.cors, hosts });
        let mut engine = Engine::new(poll, listeners, hub, responder, settings, clock, stop)
            .map_err(|error| local(error, "cannot start to serve"))?;

        if let Some(path) = base.strip_prefix("unix:") {
            output::result(&base)?;
            REPORTER.message(&format!("to watch: curl --unix-socket {path} http://localhost/stream"));
        } else {
            output::result(&format!("{base}/stream"))?;
            REPORTER.message(&format!("web page with the stream: {base}/"));
        }
        engine.run().map_err(|error| local(error, "cannot wait for events"))?;
        engine.take_error().map_or(Ok(Outcome::Exit(Exit::Done)), |error| Err(failure(error)))
    }
}

impl Serve {
    /// Checks what clap does not: invalid values and conflicts between options. Opens nothing.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        let source = &self.source;
        match (source, self.rounds()) {
            (Target::Url(_) | Target::Test(_), Some(_)) => {
                let why = format!("--once and --loops need a source that ends, and {source} does not");
                return Err(Usage::conflict(why));
            }
            (Target::Stdin, Some(2..)) => {
                return Err(Usage::conflict("--loops: standard input can be played only once"));
            }
            _ => {}
        }
        if let Some(auth) = &self.auth {
            // The value contains a password: it must not appear in the message.
            Users::parse(auth).map_err(|error| Usage::value(format!("--auth: {error}")))?;
        }
        if let Some(path) = &self.unix {
            unix_address(path)
                .map_err(|error| Usage::value(format!("--unix: {}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// How many times to play a source that ends; `None` means endlessly.
    fn rounds(&self) -> Option<u32> {
        if self.once { Some(1) } else { self.loops }
    }

    fn users(&self) -> Result<Option<Users>, Failure> {
        let (text, what) = match (&self.auth, &self.auth_file) {
            (Some(text), _) => (text.clone(), "--auth".to_string()),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))
                    .map_err(Failure::local)?;
                (text, path.display().to_string())
            }
            (None, None) => return Ok(None),
        };
        Users::parse(&text).map(Some).map_err(|error| Failure::local(anyhow::anyhow!("{what}: {error}")))
    }
}

/// The failure of a source, with its exit status.
fn failure(error: error::Error) -> Failure {
    let exit = match error.kind {
        Kind::Unreachable => Exit::Unreachable,
        Kind::NotAStream => Exit::NotAStream,
        Kind::Stalled => Exit::Stalled,
        Kind::Local => Exit::Local,
    };
    Failure { exit, ..error.problem.into() }
}

/// Parses an origin. It is printed into response heads, so it must not contain spaces or control characters.
fn origin(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(text.into()) } else { Err("expected an origin such as https://example.org, or *".into()) }
}

/// Parses a host name without a port.
fn host_name(text: &str) -> Result<String, String> {
    let sound =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if sound {
        Ok(text.into())
    } else {
        Err("expected a name such as cam.example.org, without a port".into())
    }
}

/// A random boundary, so that no picture contains it by accident. The keys of `RandomState` are random.
fn random_boundary() -> Result<Boundary, Failure> {
    let random = RandomState::new().hash_one(std::process::id());
    Boundary::new(&format!("mjpeg{random:016x}")).context("cannot make a boundary").map_err(Failure::local)
}
