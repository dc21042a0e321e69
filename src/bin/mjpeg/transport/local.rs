//! Files and standard input: whole responses, bare multipart bodies, concatenated JPEGs.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Stdin};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::target::redacted;
use super::wire::Descriptor;
use crate::problem::Problem;

/// Opens a file to read a stream from.
///
/// # Errors
///
/// When it cannot be opened, or is a directory.
pub fn open_file(path: &Path) -> Result<File, Problem> {
    if path.to_str().is_some_and(|text| text.contains("://")) {
        let text = redacted(&path.display().to_string());
        return Err(anyhow!("cannot open {text}: only http:// and https:// URLs are known").into());
    }
    // Opening a FIFO that has no writer would block. The wire waits for its bytes, and may give up.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(anyhow!("{} is a directory; name a file in it, or a URL", path.display()).into());
    }
    Ok(file)
}

impl Descriptor for File {
    // A FIFO without a writer reads as if it had ended.
    const IS_NONBLOCKING: bool = false;

    fn read_some(&self, room: &mut [u8]) -> io::Result<usize> {
        (&mut &*self).read(room)
    }
}

impl Descriptor for Stdin {
    const IS_NONBLOCKING: bool = false;

    fn read_some(&self, room: &mut [u8]) -> io::Result<usize> {
        // Not through the standard library's buffer: bytes in it would not show in a poll.
        rustix::io::read(self, room).map_err(io::Error::from)
    }
}
