//! Files and standard input: whole responses, bare multipart bodies, concatenated JPEGs.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Stdin};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::anyhow;

use super::target::redacted;
use super::wire::Descriptor;
use crate::problem::Problem;

/// Opens a file to read a stream from.
///
/// # Errors
///
/// When it cannot be opened, or is a directory.
pub fn open_file(path: &Path) -> Result<File, Problem> {
    // Opening a FIFO that has no writer would block. The wire waits for its bytes, and may give up.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(path)
        .map_err(|error| cannot_open(path, error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(anyhow!("{} is a directory; name a file in it, or a URL", path.display()).into());
    }
    Ok(file)
}

/// The problem of a file that does not open, which may be meant as a URL.
fn cannot_open(path: &Path, error: io::Error) -> Problem {
    let shown = redacted(&path.display().to_string());
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    let problem = Problem::new(anyhow::Error::new(error).context(format!("cannot open {shown}")));
    if is_missing && looks_like_a_host(path) {
        return problem.hint(format!("if it is a URL, write http://{shown}"));
    }
    problem
}

/// `camera.local/stream`, `10.0.0.7`, `cam:8080/video`, but not `frames/1.jpg`.
fn looks_like_a_host(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return false };
    let authority = text.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    let has_port = port.is_some_and(|port| port.parse::<u16>().is_ok());
    let is_address = name.parse::<Ipv4Addr>().is_ok();
    let has_dot = name.trim_matches('.').contains('.') && text.contains(['/', '?']);
    is_name && (has_port || is_address || name == "localhost" || has_dot)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_recognised() {
        for (path, is_host) in [
            ("camera.local/stream", true),
            ("10.0.0.7", true),
            ("cam:8080/video", true),
            ("u:p@cam:81/", true),
            ("localhost", true),
            ("frames/1.jpg", false),
            ("capture.http", false),
            ("../a.b/c", false),
            ("./x", false),
            ("", false),
        ] {
            assert_eq!(looks_like_a_host(Path::new(path)), is_host, "{path}");
        }
    }
}
