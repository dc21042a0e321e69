//! TCP sockets below the HTTP client.

use std::io::{self, Write};
use std::sync::Arc;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use socket2::{Domain, SockAddr, Socket, Type};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::cut::Cut;
use super::route::Route;
use super::tcp_state::Asked;
use super::wire::{Wire, WireEnd};

/// Opens sockets that report to a [`Wire`].
#[derive(Debug)]
pub struct TcpConnector {
    /// What the sockets report to.
    pub wire: Arc<Wire>,
    /// Where they go.
    pub route: Route,
    /// What ends them.
    pub cut: Option<Cut>,
}

/// One connection.
#[derive(Debug)]
pub struct TcpTransport {
    stream: Arc<Socket>,
    buffers: LazyBuffers,
    wire: Arc<Wire>,
}

impl<In: Transport> Connector<In> for TcpConnector {
    type Out = Either<In, TcpTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        let config = details.config;
        let addresses: Vec<SockAddr> = match &self.route {
            Route::Unix(path) => vec![SockAddr::unix(path)?],
            _ => details.addrs.iter().map(|&address| address.into()).collect(),
        };
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        let tries = addresses.len();
        for (n, address) in addresses.iter().enumerate() {
            match connect(address, &self.wire, self.cut.as_ref(), tries - n) {
                Ok(stream) => {
                    // Nothing has been read: without TLS the bytes need no detour through the client.
                    let is_plain = !details.needs_tls() && !matches!(self.route, Route::Tunnel(_));
                    self.wire.set_socket(is_plain.then(|| Arc::clone(&stream)));
                    let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
                    let transport = TcpTransport { stream, buffers, wire: Arc::clone(&self.wire) };
                    return Ok(Some(Either::B(transport)));
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

/// Connects, until a signal or its share of the time until the wire's deadline: `tries` addresses are left, and
/// the first one may be of a network that does not answer (IPv6 without a route).
fn connect(address: &SockAddr, wire: &Wire, cut: Option<&Cut>, tries: usize) -> io::Result<Arc<Socket>> {
    let socket = Arc::new(Socket::new(Domain::from(i32::from(address.family())), Type::STREAM, None)?);
    if cut.is_some_and(|cut| !cut.allows(&socket)) {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Err(error) if error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {
            wire.wait_share(&socket, PollFlags::OUT, tries).map_err(|end| match end {
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
    if address.is_ipv4() || address.is_ipv6() {
        let _ = socket.set_tcp_nodelay(true);
        probed(&socket);
        wire.prepare(&socket);
        wire.connected(Asked::of(&socket));
    }
    Ok(socket)
}

/// Lets the system ask the other end for a sign of life in each second without a packet, so that a silent camera and a broken
/// path differ. That never ends the connection: how long to wait is decided above.
#[cfg(target_os = "linux")]
fn probed(socket: &Socket) {
    let second = super::evidence::PROBE_AFTER;
    let probes = socket2::TcpKeepalive::new().with_time(second).with_interval(second);
    // The longest that the system takes; without it, nine probes without an answer would end the connection.
    let longest = std::time::Duration::from_millis(i32::MAX as u64);
    if socket.set_tcp_user_timeout(Some(longest)).is_ok() {
        let _ = socket.set_tcp_keepalive(&probes);
    }
}

/// Elsewhere the answers cannot be counted.
#[cfg(not(target_os = "linux"))]
fn probed(_: &Socket) {}

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
        match self.wire.read(stream, &mut || self.wire.receive(stream, room)) {
            Ok(n) => {
                self.buffers.input_appended(n);
                Ok(true)
            }
            Err(WireEnd::Closed) => Ok(false),
            Err(WireEnd::Expired) => Err(Error::Timeout(Timeout::PerRead)),
            // Not `Interrupted`: rustls would read again, without end.
            Err(WireEnd::Stopped) => Err(Error::Io(io::ErrorKind::ConnectionAborted.into())),
            Err(WireEnd::Reset(why)) => Err(Error::Io(io::Error::new(io::ErrorKind::ConnectionReset, why))),
        }
    }

    fn is_open(&mut self) -> bool {
        // A server that closes, or sends what no request asked for (408), has ended the connection for us.
        let mut byte = [0; 1];
        let peeked = recv(&*self.stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT);
        peeked.is_err_and(|error| error == Errno::AGAIN)
    }
}
