//! `mjpeg serve`: serves a source of frames to any number of viewers.

mod audience;
mod command;
mod connection;
mod connections;
mod deadlines;
mod encoded;
mod engine;
mod fault;
mod faulty;
mod feed;
mod frame_source;
mod health;
mod hub;
mod layout;
mod live;
mod memory_limit;
mod named;
mod open;
mod page;
mod part;
mod plan;
mod rate_limit;
mod recipe;
mod recipes;
mod report;
mod responder;
mod routes;
mod schedule;
mod script;
mod stream;
mod timer;
mod urls;
mod viewer;
mod viewer_log;

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use mio::Poll;
use mjpeg::multipart::Boundary;

use self::command::Command;
use self::engine::{Engine, SOURCES, Settings};
use self::fault::Fault;
use self::hub::Hub;
use self::layout::Layout;
use self::named::Named;
use self::open::SourceOptions;
use self::recipe::Standard;
use self::recipes::Recipes;
use self::responder::{Policy, Responder};
use self::stream::Stream;
use self::urls::Urls;
use self::viewer_log::Detail;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::listen::address::ListenAddress;
use crate::listen::auth::Users;
use crate::listen::files;
use crate::listen::host::{self, Hosts};
use crate::listen::socket::Listener;
use crate::listen::{inherited, tcp, unix};
use crate::option_file;
use crate::output::{self, Reporter};
use crate::signal::Stop;
use crate::source::error::{self, Kind};
use crate::source::wake::WakeUps;
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
  mjpeg serve frames/ --listen 0 -- sh -c 'ffmpeg -i \"$MJPEG_URL\" -frames:v 50 out.mkv'

A TIME has a unit, such as 500ms, 10s or 2m; without a unit it is in seconds. A SIZE is in bytes,
or has a unit: k = 1024, M = 1024 x 1024.

Exit status: 0 the source ended or a signal stopped the server, 3 source unreachable, 4 source is
not a stream, 5 source stalled, reset or cut, 6 cannot read the source or cannot listen. With a
COMMAND, its exit status: 128 and the signal's number if a signal ended it, 127 if it does not
exist, 126 if it cannot be started. If the source never has a frame, the command is ended with
SIGTERM, and the status is that of the source. SIGINT, SIGTERM and SIGHUP are passed on to the
command, which is killed if it does not end within 5 seconds or the signal is repeated. If such a
signal arrives before the command has started, the server ends by it.")]
pub struct Serve {
    /// A directory of JPEG files, a JPEG file (watched for changes), a file with a saved response or
    /// concatenated JPEGs, an http(s) URL, `-` for standard input, a named pipe, or `test:[WIDTHxHEIGHT]`
    #[arg(value_parser = Target::parser())]
    source: Target,
    /// Address to listen on. PORT alone and :PORT mean 127.0.0.1; 0.0.0.0 and [::] mean all addresses of this
    /// machine; port 0 selects a free port
    #[arg(long, value_name = "[HOST:]PORT", default_value = "127.0.0.1:8080")]
    listen: ListenAddress,
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
    #[arg(long, value_name = "NAME", value_parser = host::name)]
    allow_host: Vec<String>,
    /// Serve a further source, at /NAME/stream; may be repeated
    #[arg(long = "stream", value_name = "NAME=SOURCE", value_parser = Named::parser())]
    streams: Vec<Named>,
    /// Frames per second of a directory, a capture, concatenated JPEGs or a test pattern [default: 15]. A watched
    /// file and a URL are sent as frames arrive; with this option, at most at this rate, and the newest frame is sent.
    /// Standard input and named pipes are sent as frames arrive; with this option, they are read at this rate
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
    /// Inject a fault into the stream of each viewer; may be repeated. FAULT is stall=TIME (before the part),
    /// stall-inside=TIME (in the picture), drip=SIZE (blocks of SIZE bytes every 10 ms), fill=SIZE (a buffer that is
    /// sent when it is full), hold-tail=SIZE (the last bytes come with the next part), burst=N (N parts at once),
    /// reset or cut (in the picture), or close (behind it). It concerns each part, or with @3 the third one of each
    /// viewer, or with @every=10 each tenth one; fill and burst always concern all parts. With the default layout the
    /// head of a part leaves together with the picture before it: use --layout leading to hold back whole parts
    #[arg(long = "fault", value_name = "FAULT[@WHEN]")]
    faults: Vec<Fault>,
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
    /// Write a message when a viewer comes or leaves
    #[arg(long, short)]
    verbose: bool,
    /// Start this command once the server listens, and end with it, with its exit status. It has the URLs in
    /// MJPEG_URL (the stream), MJPEG_SNAPSHOT_URL and, with --unix, MJPEG_UNIX_SOCKET. It has standard input, unless
    /// that is the source, and standard output: the server prints no URL. If the source ends first, the server waits
    /// for the command
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
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
        let mut poll = Poll::new().map_err(|error| local(error, "cannot wait for events"))?;
        let wake_ups = WakeUps::new(poll.registry(), SOURCES)?;
        let opened = self
            .policy(stop)
            .and_then(|policy| Ok((policy, self.streams(&mut poll, &wake_ups, &clock, stop)?)));
        let (policy, streams) = match (opened, stop.signal()) {
            (Ok(opened), _) => opened,
            (Err(failure), None) => return Err(failure),
            // A signal while files and sources are opened is not an error. But a command that did not run has not
            // succeeded.
            (Err(_), Some(_)) if self.command.is_empty() => return Ok(Outcome::Exit(Exit::Done)),
            (Err(_), Some(signal)) => return Ok(Outcome::Signal(signal)),
        };

