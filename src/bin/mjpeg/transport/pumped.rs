//! A file that a thread reads into a pipe.
//!
//! The system has no wait for a file with a deadline: a poll says that it can be read, and the read hangs. A pipe has one.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::wire::Wire;
use super::wired_reader::Descriptor;
use crate::threads;

/// Bytes that the pipe should hold. The system may allow fewer.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// The read end of the pipe.
#[derive(Debug)]
pub struct Pumped {
    pipe: OwnedFd,
    /// Why the file could not be read to its end. Set before the pipe is closed.
    failure: Arc<OnceLock<String>>,
}

impl Pumped {
    /// Starts a thread that reads `file`. It ends with the file, or when this is dropped; if a read hangs, it is left behind.
    ///
    /// # Errors
    ///
    /// When the system gives no pipe or thread.
    pub fn new(mut file: File) -> io::Result<Self> {
        // A file that was opened without blocking may be empty for now (/proc/kmsg). The thread can wait.
        let flags = fcntl_getfl(&file)?;
        if flags.contains(OFlags::NONBLOCK) {
            fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
        }
        let (pipe, write) = io::pipe()?;
        let (pipe, write) = (OwnedFd::from(pipe), OwnedFd::from(write));
        #[cfg(target_os = "linux")]
        let _ = rustix::pipe::fcntl_setpipe_size(&write, PIPE_BYTES);
        let failure = Arc::new(OnceLock::new());
        let of_thread = Arc::clone(&failure);
        let pump = move || {
            let mut write = File::from(write);
            // No bytes are copied here if the file system can lend its pages to the pipe.
            match io::copy(&mut file, &mut write) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    let _ = of_thread.set(error.to_string());
                }
                _ => {}
            }
        };
        threads::start("read file", 64 * 1024, pump)?;
        Ok(Self { pipe, failure })
    }
}

impl AsFd for Pumped {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl Descriptor for Pumped {
    fn is_nonblocking(&self) -> bool {
        false
    }

    fn read_some(&self, room: &mut [u8], _: &Wire) -> io::Result<usize> {
        let n = rustix::io::read(&self.pipe, room)?;
        match self.failure.get() {
            Some(why) if n == 0 => Err(io::Error::other(why.clone())),
            _ => Ok(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::clock::Clock;
    use crate::signal::Stop;

    fn all_of(pumped: &Pumped) -> io::Result<Vec<u8>> {
        let (mut all, mut room) = (Vec::new(), vec![0; 5000]);
        let wire = Wire::new(&Clock::real(), &Stop::default());
        loop {
            match pumped.read_some(&mut room, &wire)? {
                0 => return Ok(all),
                n => all.extend_from_slice(&room[..n]),
            }
        }
    }

    #[test]
    fn all_bytes_of_a_file_come_from_where_it_was_read_to() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        io::Seek::seek(&mut file, io::SeekFrom::Start(7)).unwrap();
        assert!(all_of(&Pumped::new(file).unwrap()).unwrap() == bytes[7..]);
    }

    #[test]
    fn a_read_error_is_not_the_end_of_the_file() {
        // The first page of memory is not mapped.
        let file = File::open("/proc/self/mem").unwrap();
        let error = all_of(&Pumped::new(file).unwrap()).unwrap_err();
        assert!(error.to_string().contains("nput/output error"), "{error}");
    }
}
