//! The command line of `mjpeg serve`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mjpeg::multipart::Boundary;

use super::dialects::{Dialect, Format};
use super::faults::FaultOptions;
use super::layout::Layout;
use super::named::{self, Named};
use super::open::SourceOptions;
use super::relay_options::{Mode, RelayOptions};
use super::replay::Speed;
use crate::listen::address::ListenAddress;
use crate::listen::auth::Users;
use crate::listen::host;
use crate::listen::unix;
use crate::output::Reporter;
use crate::relay::Start;
use crate::transport::{self, Target};
use crate::usage::Usage;
use crate::value::{self, Rate};

/// Serve a source of frames as an MJPEG stream over HTTP.
///
/// Prints the URL of the stream to standard output as soon as the server listens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg serve test:640x480            a test pattern with the time in it
  mjpeg serve frames/ --fps 25        the JPEG files of a directory, in a loop
  mjpeg serve frames/ --once          once, from the first viewer on; then exit
  mjpeg serve site.http               a capture of record --raw, with its times
  mjpeg serve out/ --timing manifest  a recorded directory, with its gaps
  mjpeg serve image.jpg               a file, again each time it is written
  mjpeg serve http://camera/stream    a camera, while there are viewers
  mjpeg serve --farm farm.toml        hundreds of cameras, and a page of them
  mjpeg serve frames/ --dialect motion             as Motion writes a stream
  mjpeg serve frames/ --fault stall=2s@every=10    before each tenth frame
  mjpeg serve frames/ --listen 0.0.0.0:8080 --auth-file users.txt
  mjpeg serve frames/ --listen 0 -- sh -c 'mjpeg check \"$MJPEG_URL\"'
  ffmpeg -re -i video.mp4 -f mjpeg - | mjpeg serve -

A TIME has a unit, such as 500ms, 10s or 2m; without a unit it is in seconds. A SIZE is in bytes, \
or has a unit: k = 1024, M = 1024 x 1024.

