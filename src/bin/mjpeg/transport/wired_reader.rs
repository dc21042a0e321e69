//! A reader of a descriptor, under the deadline of its wire.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::Arc;

use socket2::Socket;

use super::wire::{Wire, WireEnd};

/// A descriptor that can be read.
pub trait Descriptor: AsFd {
    /// Whether a read that finds nothing returns at once with `WouldBlock`, and zero bytes are the end.
    fn is_nonblocking(&self) -> bool;

    /// Reads into `room`; `wire` takes what is known of the bytes.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn read_some(&self, room: &mut [u8], wire: &Wire) -> io::Result<usize>;
}

impl Descriptor for Arc<Socket> {
    fn is_nonblocking(&self) -> bool {
        true
    }

    fn read_some(&self, room: &mut [u8], wire: &Wire) -> io::Result<usize> {
        wire.receive(self, room)
    }
}

/// Reads a descriptor under the wire's deadline.
pub struct WiredReader {
    descriptor: Box<dyn Descriptor + Send>,
    wire: Arc<Wire>,
}

impl WiredReader {
    /// A reader of `descriptor` that reports to `wire`.
    pub fn new(descriptor: impl Descriptor + Send + 'static, wire: &Arc<Wire>) -> Self {
        Self { descriptor: Box::new(descriptor), wire: Arc::clone(wire) }
    }
}

impl Read for WiredReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut read = || self.descriptor.read_some(room, &self.wire);
        let result = if self.descriptor.is_nonblocking() {
            self.wire.read_ready(&*self.descriptor, &mut read)
        } else {
            self.wire.read(&*self.descriptor, &mut read)
        };
        match result {
            Ok(n) => Ok(n),
            Err(WireEnd::Closed) => Ok(0),
            Err(WireEnd::Reset(why)) => Err(io::Error::other(why)),
            Err(WireEnd::Expired) => Err(io::ErrorKind::TimedOut.into()),
            // Not `Interrupted`: many readers would read again, without end.
            Err(WireEnd::Stopped) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}