        let soft_limit = files::soft_limit();
        let files = files::raise_limit();
        let settings = Settings {
            reporter: REPORTER,
            detail: if self.verbose { Detail::All } else { Detail::Faults },
            layout: self.layout,
            faults: self.faults.clone().into(),
            // A snapshot must not start what is to be played from the first viewer on.
            snapshots_start_sources: self.rounds().is_none(),
            patience: self.silence,
            connections: files.saturating_sub(OWN_FILES).max(1),
            viewers: self.max_viewers.unwrap_or(files.saturating_sub(RESERVED_FILES).max(files / 2)),
            viewer_buffer: usize::try_from(self.viewer_buffer).unwrap_or(usize::MAX),
            request_timeout: self.request_timeout,
            send_timeout: self.send_timeout,
        };
        let mut listeners = inherited::all()?;
        if listeners.is_empty() {
            listeners.push(match &self.unix {
                Some(path) => unix::bind(path)?,
                None => tcp::bind(&self.listen)?,
            });
        }
        let urls = Urls::of(&listeners);
        let loopback = listeners.iter().all(Listener::is_local);
        if !loopback && policy.users.is_none() {
            REPORTER.message(
                "everyone who can reach this machine can watch; use --auth-file to require a password",
            );
        }
        let hosts = Hosts { allowed: self.allow_host.clone(), loopback };
        let names: Vec<_> = streams.iter().map(|stream| stream.name.clone()).collect();
        let responder = Responder::new(names.clone(), Policy { hosts, ..policy });
        let mut engine =
            Engine::new((poll, wake_ups), listeners, streams, responder, settings, clock.clone(), stop)
                .map_err(|error| local(error, "cannot start to serve"))?;

