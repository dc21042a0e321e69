//! `mjpeg record`: a stream to JPEG files, bit for bit.

mod board;
mod captures;
mod concat;
mod damaged;
mod directory;
mod earlier;
mod existing;
mod folder;
mod gathered;
mod goal;
mod hang;
mod judge;
mod line;
mod listing;
mod lock;
mod manifest;
mod many;
mod mkv;
mod moment;
mod name;
mod open_lines;
mod out_file;
mod out_name;
mod out_path;
mod outcome;
mod places;
mod progress;
mod raw;
mod reconnection;
mod recorder;
mod responses;
mod ring;
mod run;
mod selection;
mod silence;
mod sink;
mod stdout;
mod summary;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::capture::timing_path;
use crate::targets::Name;
use crate::transport::{self, Target, Tries};
use crate::usage::Usage;
use crate::value::{self, Rate};
use name::NamePattern;
use out_name::OutName;
use ring::Limit;
use stdout::FrameOutput;

/// Record a stream to JPEG files, bit for bit
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  mjpeg record http://camera/stream out/ --frames 100
  mjpeg record http://camera/stream out/ --duration 10s --format json
  mjpeg record http://camera/stream out/ --keep 10m --name '%Y/%j-{seq}.jpg'
  mjpeg record http://camera/stream --concat night.mjpeg --on-change --deep
  mjpeg record http://camera/stream --mkv night.mkv --fps 5
  mjpeg record http://camera/stream out/ --reconnect forever --duration 24h
  mjpeg record http://camera/snapshot.jpg out/ --poll 500ms --on-change
  mjpeg record http://camera/stream still.jpg --frames 1
  mjpeg record http://camera/stream --raw site.http --duration 1m
  mjpeg serve site.http                       # plays that again
  mjpeg record http://camera/stream --raw site.http --ring 30s
  kill -USR1 PID                              # then: site-0001.http
  mjpeg record capture.http out/              # a response of curl -i
  mjpeg record --targets cameras.txt out/     # a line: NAME URL [options]
  mjpeg record test:640x480 frames/ --frames 30

