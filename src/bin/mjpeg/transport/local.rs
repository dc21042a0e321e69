//! Streams from a file or a pipe: whole responses, bare multipart bodies, concatenated JPEGs.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Stdin};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use mjpeg::http::{HEAD_BYTES, Head};

use super::target::redacted;
use super::wire::{Wire, WireEnd};
use crate::exit::Failure;

/// A file or standard input whose head, if it has one, was read.
pub struct Local {
    /// The response head, if the bytes start with one.
    pub head: Option<Head>,
    /// The bytes behind it.
    pub body: Box<dyn Read>,
}

/// Opens a file.
///
/// # Errors
///
/// Exit 6 when it cannot be opened or read.
pub fn open_file(path: &Path, wire: &Arc<Wire>) -> Result<Local, Failure> {
    if path.to_str().is_some_and(|text| text.contains("://")) {
        let text = redacted(&path.display().to_string());
        return Err(Failure::local(anyhow::anyhow!(
            "cannot open {text}: only http:// and https:// URLs are known"
        )));
    }
    // A FIFO that nobody writes to would hold us for ever; the wire waits for its bytes, and may give up.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))
        .map_err(Failure::local)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::local(anyhow::anyhow!(
            "{} is a directory; name a file in it, or a URL",
            path.display()
        )));
    }
    open(file, wire).with_context(|| format!("cannot read {}", path.display())).map_err(Failure::local)
}

/// Takes standard input.
///
/// # Errors
///
/// Exit 6 when it cannot be read.
pub fn open_stdin(wire: &Arc<Wire>) -> Result<Local, Failure> {
    open(io::stdin(), wire).context("cannot read standard input").map_err(Failure::local)
}

fn open<S: Source + 'static>(source: S, wire: &Arc<Wire>) -> io::Result<Local> {
    let mut reader = WiredReader { source, wire: Arc::clone(wire) };
    let mut start = Vec::new();
    let mut piece = [0; 4096];
    let head = loop {
        match Head::parse(&start) {
            // `curl -iL` and `curl -i` keep the heads that came before the one that counts.
            Ok(Some(head)) if head.status < 200 || is_followed(&head, &start) => {
                start.drain(..head.len);
            }
            Ok(Some(head)) => {
                start.drain(..head.len);
                break Some(head);
            }
            Ok(None) if start.len() < HEAD_BYTES => {}
            // Not a response, or none that ends: the parser above says what it is.
            _ => break None,
        }
        match reader.read(&mut piece) {
            Ok(0) => break None,
            Ok(n) => start.extend_from_slice(&piece[..n]),
            Err(error) if wire.end().is_some_and(|end| matches!(end, WireEnd::Reset(_))) => {
                return Err(error);
            }
            // Expired or stopped: whoever reads on will be told again.
            Err(_) => break None,
        }
    };
    Ok(Local { head, body: Box::new(io::Cursor::new(start).chain(reader)) })
}

/// Whether a redirection's head is followed by another head.
fn is_followed(head: &Head, start: &[u8]) -> bool {
    (300..400).contains(&head.status) && start[head.len..].starts_with(b"HTTP/")
}

/// A descriptor that can be waited for and read.
trait Source: AsFd {
    fn read_some(&self, room: &mut [u8]) -> io::Result<usize>;
}

impl Source for File {
    fn read_some(&self, room: &mut [u8]) -> io::Result<usize> {
        (&mut &*self).read(room)
    }
}

impl Source for Stdin {
    fn read_some(&self, room: &mut [u8]) -> io::Result<usize> {
        // Not through the standard library's buffer: bytes in it would not show in a poll.
        rustix::io::read(self, room).map_err(io::Error::from)
    }
}

struct WiredReader<S> {
    source: S,
    wire: Arc<Wire>,
}

impl<S: Source> Read for WiredReader<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.wire.read(&self.source, || self.source.read_some(room)) {
            Ok(n) => Ok(n),
            Err(WireEnd::Closed) => Ok(0),
            Err(WireEnd::Reset(why)) => Err(io::Error::other(why)),
            Err(WireEnd::Expired) => Err(io::ErrorKind::TimedOut.into()),
            Err(WireEnd::Stopped) => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}
