//! A listening socket, and the meaning of errors of `accept`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use socket2::{SockAddr, Socket};

use super::host::is_loopback;
use super::socket_file::SocketFile;

/// Length of the kernel's queue of connections that are not accepted yet. Linux limits it to
/// `net.core.somaxconn`.
pub(super) const BACKLOG: i32 = 4096;

/// A listening, non-blocking socket.
#[derive(Debug)]
pub struct Listener {
    /// Where it listens.
    pub at: Endpoint,
    /// The socket, for registration with a poll.
    pub socket: Socket,
}

/// Where a socket listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// On a TCP address.
    Tcp(SocketAddr),
    /// At a path.
    Unix {
        /// The path.
        path: PathBuf,
        /// The file that `bind` created. It is removed when the listener is dropped.
        file: Option<SocketFile>,
    },
    /// On an inherited Unix-domain socket, with its path if it has one.
    Inherited(Option<PathBuf>),
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Endpoint::Unix { file: Some(file), .. } = &self.at {
            file.remove();
        }
    }
}

impl Listener {
    /// How a client on this machine connects: the start of a URL, or `unix:` and a path.
    pub fn base(&self) -> String {
        match &self.at {
            Endpoint::Tcp(at) => format!("http://{}", reachable(*at)),
            Endpoint::Unix { path, .. } | Endpoint::Inherited(Some(path)) => {
                format!("unix:{}", path.display())
            }
            Endpoint::Inherited(None) => "unix:".into(),
        }
    }

    /// Whether only this machine can connect.
    pub fn is_local(&self) -> bool {
        match &self.at {
            Endpoint::Tcp(at) => is_loopback(at.ip()),
            Endpoint::Unix { .. } | Endpoint::Inherited(_) => true,
        }
    }

    /// Accepts the next connection, if there is one.
    pub fn accept(&self) -> Accepted {
        match self.socket.accept() {
            Ok((socket, peer)) => match prepare(&socket) {
                Ok(()) => Accepted::Connection(socket, peer),
                // The peer has disconnected already.
                Err(_) => Accepted::Lost,
            },
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => Accepted::None,
                _ if is_lost_connection(&error) => Accepted::Lost,
                // No descriptor or memory is available, or another error that an immediate retry would repeat.
                _ => Accepted::NoRoom,
            },
        }
    }
}

/// The result of `accept`.
#[derive(Debug)]
pub enum Accepted {
    /// A connection; its socket is non-blocking.
    Connection(Socket, SockAddr),
    /// A connection that was closed before it was accepted: accept the next one.
    Lost,
    /// No connection is waiting.
    None,
    /// No descriptor or memory is available: try again later.
    NoRoom,
}

/// An address for the URL that a client on this machine can connect to.
fn reachable(at: SocketAddr) -> SocketAddr {
    let ip = match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, at.port())
}

fn prepare(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    match socket.set_tcp_nodelay(true) {
        // Unix-domain sockets do not have this option.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

/// Whether an error of `accept` concerns only one lost connection (accept(2): "treat them like EAGAIN by
/// retrying").
fn is_lost_connection(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [
        Errno::CONNABORTED,
        Errno::INTR,
        Errno::PROTO,
        Errno::NOPROTOOPT,
        Errno::OPNOTSUPP,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
    ]
    .iter()
    .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn listener(at: &str) -> Listener {
        super::super::tcp::bind(&at.parse().unwrap()).unwrap()
    }

    #[test]
    fn accept_never_blocks() {
        let listener = listener("0");
        let Endpoint::Tcp(at) = listener.at else { panic!("{listener:?}") };
        assert!(matches!(listener.accept(), Accepted::None));
        let _client = TcpStream::connect(at).unwrap();
        assert!(matches!(listener.accept(), Accepted::Connection(..)));
        assert!(matches!(listener.accept(), Accepted::None));
    }

    #[test]
    fn the_url_of_an_unspecified_address_has_a_loopback_address() {
        for at in ["0.0.0.0:0", "[::]:0"] {
            let listener = listener(at);
            assert!(!listener.is_local());
            let base = listener.base();
            assert!(base.starts_with("http://127.0.0.1:") || base.starts_with("http://[::1]:"), "{base}");
        }
    }
}