Exit status: 0 goal reached (or the stream ended and there was none), 1 the stream ended before the goal, \
3 unreachable, 4 not a stream, 5 stalled, reset or cut, 6 cannot read or write.")]
pub struct Record {
    /// What to record: a URL, a file with a saved response, `-` for standard input, `test:[WxH]` (with 15 frames per second,
    /// or with a goal as fast as they are drawn). With --targets it is OUT
    #[arg(value_parser = Target::parser_or_none(), required = false, default_value = "", hide_default_value = true)]
    target: Target,
    /// Directory for frame-000001.jpg, ..., damaged/ and manifest.jsonl; `-` writes the JPEGs to standard output. With --frames 1
    /// a name that ends in .jpg or .jpeg is the file of the picture. May be left out with --concat, --mkv or --raw
    out: Option<PathBuf>,
    /// Record all targets that FILE lists (`-` is standard input), each into the directory OUT/NAME. A line is `NAME URL [options]`,
    /// quoted as in a shell; `#` starts a comment. An option of a line replaces that of the command line
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// The name of the target in that list.
    #[arg(skip)]
    listed: Option<Name>,
    /// Stop after N written frames
    #[arg(long, value_name = "N", value_parser = value::count::<u64>(1..))]
    frames: Option<u64>,
    /// Stop after this time
    #[arg(long, value_name = "T", value_parser = value::limit)]
    duration: Option<Duration>,
    /// Stop after this many bytes of written frames (k = 1024)
    #[arg(long, value_name = "SIZE", value_parser = value::some_bytes)]
    bytes: Option<u64>,
    /// Give up when no good frame comes for this long. A file on a disk has at least 10 s to answer each read or write,
    /// also after a signal or the end of --duration
    #[arg(long, value_name = "T", default_value = "10s", value_parser = value::limit)]
    idle: Duration,
    /// Open the stream again when it ends, is cut, reset or stalls: up to N tries in a row may fail, or any number of
    /// them; 0 is as without the option. Recording goes on in the same files. A stream with good frames that ends cleanly is no
    /// failure
    #[arg(long, value_name = "N|forever")]
    reconnect: Option<Tries>,
    /// The pause before a stream is opened again. It doubles with each failure, up to 30 s, and honours Retry-After
    #[arg(long, value_name = "T", default_value = "1s", value_parser = value::duration, requires = "reconnect")]
    reconnect_delay: Duration,
    /// Leave out the first N good frames, of each connection: some cameras start with black ones
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value::count::<u64>(0..))]
    skip: u64,
    /// Keep every Nth good frame
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value::count::<u64>(1..))]
    every: u64,
    /// Keep at most F frames per second of a live stream
    #[arg(long, value_name = "F")]
    fps: Option<Rate>,
    /// Count frames that are byte for byte the last written one, and do not write them
    #[arg(long)]
    on_change: bool,
    /// Read each frame to its last Huffman code before it counts as good
    #[arg(long)]
    deep: bool,
    /// End files at EOI: leave out bytes that follow it inside the part
    #[arg(long)]
    trim: bool,
    /// Add the SHA-256 of each file to the manifest
    #[arg(long)]
    hash: bool,
    /// Names of the files in OUT: strftime directives (local time) and {seq} or {seq:DIGITS}, the number of the frame
    #[arg(long, value_name = "PATTERN", default_value = "frame-{seq}.jpg")]
    name: NamePattern,
    /// Keep the newest frames only: N frames (and N damaged ones), SIZE (500M, with the lines of the manifest) or AGE (10m, 2h). Older ones are removed in small groups
    #[arg(long, value_name = "N|SIZE|AGE")]
    keep: Option<Limit>,
    /// Also write the frames one after another to FILE
    #[arg(long, value_name = "FILE")]
    concat: Option<PathBuf>,
    /// Also write the frames to FILE as a Matroska video (codec V_MJPEG), bit for bit, with the times of their arrival; of
    /// a file, with their X-Timestamp. It can be played at any time, also after kill -9
    #[arg(long, value_name = "FILE")]
    mkv: Option<PathBuf>,
    /// Also write the response to FILE as received, head, chunks and all, and when each read came to FILE.timing
    /// (of a URL): `mjpeg serve FILE` plays it again, byte for byte and with its timing
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
    /// With --raw: keep the last T of the response in memory, and write it only at each SIGUSR1, to FILE-0001 and so on (the
    /// number is before the extension), with what follows in the 10 s after. Numbers go on; nothing is overwritten
    #[arg(long, value_name = "T", value_parser = value::limit, requires = "raw")]
    ring: Option<Duration>,
    /// How long a capture of --ring goes on after the signal; another signal meanwhile makes it longer
    #[arg(long, value_name = "T", default_value = "10s", value_parser = value::duration, requires = "ring")]
    ring_after: Duration,
    /// The most memory that --ring keeps (k = 1024): the oldest parts are forgotten before their time if they need more
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = value::some_bytes, requires = "ring")]
    ring_bytes: u64,
    /// Overwrite a recording that OUT holds, and the files of --concat, --mkv and --raw, once the first good frame has come
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Add to the recording that OUT holds and to the file of --concat. Numbers go on; nothing is overwritten
    #[arg(long)]
    resume: bool,
    /// Write each file to the disk before it gets its name, and each frame of --concat, --mkv and --raw, so that a power
    /// failure loses the last frame at most
    #[arg(long)]
    fsync: bool,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    transport: transport::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for people
    Text,
    /// One JSON object, schema mjpeg.record/1
    Json,
}

