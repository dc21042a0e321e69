//! Files that options name: passwords, header fields, lists of targets. They are small, and a signal ends the wait for them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use crate::channel::{RecvTimeoutError, channel};
use crate::signal::Stop;
use crate::threads;

/// Longest file, in bytes.
pub const LONGEST: usize = 1 << 20;
/// How often to look for a signal while the file does not answer.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Reads a file. It may be a pipe, such as `<(command)` of a shell, that is written much later or never: a thread reads
/// it, and is left behind after a signal.
///
/// # Errors
///
/// When the file cannot be read, is too long, or a signal arrives first.
pub fn read(path: &Path, stop: &Stop) -> io::Result<Vec<u8>> {
    read_long(Some(path), LONGEST, stop)
}

/// Reads a file, or standard input, of at most `longest` bytes.
///
/// # Errors
///
/// Those of [`read`].
pub fn read_long(path: Option<&Path>, longest: usize, stop: &Stop) -> io::Result<Vec<u8>> {
    match path.map(Path::to_path_buf) {
        Some(path) => in_thread(move || contents(File::open(path)?, longest), stop),
        None => in_thread(move || contents(io::stdin(), longest), stop),
    }
}

/// Reads standard input to its end, like a file.
///
/// # Errors
///
/// Those of [`read`].
pub fn read_stdin(stop: &Stop) -> io::Result<Vec<u8>> {
    read_long(None, LONGEST, stop)
}

fn in_thread(
    contents: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
    stop: &Stop,
) -> io::Result<Vec<u8>> {
    let (answer, answers) = channel();
    threads::start("option file", 64 * 1024, move || {
        // The receiver is gone after a signal.
        let _ = answer.send(contents());
    })?;
    loop {
        match answers.recv_timeout(STOP_CHECK_INTERVAL) {
            Ok(contents) => return contents,
            Err(RecvTimeoutError::Timeout) if stop.signal().is_none() => {}
            Err(RecvTimeoutError::Timeout) => return Err(io::Error::other("interrupted by a signal")),
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the reading thread ended")),
        }
    }
}

fn contents(input: impl Read, longest: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(longest as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > longest {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {longest} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_too_long() {
        let error = read(Path::new("/dev/zero"), &Stop::default()).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 1048576 bytes");
        assert!(read(Path::new("/dev/null"), &Stop::default()).unwrap().is_empty());
        assert_eq!(
            read(Path::new("/missing"), &Stop::default()).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