        if self.command.is_empty() {
            urls.print(REPORTER)?;
            for name in names.iter().skip(1) {
                REPORTER.message(&format!("stream {name}: {}", urls.url(&format!("/{name}/stream"))));
            }
        } else {
            // The source reads standard input.
            let stdin = if self.sources().any(|source| matches!(source, Target::Stdin)) {
                Stdio::null()
            } else {
                Stdio::inherit()
            };
            let start = || Command::start(&self.command, stdin, &urls, stop);
            match files::under_limit(soft_limit, start) {
                Ok(command) => {
                    engine.attach(command).map_err(|error| local(error, "cannot wait for the command"))?;
                }
                Err(error) => {
                    REPORTER.message(&error.to_string());
                    return Ok(error.outcome());
                }
            }
        }
        engine.run().map_err(|error| local(error, "cannot wait for events"))?;
        let error = engine.take_error().map(failure);
        let outcome = engine.take_command().map(|mut command| {
            if error.is_some() {
                command.end(clock.now());
            }
            command.wait(&clock)
        });
        error.map_or(Ok(outcome.unwrap_or(Outcome::Exit(Exit::Done))), Err)
    }
}

impl Serve {
    /// Checks what clap does not: invalid values and conflicts between options. Opens nothing.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        for source in self.sources() {
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
        }
        named::check(&self.source, &self.streams)?;
        if let Some(auth) = &self.auth {
            // The value contains a password: it must not appear in the message.
            Users::parse(auth).map_err(|error| Usage::value(format!("--auth: {error}")))?;
        }
        if let Some(path) = &self.unix {
            unix::address(path)
                .map_err(|error| Usage::value(format!("--unix: {}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// The sources of all streams.
    fn sources(&self) -> impl Iterator<Item = &Target> {
        std::iter::once(&self.source).chain(self.streams.iter().map(|stream| &stream.source))
    }

    /// Opens the sources of all streams.
    fn streams(
        &self,
        poll: &mut Poll,
        wake_ups: &WakeUps,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Vec<Stream>, Failure> {
        let boundary = self.boundary.clone().map_or_else(random_boundary, Ok)?;
        let fields: Vec<_> =
            responder::cors(self.cors.as_deref()).map(|(name, value)| (name.into(), value.into())).collect();
        let first = Named { name: String::new(), source: self.source.clone() };
        let mut streams = Vec::new();
        for (index, Named { name, source }) in std::iter::once(&first).chain(&self.streams).enumerate() {
            let options = SourceOptions {
                source: source.clone(),
                rounds: self.rounds(),
                fps: self.fps,
                repeat: self.repeat,
                reporter: REPORTER,
                transport: self.transport.clone(),
            };
            let recipes = Recipes::from(Standard::new(boundary.clone(), &fields));
            let frames =
                open::open(&options, &recipes, wake_ups.of(index), poll, clock, stop).map_err(failure)?;
            streams.push(Stream::new(name.clone(), source.to_string(), Hub::new(frames, &recipes)));
        }
        Ok(streams)
    }

    /// How many times to play a source that ends; `None` means endlessly.
    fn rounds(&self) -> Option<u32> {
        if self.once { Some(1) } else { self.loops }
    }

    /// Who may send requests. The host names depend on the listeners and are added later.
    fn policy(&self, stop: &Stop) -> Result<Policy, Failure> {
        Ok(Policy { users: self.users(stop)?, cors: self.cors.clone(), hosts: Hosts::default() })
    }

    fn users(&self, stop: &Stop) -> Result<Option<Users>, Failure> {
        let (text, what) = match (&self.auth, &self.auth_file) {
            (Some(text), _) => (text.clone(), "--auth".to_string()),
            (None, Some(path)) => {
                let text = option_file::read(path, stop)
                    .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
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

/// Parses an origin as browsers send it (RFC 6454 6.2): `scheme://host[:port]` without a path.
fn origin(text: &str) -> Result<String, String> {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    let is_origin = text.split_once("://").is_some_and(|(scheme, host)| is_part(scheme) && is_part(host));
    if is_origin || ["*", "null"].contains(&text) {
        Ok(text.into())
    } else {
        Err("expected an origin such as https://example.org, without a path, or *".into())
    }
}

/// A random boundary, so that no picture contains it by accident. The keys of `RandomState` are random.
fn random_boundary() -> Result<Boundary, Failure> {
    let random = RandomState::new().hash_one(std::process::id());
    Boundary::new(&format!("mjpeg{random:016x}")).context("cannot make a boundary").map_err(Failure::local)
}
