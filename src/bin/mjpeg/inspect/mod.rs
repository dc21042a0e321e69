//! `mjpeg inspect`: what is in a stream, part by part, and how two streams differ.

mod column;
mod columns;
mod details;
mod dialect_of;
mod diff;
mod emitter;
mod fault;
mod head_text;
mod hex;
mod json;
mod recorded;
mod region;
mod row;
mod run;
mod text;
mod watcher;

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::asked::Asked;
use crate::clock::Clock;
use crate::color::Color;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::paint::Paint;
use crate::signal::Stop;
use crate::transport::{self, Target};
use crate::usage::Usage;
use crate::value;
use details::Details;
use emitter::Emitter;
use json::Json;
use text::Text;

/// The most bytes of a body in hex.
const MOST_HEX: u64 = 64 << 10;

/// Show what is in a stream, part by part: times, sizes, framing, heads, bytes, markers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg inspect http://camera/stream
  mjpeg inspect http://camera/stream --frames 1 --headers --hex 32
  mjpeg inspect capture.http --jpeg | less
  mjpeg inspect out/ --format json | jq -r '[.part, .gap_ms, .width] | @tsv'
  mjpeg inspect http://camera/stream --diff http://other/stream
  mjpeg inspect http://camera/stream --dialect-of > camera.toml
  mjpeg serve frames/ --dialect ./camera.toml    # as that camera writes it

A line has the number of the part, when its last byte came (seconds since the first byte of the stream), the gap to \
the part before it, the offset and the bytes of its body, how the end of the body was found (length: Content-Length; \
delim: the next delimiter; scan: the end of the picture, without a delimiter; end: the end of the input), the size of \
the picture, its chroma sampling, its quality (that of libjpeg; ~ if its tables are others), and notes: damage, \
deviations from the standards, and fields. A narrow terminal shows fewer columns.

Exit status: 0 done, with --diff: no difference; 1 with --diff: they differ; 3 unreachable, 4 not a stream, 5 stalled \
or reset, 6 our side. The highest one counts.")]
pub struct Inspect {
    /// What to look at: a URL, a file with a saved response (curl -i, with or without --raw) or pictures, a directory of
    /// mjpeg record, `-`, `test:`
    #[arg(value_parser = Target::parser())]
    target: Target,
    /// Read at most N parts [default: 100 of a URL or `test:` without --duration, else no limit]
    #[arg(long, value_name = "N", value_parser = value::count::<u64>(1..))]
    frames: Option<u64>,
    /// Read for at most this long [default: 10s of a URL or `test:` without --frames, else no limit]
    #[arg(long, value_name = "T", value_parser = value::limit)]
    duration: Option<Duration>,
    /// A stream that sends no byte, or no complete part, for this long is stalled
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::limit)]
    idle: Duration,
    /// Show the head of the response and of each part as received, with the line ends, but without the secrets of the
    /// request; before it those on the way to it: redirections, refusals (401), interim heads (100), but not that of a
    /// proxy's tunnel to a URL
    #[arg(long)]
    headers: bool,
    /// Show each part in hex: what is before its delimiter, the delimiter, the head, and the first N bytes of the body
    #[arg(long, value_name = "N", value_parser = hex_bytes)]
    hex: Option<usize>,
    /// Show the markers of each picture: offset, length, and what they say
    #[arg(long)]
    jpeg: bool,
    /// Compare with this stream: heads, fields, framing, pictures, timing. Only differences are shown
    #[arg(long, value_name = "OTHER", value_parser = Target::parser(), conflicts_with_all = ["headers", "hex", "jpeg"])]
    diff: Option<Target>,
    /// With --diff: show also what is the same
    #[arg(long, requires = "diff")]
    all: bool,
    /// Name the nearest known dialect of `serve --dialect`, and print a description of this one: a file that
    /// `serve --dialect FILE` takes. Values that may be secret, such as cookies and serial numbers, are replaced
    #[arg(long, conflicts_with_all = ["headers", "hex", "jpeg", "diff"])]
    dialect_of: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// When to colour text, also help and errors of the command line
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
    #[command(flatten)]
    transport: transport::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines to read
    Text,
    /// One JSON object for each part, each on one line, schema mjpeg.inspect/1; without a stream, or if it fails, a last one that
    /// says why, schema mjpeg.inspect.failure/1; with --diff one object, schema mjpeg.inspect.diff/1; with --dialect-of one
    /// object, schema mjpeg.inspect.dialect/1, or that of a failure
    Json,
}

impl Inspect {
    /// Checks what clap does not.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        if self.transport.poll.is_some() {
            return Err(Usage::conflict("inspect reads one answer; --poll is for record, check and serve"));
        }
        if let Some(option) = self.transport.given()
            && ![Some(&self.target), self.diff.as_ref()].into_iter().flatten().any(Target::is_live)
        {
            return Err(Usage::conflict(format!("{option} is for targets that are URLs, and there is none")));
        }
        match &self.diff {
            Some(Target::Stdin) if self.target == Target::Stdin => {
                Err(Usage::conflict("standard input can be only one of the two streams"))
            }
            _ => Ok(()),
        }
    }

    /// Runs `mjpeg inspect`.
    ///
    /// # Errors
    ///
    /// When there is no stream, or it fails.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        let clock = Clock::real();
        let paint = Paint::from(self.color.on_stdout());
        let width = output::stdout_width();
        if let Some(other) = &self.diff {
            let reading = |target| self.reading(target, Details::default());
            let (left, right) = (reading(&self.target), reading(other));
            let form = match self.format {
                Format::Text => diff::Form::Text { width, paint, all: self.all },
                Format::Json => diff::Form::Json { all: self.all },
            };
            return diff::run(left, right, &form, &clock, stop);
        }
        if self.dialect_of {
            let form = match self.format {
                Format::Text => dialect_of::Form::File,
                Format::Json => dialect_of::Form::Json,
            };
            return dialect_of::run(&self.reading(&self.target, Details::default()), form, &clock, stop);
        }
        let details = Details { headers: self.headers, hex: self.hex, jpeg: self.jpeg };
        let mut emitter: Box<dyn Emitter> = match self.format {
            Format::Text => Box::new(Text::new(details, width, paint)),
            Format::Json => Box::new(Json::new(self.headers)),
        };
        run::show(&self.reading(&self.target, details), &mut *emitter, &clock, stop)
    }

    fn reading(&self, target: &Target, details: Details) -> run::Reading {
        run::Reading {
            target: target.clone(),
            asked: Asked::of(target, self.frames, self.duration, Asked::LOOK),
            idle: self.idle,
            transport: self.transport.clone(),
            details,
        }
    }
}

fn hex_bytes(text: &str) -> Result<usize, String> {
    match value::size(text)? {
        bytes @ 1..=MOST_HEX => usize::try_from(bytes).map_err(|error| error.to_string()),
        _ => Err("from 1 to 64k bytes of each body can be shown".into()),
    }
}