Exit status: 0 the source ended or a signal stopped the server, 3 source unreachable, 4 source is \
not a stream, 5 source stalled, reset or cut, 6 cannot read the source or cannot listen. With a \
COMMAND, its exit status: 128 and the signal's number if a signal ended it, 127 if it does not \
exist, 126 if it cannot be started. If the source never has a frame, the command is ended with \
SIGTERM, and the status is that of the source. SIGINT, SIGTERM and SIGHUP are passed on to the \
command, which is killed if it does not end within 5 seconds or the signal is repeated. If such a \
signal arrives before the command has started, the server ends by it. SIGQUIT, SIGUSR1 and SIGUSR2 \
are passed on too, and the server goes on.")]
pub struct Serve {
    /// A directory of JPEG files, a JPEG file (watched for changes), a file with a saved response (with FILE.timing beside
    /// it, see `mjpeg record --raw`, it is replayed byte for byte with its timing) or concatenated JPEGs, an http(s) URL,
    /// `-` for standard input, a named pipe, or `test:[WIDTHxHEIGHT]`
    #[arg(value_parser = Target::parser(), required_unless_present_any = ["list_dialects", "list_faults", "farm"])]
    source: Option<Target>,
    /// Address to listen on. PORT alone and :PORT mean 127.0.0.1; 0.0.0.0 and [::] mean all addresses of this
    /// machine; port 0 selects a free port
    #[arg(long, value_name = "[HOST:]PORT", default_value = "127.0.0.1:8080")]
    pub(super) listen: ListenAddress,
    /// Listen on a Unix-domain socket at this path instead
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    pub(super) unix: Option<PathBuf>,
    /// Require this user and password. Other users of this machine can see it in the process list; prefer
    /// --auth-file
    #[arg(long, value_name = "USER:PASSWORD", conflicts_with = "auth_file")]
    pub(super) auth: Option<String>,
    /// Require a user and password from this file, one USER:PASSWORD per line
    #[arg(long, value_name = "FILE")]
    pub(super) auth_file: Option<PathBuf>,
    /// Allow web pages of this origin to read the stream (CORS); `*` allows any origin
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub(super) cors: Option<String>,
    /// Answer only requests to this host name, to IP addresses and to localhost; may be repeated [default: any
    /// name, or any name without a dot if only this machine can connect]
    #[arg(long, value_name = "NAME", value_parser = host::name)]
    pub(super) allow_host: Vec<String>,
    /// Serve a further source, at /NAME/stream; may be repeated
    #[arg(long = "stream", value_name = "NAME=SOURCE", value_parser = Named::parser())]
    pub(super) streams: Vec<Named>,
    /// Serve many cameras instead of a SOURCE, as this TOML file describes them: a [defaults] table and [[camera]] tables
    /// with name (or a pattern such as cam[001-500]), source, dialect, faults, fps, layout, auth or auth_file, and listen
    /// for a port of its own. Each camera is at /NAME/stream; / shows all, and /targets lists them for --targets.
    /// Pictures of files are read once, at the start
    #[arg(long, value_name = "FILE", conflicts_with_all = ["source", "streams", "fps", "endless", "once", "loops", "boundary", "layout", "dialect", "timing", "speed", "faults"])]
    pub(super) farm: Option<PathBuf>,
    /// Frames per second of a directory, a capture, concatenated JPEGs or a test pattern [default: 15]. A watched
    /// file and a URL are sent as frames arrive; with this option, at most at this rate, and the newest frame is sent.
    /// Standard input and named pipes are sent as frames arrive; with this option, they are read at this rate
    #[arg(long)]
    pub(super) fps: Option<Rate>,
    /// Play the source in an endless loop (the default)
    #[arg(long = "loop", conflicts_with_all = ["once", "loops"])]
    pub(super) endless: bool,
    /// Play the source once, from the first viewer on, and exit
    #[arg(long, conflicts_with = "loops")]
    pub(super) once: bool,
    /// Play the source N times, from the first viewer on, and exit
    #[arg(long, value_name = "N", value_parser = value::count::<u32>(1..))]
    pub(super) loops: Option<u32>,
    /// Boundary between frames [default: random]
    #[arg(long, value_parser = |text: &str| Boundary::new(text))]
    pub(super) boundary: Option<Boundary>,
    /// What to send together with a frame [default: auto]; a viewer can choose another layout with /stream?layout=NAME
    #[arg(long, value_enum)]
    pub(super) layout: Option<Layout>,
    /// Write the stream as a camera or server does: its response head, delimiters, fields, line ends and chunks, and
    /// when each piece is sent. NAME is a name of --list-dialects, or the beginning of one, or the path of a file that
    /// describes one, with a / or ending in .toml: `mjpeg inspect --dialect-of` writes it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["boundary", "layout", "cors"])]
    pub(super) dialect: Option<Dialect>,
    /// List the dialects and exit
    #[arg(long, group = "list")]
    pub(super) list_dialects: bool,
    /// How --list-dialects and --list-faults write: a line each
    #[arg(long, value_enum, default_value_t, requires = "list")]
    pub(super) format: Format,
    /// Play a directory that `mjpeg record URL` has written by its manifest: with the recorded gaps and the fields of the
    /// parts, damaged frames too
    #[arg(long, value_enum, conflicts_with_all = ["fps", "layout", "faults", "fault_by_request", "control", "dialect"])]
    pub(super) timing: Option<Timing>,
    /// Pass recorded times F times as fast: those of a capture with FILE.timing beside it, or of --timing manifest
    #[arg(long, value_name = "F", conflicts_with_all = ["fps", "layout", "faults", "fault_by_request", "control", "dialect"])]
    pub(super) speed: Option<Speed>,
    /// Draw a coded strip of black and white boxes over the top of each picture, with its number and the time when it is
    /// due: `mjpeg bench path`, check, inspect and record know each frame by it. Each picture is decoded and encoded again
    /// (about 12 ms of one core for 640x480, 85 ms for 1920x1080), so the bytes that are sent are not those of the
    /// files. For directories, captures and concatenated JPEGs, with pictures of at least 288x64 pixels; `test:` always
    /// has the strip
    #[arg(long, conflicts_with_all = ["timing", "speed", "farm"])]
    pub(super) stamp: bool,
    /// Send the last frame again after a live source has been silent for this time; 0s disables this. Of a URL that is
    /// polled, it is sent again only when a picture is missing: after twice the time of --poll at the earliest
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = value::interval)]
    pub(super) repeat: Duration,
    /// After a live source has been silent for this time, /healthz reports an error. The same holds for a viewer and a
    /// snapshot of a URL that wait for their first picture: they get 503. When the server starts, it waits as long for the
    /// first picture of a URL. Later, a URL without a picture for this time, at least 10 s, is connected again; if it turns out
    /// that its pictures come more rarely, after up to a minute
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    pub(super) silence: Duration,
    /// Maximum number of viewers [default: from the limit of open files]
    #[arg(long, value_name = "N", value_parser = value::count::<usize>(0..))]
    pub(super) max_viewers: Option<usize>,
    /// Close a connection if its request is not complete after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    pub(super) request_timeout: Duration,
    /// Close the connection of a viewer that receives nothing for this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::limit)]
    pub(super) send_timeout: Duration,
    /// Bytes the system may buffer for each viewer; a smaller value gives slow viewers newer frames
    #[arg(long, value_name = "SIZE", default_value = "64k", value_parser = value::some_bytes)]
    pub(super) viewer_buffer: u64,
    /// Write a message when a viewer comes or leaves
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Start this command once the server listens, and end with it, with its exit status. It has the URLs in
    /// MJPEG_URL (the stream), MJPEG_SNAPSHOT_URL and, with --unix, MJPEG_UNIX_SOCKET. It has standard input, unless
    /// that is the source, and standard output: the server prints no URL. If the source ends first, the server waits
    /// for the command
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
    #[command(flatten)]
    pub(super) faults: FaultOptions,
    #[command(flatten)]
    pub(super) relay: RelayOptions,
    #[command(flatten)]
    pub(super) transport: transport::Options,
}