impl Record {
    /// Checks what clap does not. Opens nothing.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        if self.targets.is_some() {
            return self.check_list();
        }
        if self.is_without_target() {
            return Err(Usage::missing("the following required arguments were not provided: <TARGET>"));
        }
        if self.out.is_none() && self.concat.is_none() && self.mkv.is_none() && self.raw.is_none() {
            return Err(Usage::missing(
                "name a directory as OUT, `-`, or a file with --concat, --mkv or --raw",
            ));
        }
        if self.is_to_stdout() && FrameOutput::is_terminal() {
            return Err(Usage::value("OUT: standard output is a terminal; redirect it, or name a directory"));
        }
        if let Some(out) = &self.out
            && let url @ Target::Url(_) = Target::parse(out)
        {
            return Err(Usage::value(format!(
                "OUT: {url} is a URL; the order is `mjpeg record TARGET OUT`, and several targets are read with --targets"
            )));
        }
        if let Some(out) = self.out.as_deref().filter(|_| self.listed.is_none())
            && let OutName::OtherFile(instead) = OutName::of(out)
        {
            return Err(Usage::value(format!(
                "OUT: {0} is the name of a file: {instead}; or write {0}/ for a directory",
                out.display()
            )));
        }
        if let Some(picture) = self.named_picture() {
            if self.frames != Some(1) {
                return Err(Usage::value(format!(
                    "OUT: {0} is the name of one picture: add --frames 1, or write {0}/ for a directory",
                    picture.display()
                )));
            }
            if self.concat.is_some() {
                return Err(Usage::conflict("--concat: OUT is a file with the same picture"));
            }
        }
        if self.directory().is_none() {
            if self.hash {
                return Err(Usage::conflict("--hash adds to the manifest of a directory: name one as OUT"));
            }
            if self.name != NamePattern::default() {
                return Err(Usage::conflict("--name names the files of a directory: name one as OUT"));
            }
            if self.keep.is_some() {
                return Err(Usage::conflict("--keep removes files of a directory: name one as OUT"));
            }
            if self.concat.is_none() && self.resume {
                return Err(Usage::conflict("--resume needs a directory as OUT, or --concat"));
            }
            if self.picture_file().is_none() && self.mkv.is_none() && self.raw.is_none() && self.fsync {
                return Err(Usage::conflict("--fsync needs a directory as OUT, or a file"));
            }
        }
        for (flag, file) in [("--concat", &self.concat), ("--mkv", &self.mkv), ("--raw", &self.raw)] {
            if file.as_deref() == Some(Path::new("-")) {
                return Err(Usage::value(format!("{flag} needs a file; OUT can be `-`")));
            }
        }
        let files = self.files();
        if files.iter().enumerate().any(|(n, file)| files[..n].contains(file)) {
            let why = "--concat, --mkv and --raw need a file each; --raw also writes FILE.timing";
            return Err(Usage::conflict(why));
        }
        if self.ring.is_some() && !self.target.is_live() {
            return Err(Usage::conflict("--ring needs the URL of a stream, since files have no times"));
        }
        if self.reconnect.is_some() && !self.target.is_live() {
            return Err(Usage::conflict("--reconnect needs a URL: files and standard input are read once"));
        }
        if self.transport.poll.is_some() && !self.target.is_live() {
            return Err(Usage::conflict("--poll needs a URL: files and standard input are read once"));
        }
        // Options of a whole list are for its URLs.
        if let Some(option) = self.transport.given()
            && self.listed.is_none()
            && !self.target.is_live()
        {
            return Err(Usage::conflict(format!("{option} is for a TARGET that is a URL")));
        }
        if self.fps.is_some() && !self.target.is_live() {
            return Err(Usage::conflict("--fps needs a live stream, since files have no times; use --every"));
        }
        Ok(())
    }

    /// The files of the command line that are written, by their absolute paths: the same one may be named `x` and `./x`.
    fn files(&self) -> Vec<PathBuf> {
        let raw_timing = self.raw.as_deref().map(timing_path);
        let files = [self.picture_file(), self.mkv.as_ref(), self.raw.as_ref(), raw_timing.as_ref()];
        let absolute = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
        files.into_iter().flatten().map(absolute).collect()
    }

    /// Whether no target is given: with `--targets`, no OUT.
    fn is_without_target(&self) -> bool {
        self.target == Target::File(PathBuf::new())
    }

    fn is_to_stdout(&self) -> bool {
        self.out.as_deref() == Some(Path::new("-"))
    }

    /// OUT, if it is a directory.
    fn directory(&self) -> Option<&Path> {
        self.out.as_deref().filter(|_| !self.is_to_stdout() && self.named_picture().is_none())
    }

    /// OUT, if its name is that of a picture. The names of a list are those of directories.
    fn named_picture(&self) -> Option<&PathBuf> {
        self.out.as_ref().filter(|out| self.listed.is_none() && OutName::of(out) == OutName::Picture)
    }

    /// The file that takes pictures one after the other: that of --concat, or OUT for one picture.
    fn picture_file(&self) -> Option<&PathBuf> {
        self.concat.as_ref().or_else(|| self.named_picture())
    }
}
