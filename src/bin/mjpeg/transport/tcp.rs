//! TCP sockets below the HTTP client.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustix::event::PollFlags;
use socket2::{Domain, Socket, Type};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::wire::{Wire, WireEnd};

/// Opens sockets that report to a [`Wire`].
#[derive(Debug)]
pub struct TcpConnector(pub Arc<Wire>);

/// One connection.
#[derive(Debug)]
pub struct TcpTransport {
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    wire: Arc<Wire>,
}

impl<In: Transport> Connector<In> for TcpConnector {
    type Out = TcpTransport;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<In>) -> Result<Option<TcpTransport>, Error> {
        let config = details.config;
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for addr in &details.addrs {
            match connect(*addr, &self.0) {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    let stream = Arc::new(stream);
                    // Nothing has been read: without TLS the bytes need no detour through the client.
                    self.0.set_socket((!details.needs_tls()).then(|| Arc::clone(&stream)));
                    let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
                    return Ok(Some(TcpTransport { stream, buffers, wire: Arc::clone(&self.0) }));
                }
                Err(error) => failure = error,
            }
        }
        Err(if failure.kind() == io::ErrorKind::TimedOut {
            Error::Timeout(Timeout::Connect)
        } else {
            Error::Io(failure)
        })
    }
}

/// Connects, until the wire's deadline or a signal.
fn connect(addr: SocketAddr, wire: &Wire) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&addr.into()) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {
            wire.wait(&socket, PollFlags::OUT).map_err(|end| match end {
                WireEnd::Expired => io::ErrorKind::TimedOut.into(),
                WireEnd::Stopped => {
                    wire.ended(WireEnd::Stopped);
                    io::ErrorKind::Interrupted.into()
                }
                end => io::Error::other(format!("{end:?}")),
            })?;
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
        }
        result => result?,
    }
    socket.set_nonblocking(false)?;
    Ok(socket.into())
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = timeout.for_write();
        self.stream.set_write_timeout(timeout.not_zero().map(|left| *left))?;
        (&*self.stream).write_all(&self.buffers.output()[..amount]).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
            _ => Error::Io(error),
        })
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        // The wire's own deadline counts: it moves with what the reader above has seen.
        let (stream, room) = (&*self.stream, self.buffers.input_append_buf());
        match self.wire.read(stream, || (&mut &*stream).read(room)) {
            Ok(n) => {
                self.buffers.input_appended(n);
                Ok(true)
            }
            Err(WireEnd::Closed) => Ok(false),
            Err(WireEnd::Expired) => Err(Error::Timeout(Timeout::PerRead)),
            Err(WireEnd::Stopped) => Err(Error::Io(io::ErrorKind::Interrupted.into())),
            Err(WireEnd::Reset(why)) => Err(Error::Io(io::Error::new(io::ErrorKind::ConnectionReset, why))),
        }
    }

    fn is_open(&mut self) -> bool {
        // Connections are never used twice.
        false
    }
}
