//! From the word on the command line to a source of frames.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::anyhow;
use mio::{Registry, Waker};

use super::Serve;
use super::engine::MAIL;
use super::feed::Feed;
use super::hub::Origin;
use crate::clock::Clock;
use crate::exit::Failure;
use crate::source::directory::{Directory, is_jpeg_name};
use crate::source::file::WatchedFile;
use crate::source::live::Mailbox;
use crate::source::paced::Paced;
use crate::source::pattern::{self, Pattern};

/// Opens the source; a directory is played `rounds` times.
///
/// # Errors
///
/// When there is no such source, or it holds no frames.
pub fn open(
    serve: &Serve,
    rounds: Option<u32>,
    registry: &Registry,
    clock: &Clock,
) -> Result<Origin, Failure> {
    let feed = |source: Box<dyn Paced>| Origin::Feed(Feed::new(source, serve.fps, clock.clone()));
    if let Some(size) = serve.source.strip_prefix(pattern::PREFIX) {
        let size = size.parse().map_err(|error: String| Failure::local(anyhow!(error)))?;
        return Ok(feed(Box::new(Pattern::new(size))));
    }
    let path = Path::new(&serve.source);
    if path.is_dir() {
        return Ok(feed(Box::new(Directory::open(path, rounds)?)));
    }
    watched(serve, path, registry)
}

/// A single file: it is told by its name, or by how it starts.
fn watched(serve: &Serve, path: &Path, registry: &Registry) -> Result<Origin, Failure> {
    let named = path.file_name().is_some_and(is_jpeg_name);
    let mut start = Vec::new();
    let found = File::open(path).and_then(|file| file.take(2).read_to_end(&mut start));
    match found {
        Err(error) if !(named && error.kind() == std::io::ErrorKind::NotFound) => {
            let context = format!("cannot open {}", path.display());
            return Err(Failure::local(anyhow::Error::new(error).context(context)));
        }
        // A writer may have just emptied it.
        Ok(_) if !named && start != [0xff, 0xd8] => {
            return Err(Failure::local(anyhow!("{} is no JPEG file", path.display()))
                .hint("a directory of JPEG files, one JPEG file, or test: can be served"));
        }
        _ => {}
    }
    let waker = Waker::new(registry, MAIL).map_err(|error| {
        Failure::local(anyhow::Error::new(error).context("cannot be woken by the source"))
    })?;
    let mailbox = Mailbox::new(waker);
    let file = WatchedFile::new(path, mailbox.clone(), serve.fps.span(1) / 2);
    std::thread::Builder::new().name("source".into()).stack_size(256 * 1024).spawn(|| file.run()).map_err(
        |error| Failure::local(anyhow::Error::new(error).context("cannot start a thread for the source")),
    )?;
    let repeat = (!serve.repeat.is_zero()).then_some(serve.repeat);
    Ok(Origin::Mailbox { mailbox, repeat })
}
