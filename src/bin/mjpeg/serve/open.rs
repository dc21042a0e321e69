//! Opens the source that is named on the command line.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use mio::{Registry, Waker};
use mjpeg::jpeg::Walk;
use mjpeg::multipart::Extent;

use super::engine::SOURCE;
use super::feed::Feed;
use super::hub::FrameSource;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::pattern::Size;
use crate::problem::Problem;
use crate::relay::Upstream;
use crate::signal::Stop;
use crate::source::ahead::Ahead;
use crate::source::directory::Directory;
use crate::source::error::Error;
use crate::source::file::WatchedFile;
use crate::source::listing::is_jpeg_name;
use crate::source::live::Mailbox;
use crate::source::paced::Paced;
use crate::source::pattern::Drawing;
use crate::source::picture_file::PICTURE_LIMIT;
use crate::transport::{self, Target};
use crate::value::Rate;

/// The options of a source.
#[derive(Debug)]
pub struct SourceOptions {
    /// The source.
    pub source: Target,
    /// How many times to play a source that ends; `None` means endlessly.
    pub rounds: Option<u32>,
    /// Frames per second, if given.
    pub fps: Option<Rate>,
    /// Send the last frame again after this long without a new one; zero means never.
    pub repeat: Duration,
    /// Where messages go.
    pub reporter: Reporter,
    /// How a URL is reached.
    pub transport: transport::Options,
}

/// Opens the source.
///
/// # Errors
///
/// When the source does not exist or contains no frames.
pub fn open(
    options: &SourceOptions,
    registry: &Registry,
    clock: &Clock,
    stop: &Stop,
) -> Result<FrameSource, Error> {
    let rounds = options.rounds;
    let rate = options.fps.unwrap_or_default();
    let feed = |source: Box<dyn Paced>| FrameSource::Feed(Feed::new(source, rate, clock.clone()));
    let target = options.source.clone();
    match &target {
        Target::Test(size) => {
            let size: Size = size.parse().map_err(|why: String| anyhow!(why))?;
            Ok(feed(Box::new(Ahead::new(Drawing::new(size, options.reporter), waker(registry)?)?)))
        }
        _ if target.is_pipe() && options.fps.is_some() => Ok(feed(Box::new(
            Upstream::new(target, clock, stop, options.reporter).paced(Some(1), waker(registry)?)?,
        ))),
        Target::Url(_) | Target::Stdin => relay(options, target, registry, clock, stop),
        Target::File(_) if target.is_pipe() => relay(options, target, registry, clock, stop),
        Target::File(path) if path.is_dir() => {
            let directory = Directory::open(path, rounds, options.reporter)?;
            // Pictures in memory are available at once; others may be on a slow disk or a network.
            Ok(feed(if directory.is_kept() {
                Box::new(directory)
            } else {
                Box::new(Ahead::new(directory, waker(registry)?)?)
            }))
        }
        Target::File(path) => match kind(path)? {
            Kind::Picture => {
                refuse_loops(rounds, &target)?;
                let mailbox = mailbox(registry)?;
                watch(path, mailbox.clone(), rate, options.reporter)?;
                Ok(live(options, mailbox))
            }
            Kind::Stream => Ok(feed(Box::new(
                Upstream::new(target, clock, stop, options.reporter).paced(rounds, waker(registry)?)?,
            ))),
        },
    }
}

/// Refuses `--once` and `--loops` for a source that never ends.
fn refuse_loops(rounds: Option<u32>, target: &Target) -> Result<(), Problem> {
    match rounds {
        None => Ok(()),
        Some(_) => Err(anyhow!("--once and --loops need a source that ends, and {target} does not").into()),
    }
}

/// Relays a live source: frames are sent as they arrive.
fn relay(
    options: &SourceOptions,
    target: Target,
    registry: &Registry,
    clock: &Clock,
    stop: &Stop,
) -> Result<FrameSource, Error> {
    let mailbox = mailbox(registry)?;
    Upstream::new(target, clock, stop, options.reporter)
        .with_options(options.transport.clone())
        .relay(mailbox.clone())?;
    Ok(live(options, mailbox))
}

/// What a file contains.
enum Kind {
    /// One picture, or none yet: watch the file for changes.
    Picture,
    /// A capture or concatenated pictures: play them.
    Stream,
}

/// Detects what a file contains. A file named `.jpg` or `.jpeg` may be missing or empty: it will be written later.
fn kind(path: &Path) -> Result<Kind, Problem> {
    let named = path.file_name().is_some_and(is_jpeg_name);
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if named && error.kind() == std::io::ErrorKind::NotFound => return Ok(Kind::Picture),
        Err(error) => {
            return Err(anyhow::Error::new(error).context(format!("cannot open {}", path.display())).into());
        }
    };
    let context = || format!("cannot read {}", path.display());
    (&file).take(5).read_to_end(&mut bytes).with_context(context)?;
    if bytes.starts_with(b"HTTP/") || bytes.starts_with(b"--") {
        return Ok(Kind::Stream);
    }
    if bytes.starts_with(&[0xff, 0xd8]) {
        // Two pictures in a row are a stream.
        file.take(PICTURE_LIMIT).read_to_end(&mut bytes).with_context(context)?;
        return Ok(match Walk::over(&bytes) {
            Extent::Complete { end } if bytes[end..].starts_with(&[0xff, 0xd8]) => Kind::Stream,
            _ => Kind::Picture,
        });
    }
    if named {
        return Ok(Kind::Picture);
    }
    Err(Problem::new(anyhow!("{} contains neither JPEGs nor a stream", path.display()))
        .hint("a directory of JPEG files, one JPEG file, a capture, a URL, - or test: can be served"))
}

/// The waker of the event loop. mio allows only one for each poll, and there is only one source.
fn waker(registry: &Registry) -> Result<Waker, Problem> {
    Ok(Waker::new(registry, SOURCE).context("cannot create a waker for the source")?)
}

fn mailbox(registry: &Registry) -> Result<Mailbox, Problem> {
    Ok(Mailbox::new(waker(registry)?))
}

fn live(options: &SourceOptions, mailbox: Mailbox) -> FrameSource {
    FrameSource::Mailbox { mailbox, repeat: (!options.repeat.is_zero()).then_some(options.repeat) }
}

fn watch(path: &Path, mailbox: Mailbox, rate: Rate, reporter: Reporter) -> Result<(), Problem> {
    let file = WatchedFile::new(path, mailbox, rate.span(1) / 2, reporter);
    let thread = std::thread::Builder::new().name("source".into()).stack_size(256 * 1024);
    thread.spawn(|| file.run()).context("cannot start a thread for the source")?;
    Ok(())
}
