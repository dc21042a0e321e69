//! `mjpeg serve`: a source of frames, and whoever wants to watch it.

mod connection;
mod engine;
mod feed;
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
use crate::transport::Target;
use crate::usage::Usage;
use crate::value::{self, Rate};

/// Writes messages in the name of `serve`.
const REPORTER: Reporter = Reporter::new("serve");
/// Descriptors that are kept for everything but connections.
const OWN_FILES: usize = 24;
/// Descriptors that are kept for everything but viewers.
const RESERVED_FILES: usize = 64;

/// Serve a source of frames as an MJPEG stream over HTTP.
///
/// Prints the URL of the stream on standard output as soon as it listens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg serve frames/ --fps 25
  mjpeg serve image.jpg --listen 0.0.0.0:8080 --auth-file users.txt
  mjpeg serve http://camera/stream
  mjpeg serve test:640x480

A TIME is a number with its unit, such as 500ms, 10s or 2m; a number alone counts seconds. A SIZE counts
bytes, with k = 1024 and M = 1024 x 1024.")]
pub struct Serve {
    /// A directory of JPEG files, one JPEG file that is rewritten again and again, an http(s) URL, a
    /// capture or concatenated JPEGs in a file, - or a named pipe for what is being written into it, or
    /// test:[WIDTHxHEIGHT]
    #[arg(value_parser = Target::parser())]
    source: Target,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = host_port)]
    listen: String,
    /// Listen at this path instead, with a Unix-domain socket
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    unix: Option<PathBuf>,
    /// Let in only who knows this; others on this machine can see it, so --auth-file is better
    #[arg(long, value_name = "USER:PASSWORD", conflicts_with = "auth_file")]
    auth: Option<String>,
    /// Let in only who is in this file, a USER:PASSWORD a line
    #[arg(long, value_name = "FILE")]
    auth_file: Option<PathBuf>,
    /// Let pages of this origin (* for any) read the stream
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors: Option<String>,
    /// Answer only requests for this host name, and for addresses; may be given again
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    allow_host: Vec<String>,
    /// Frames per second of a directory, a file or a test pattern, 15 if not given. Standard input is
    /// shown as it comes, unless this is given: then it waits
    #[arg(long)]
    fps: Option<Rate>,
    /// Play a directory again and again (the default)
    #[arg(long = "loop", conflicts_with_all = ["once", "loops"])]
    endless: bool,
    /// Play a directory once, from the first viewer on, and end
    #[arg(long, conflicts_with = "loops")]
    once: bool,
    /// Play a directory so many times, from the first viewer on, and end
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    loops: Option<u32>,
    /// The boundary between frames; a random one if not given
    #[arg(long, value_parser = |text: &str| Boundary::new(text))]
    boundary: Option<Boundary>,
    /// What is sent together with a frame; a viewer may choose with /stream?layout=
    #[arg(long, value_enum, default_value = "auto")]
    layout: Layout,
    /// Send the last frame again after so long a silence of a live source; 0s never does
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = value::interval)]
    repeat: Duration,
    /// How long a live source may be silent before /healthz says so
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::duration)]
    silence: Duration,
    /// Most viewers at a time; by default as many as files may be open
    #[arg(long, value_name = "N")]
    max_viewers: Option<usize>,
    /// Close a connection whose request is not whole after so long
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    request_timeout: Duration,
    /// Close a viewer that takes nothing for so long
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    send_timeout: Duration,
    /// Bytes the system may hold for a viewer: less shows slow viewers newer frames
    #[arg(long, value_name = "SIZE", default_value = "64k", value_parser = value::size)]
    viewer_buffer: u64,
}

impl Serve {
    /// Runs until the source ends or a signal arrives.
    ///
    /// # Errors
    ///
    /// When the source cannot be opened or the address not be listened at.
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
        };
        let source = match open::open(&options, poll.registry(), &clock, stop) {
            // Whoever waits for a source may think better of it.
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
            REPORTER.message("everybody who can reach this machine can watch; --auth-file changes that");
        }
        let hosts = Hosts { allowed: self.allow_host, loopback };
        let responder = Responder::new(&hub.content_type(), Policy { users, cors: self.cors, hosts });
        let mut engine = Engine::new(poll, listeners, hub, responder, settings, clock, stop)
            .map_err(|error| local(error, "cannot start to serve"))?;

        if let Some(path) = base.strip_prefix("unix:") {
            output::result(&base)?;
            REPORTER.message(&format!("curl --unix-socket {path} http://localhost/stream shows it"));
        } else {
            output::result(&format!("{base}/stream"))?;
            REPORTER.message(&format!("a page that shows it is at {base}/"));
        }
        engine.run().map_err(|error| local(error, "cannot wait for events"))?;
        engine.take_error().map_or(Ok(Outcome::Exit(Exit::Done)), |error| Err(failure(error)))
    }
}

impl Serve {
    /// Checks values that cannot be, and those that cannot be together. Opens nothing.
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
            // The value itself is a password, so that no message shows it.
            Users::parse(auth).map_err(|error| Usage::value(format!("--auth: {error}")))?;
        }
        if let Some(path) = &self.unix {
            unix_address(path)
                .map_err(|error| Usage::value(format!("--unix: {}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// How often a source that ends is played; `None` is again and again.
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

/// The exit status for a source that gives no frames.
fn failure(error: error::Error) -> Failure {
    let exit = match error.kind {
        Kind::Unreachable => Exit::Unreachable,
        Kind::NotAStream => Exit::NotAStream,
        Kind::Stalled => Exit::Stalled,
        Kind::Local => Exit::Local,
    };
    Failure { exit, ..error.problem.into() }
}

/// An origin as browsers send it: it becomes part of our answers' heads.
fn origin(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(text.into()) } else { Err("expected an origin such as https://example.org, or *".into()) }
}

/// A host's name as it stands in a URL, without its port.
fn host_name(text: &str) -> Result<String, String> {
    let sound =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if sound {
        Ok(text.into())
    } else {
        Err("expected a name such as cam.example.org, without a port".into())
    }
}

/// A boundary that no picture holds by accident. The keys of a hasher are random in each process.
fn random_boundary() -> Result<Boundary, Failure> {
    let random = RandomState::new().hash_one(std::process::id());
    Boundary::new(&format!("mjpeg{random:016x}")).context("cannot make a boundary").map_err(Failure::local)
}