/// Where the times of frames come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Timing {
    /// From `arrival_ms` in manifest.jsonl
    Manifest,
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
        if self.speed.is_some() && self.boundary.is_some() && self.timing.is_none() {
            return Err(Usage::conflict(
                "--speed replays a capture as it was received, with its own boundary",
            ));
        }
        if self.timing.is_some() && self.sources().any(|source| !matches!(source, Target::File(_))) {
            return Err(Usage::conflict("--timing manifest needs a recorded directory"));
        }
        if self.speed.is_some() && self.sources().any(|source| !matches!(source, Target::File(_))) {
            return Err(Usage::conflict(
                "--speed needs recorded times: those of a capture, or of a directory with --timing manifest",
            ));
        }
        if let Some(source) = self.sources().find(|it| matches!(it, Target::Url(_) | Target::Test(_)))
            && self.stamp
        {
            return Err(Usage::conflict(match source {
                Target::Test(_) => "--stamp: the test pattern has the strip already".into(),
                source => format!(
                    "--stamp needs a directory, a capture or concatenated JPEGs, and {source} is a URL"
                ),
            }));
        }
        if self.stamp && self.fps.is_none() && self.sources().any(|it| matches!(it, Target::Stdin)) {
            return Err(Usage::conflict("--stamp needs --fps to read standard input"));
        }
        if self.relay.linger.is_some() && self.relay.upstream == Some(Mode::Always) {
            return Err(Usage::conflict("--linger is for --upstream on-demand"));
        }
        // What the sources of a farm are is in its file.
        if let Some(option) = self.relay.given().or(self.transport.given())
            && self.farm.is_none()
            && !self.sources().any(|source| matches!(source, Target::Url(_)))
        {
            return Err(Usage::conflict(format!("{option} is for sources that are URLs, and there is none")));
        }
        if let Some(source) = &self.source {
            named::check(source, &self.streams)?;
        }
        if let Some(auth) = &self.auth {
            // The value contains a password: it must not appear in the message.
            Users::parse(auth).map_err(|_| Usage::value("--auth: it is not USER:PASSWORD"))?;
        }
        if let Some(path) = &self.unix {
            unix::address(path)
                .map_err(|error| Usage::value(format!("--unix: {}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// How old a picture of a URL may be that counts as new.
    pub(super) fn patience(&self) -> Duration {
        // Between two polls a camera is not silent.
        self.transport.poll.map_or(self.silence, |poll| self.silence.max(poll * 2))
    }

    /// The sources of all streams.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Target> {
        self.source.iter().chain(self.streams.iter().map(|stream| &stream.source))
    }

    /// Whether captures are taken apart into frames, also those with recorded times.
    pub(super) fn is_reframed(&self) -> bool {
        self.fps.is_some()
            || self.layout.is_some()
            || self.boundary.is_some()
            || self.dialect.is_some()
            || self.stamp
            || self.faults.may_inject()
    }

    /// How the source of a camera of a farm is opened.
    pub(super) fn source_options(
        &self,
        source: Target,
        fps: Option<Rate>,
        reporter: Reporter,
        pseudonym: &str,
    ) -> SourceOptions {
        SourceOptions {
            source,
            rounds: self.rounds(),
            fps,
            repeat: self.repeat,
            reporter,
            transport: self.transport.clone(),
            connected: self.relay.connected(),
            start: if self.relay.no_probe { Start::Blind } else { Start::Probe },
            patience: self.patience(),
            stamp: self.stamp,
            pseudonym: pseudonym.into(),
        }
    }

    /// How fast recorded times pass.
    pub(super) fn speed(&self) -> Speed {
        self.speed.unwrap_or_default()
    }

    /// How many times to play a source that ends; `None` means endlessly.
    pub(super) fn rounds(&self) -> Option<u32> {
        if self.once { Some(1) } else { self.loops }
    }
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
