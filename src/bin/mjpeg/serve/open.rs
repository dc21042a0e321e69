//! From the word on the command line to a source of frames.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use mio::{Registry, Waker};
use mjpeg::jpeg::Walk;
use mjpeg::multipart::Extent;

use super::engine::MAIL;
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
use crate::transport::Target;
use crate::value::Rate;

/// What the command line asks for.
#[derive(Debug)]
pub struct Wanted {
    /// The source.
    pub source: Target,
    /// How often a source that ends is played; `None` is again and again.
    pub rounds: Option<u32>,
    /// Frames per second, if asked for.
    pub fps: Option<Rate>,
    /// After how long a silence the last frame is sent again; zero is never.
    pub repeat: Duration,
    /// Where messages go.
    pub reporter: Reporter,
}

/// Opens the source; what has an end is played `rounds` times.
///
/// # Errors
///
/// When there is no such source, or it holds no frames.
pub fn open(wanted: &Wanted, registry: &Registry, clock: &Clock, stop: &Stop) -> Result<FrameSource, Error> {
    let rounds = wanted.rounds;
    let rate = wanted.fps.unwrap_or_default();
    let feed = |source: Box<dyn Paced>| FrameSource::Feed(Feed::new(source, rate, clock.clone()));
    let target = wanted.source.clone();
    match &target {
        Target::Test(size) => {
            let size: Size = size.parse().map_err(|why: String| anyhow!(why))?;
            Ok(feed(Box::new(Ahead::new(Drawing::new(size, wanted.reporter), waker(registry)?)?)))
        }
        _ if target.is_pipe() && wanted.fps.is_some() => Ok(feed(Box::new(
            Upstream::new(target, clock, stop, wanted.reporter).paced(Some(1), waker(registry)?)?,
        ))),
        Target::Url(_) | Target::Stdin => relay(wanted, target, registry, clock, stop),
        Target::File(_) if target.is_pipe() => relay(wanted, target, registry, clock, stop),
        Target::File(path) if path.is_dir() => {
            let directory = Directory::open(path, rounds, wanted.reporter)?;
            // Pictures that are kept are at hand at once; others may lie on a slow disk or far away.
            Ok(feed(if directory.is_kept() {
                Box::new(directory)
            } else {
                Box::new(Ahead::new(directory, waker(registry)?)?)
            }))
        }
        Target::File(path) => match kind(path)? {
            Kind::Picture => {
                must_be_endless(rounds, &target)?;
                let mailbox = mailbox(registry)?;
                watch(path, mailbox.clone(), rate, wanted.reporter)?;
                Ok(live(wanted, mailbox))
            }
            Kind::Stream => Ok(feed(Box::new(
                Upstream::new(target, clock, stop, wanted.reporter).paced(rounds, waker(registry)?)?,
            ))),
        },
    }
}

/// Refuses to play so many times what never ends.
fn must_be_endless(rounds: Option<u32>, target: &Target) -> Result<(), Problem> {
    match rounds {
        None => Ok(()),
        Some(_) => Err(anyhow!("--once and --loops play what has an end; {target} has none").into()),
    }
}

/// Passes on what comes as it comes.
fn relay(
    wanted: &Wanted,
    target: Target,
    registry: &Registry,
    clock: &Clock,
    stop: &Stop,
) -> Result<FrameSource, Error> {
    let mailbox = mailbox(registry)?;
    Upstream::new(target, clock, stop, wanted.reporter).relay(mailbox.clone())?;
    Ok(live(wanted, mailbox))
}

/// What a file holds.
enum Kind {
    /// One picture, or none yet: it is watched.
    Picture,
    /// Many pictures in a row: it is played.
    Stream,
}

/// Looks into a file. One that is called a JPEG need not be there yet, or may have just been emptied.
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
        // A second picture behind the first one makes it a stream.
        file.take(PICTURE_LIMIT).read_to_end(&mut bytes).with_context(context)?;
        return Ok(match Walk::over(&bytes) {
            Extent::Complete { end } if bytes[end..].starts_with(&[0xff, 0xd8]) => Kind::Stream,
            _ => Kind::Picture,
        });
    }
    if named {
        return Ok(Kind::Picture);
    }
    Err(Problem::new(anyhow!("{} holds neither JPEGs nor a stream", path.display()))
        .hint("a directory of JPEG files, one JPEG file, a capture, a URL, - or test: can be served"))
}

/// What a source wakes the server with; there is one source, so there is one of these.
fn waker(registry: &Registry) -> Result<Waker, Problem> {
    Ok(Waker::new(registry, MAIL).context("cannot be woken by the source")?)
}

fn mailbox(registry: &Registry) -> Result<Mailbox, Problem> {
    Ok(Mailbox::new(waker(registry)?))
}

fn live(wanted: &Wanted, mailbox: Mailbox) -> FrameSource {
    FrameSource::Mailbox { mailbox, repeat: (!wanted.repeat.is_zero()).then_some(wanted.repeat) }
}

fn watch(path: &Path, mailbox: Mailbox, rate: Rate, reporter: Reporter) -> Result<(), Problem> {
    let file = WatchedFile::new(path, mailbox, rate.span(1) / 2, reporter);
    let thread = std::thread::Builder::new().name("source".into()).stack_size(256 * 1024);
    thread.spawn(|| file.run()).context("cannot start a thread for the source")?;
    Ok(())
}
