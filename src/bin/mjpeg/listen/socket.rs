//! Sockets that listen, and what an error of `accept` means.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use anyhow::Context;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::exit::Failure;

/// Connections the kernel keeps for us while we are busy; it takes the smaller of this and its own
/// limit (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// A socket that listens and never blocks.
#[derive(Debug)]
pub struct Listener {
    /// The socket itself, for whoever waits on it.
    pub socket: Socket,
    /// Where it listens.
    pub at: SocketAddr,
}

impl Listener {
    /// Listens at `address`, a `HOST:PORT`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the name is unknown, or no address it stands for can be listened at.
    pub fn bind(address: &str) -> Result<Self, Failure> {
        let addresses = address
            .to_socket_addrs()
            .with_context(|| format!("cannot listen at {address}"))
            .map_err(Failure::local)?;
        let mut refused = None;
        for address in addresses {
            match listen(address) {
                Ok(socket) => {
                    let at = socket.local_addr().ok().and_then(|at| at.as_socket()).unwrap_or(address);
                    return Ok(Self { socket, at });
                }
                Err(error) => refused = Some(error),
            }
        }
        let error = refused.unwrap_or_else(|| io::Error::other("the name has no address"));
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => Some("port 0 takes a free one: --listen 127.0.0.1:0"),
            io::ErrorKind::PermissionDenied => Some("ports below 1024 are for root; take a higher one"),
            _ => None,
        };
        let failure =
            Failure::local(anyhow::Error::new(error).context(format!("cannot listen at {address}")));
        Err(match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        })
    }

    /// The address to put into a URL: one that a client on this machine can reach.
    pub fn reachable(&self) -> SocketAddr {
        let ip = match self.at.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.at.port())
    }

    /// Takes the next connection, if there is one.
    pub fn accept(&self) -> Accepted {
        match self.socket.accept() {
            Ok((socket, peer)) => match prepare(&socket) {
                Ok(()) => Accepted::Connection(socket, peer),
                // The peer has gone already.
                Err(_) => Accepted::Gone,
            },
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => Accepted::None,
                _ if out_of_room(&error) => Accepted::NoRoom,
                // ECONNABORTED, EPROTO, EINTR, ENETDOWN ...: this connection is lost, the next may not be
                // (accept(2): "treat them like EAGAIN by retrying").
                _ => Accepted::Gone,
            },
        }
    }
}

/// What `accept` brought.
#[derive(Debug)]
pub enum Accepted {
    /// A connection, set to never block.
    Connection(Socket, SockAddr),
    /// A connection that ended before it was taken: take the next one.
    Gone,
    /// No more connections for now.
    None,
    /// No file or memory is left for another connection: try again a little later.
    NoRoom,
}

fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A server that restarts must not wait for the old connections' TIME-WAIT.
    socket.set_reuse_address(true)?;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn prepare(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    match socket.set_tcp_nodelay(true) {
        // A Unix-domain socket has no such option.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

fn out_of_room(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_port_in_use_is_our_failure_with_a_cure() {
        let first = Listener::bind("127.0.0.1:0").unwrap();
        assert_ne!(first.at.port(), 0);
        let failure = Listener::bind(&first.at.to_string()).unwrap_err();
        assert_eq!(failure.exit, crate::exit::Exit::Local);
        assert!(failure.to_string().contains("in use"), "{failure}");
        assert!(failure.hint.is_some());
    }

    #[test]
    fn accept_never_blocks() {
        let listener = Listener::bind("127.0.0.1:0").unwrap();
        assert!(matches!(listener.accept(), Accepted::None));
        let _client = TcpStream::connect(listener.at).unwrap();
        assert!(matches!(listener.accept(), Accepted::Connection(..)));
        assert!(matches!(listener.accept(), Accepted::None));
    }

    #[test]
    fn an_unspecified_address_is_reached_by_loopback() {
        let listener = Listener::bind("0.0.0.0:0").unwrap();
        assert!(listener.at.ip().is_unspecified());
        assert!(listener.reachable().ip().is_loopback());
    }
}
