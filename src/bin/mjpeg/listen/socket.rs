//! Listening sockets, and the meaning of errors of `accept`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::host::is_loopback;
use crate::problem::Problem;

/// Length of the kernel's queue of connections that are not accepted yet. Linux limits it to
/// `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A listening, non-blocking socket.
#[derive(Debug)]
pub struct Listener {
    /// The socket, for registration with a poll.
    pub socket: Socket,
    /// Where it listens.
    pub at: Endpoint,
}

/// Where a socket listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// On a TCP address.
    Tcp(SocketAddr),
    /// At a path. The file is removed when the listener is dropped.
    Unix(PathBuf),
    /// On an inherited Unix-domain socket, with its path if it has one.
    Inherited(Option<PathBuf>),
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.at {
            // An error means that the file was removed already.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Listener {
    /// Listens on `address`, a `HOST:PORT`. Port 0 selects a free port.
    ///
    /// # Errors
    ///
    /// When the name cannot be resolved, or when listening fails on all of its addresses.
    pub fn bind(address: &str) -> Result<Self, Problem> {
        let addresses = address
            .to_socket_addrs()
            .with_context(|| format!("cannot listen at `{address}`"))
            .map_err(|error| Problem::new(error).hint("check the host name"))?;
        let mut refused = None;
        for address in addresses {
            match listen(address) {
                Ok(socket) => {
                    let at = socket.local_addr().ok().and_then(|at| at.as_socket()).unwrap_or(address);
                    return Ok(Self { socket, at: Endpoint::Tcp(at) });
                }
                Err(error) => refused = Some(error),
            }
        }
        let error = refused.unwrap_or_else(|| io::Error::other("the name has no address"));
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => Some("port 0 selects a free port: --listen 127.0.0.1:0"),
            io::ErrorKind::PermissionDenied => Some("ports below 1024 need root; use a higher port"),
            _ => None,
        };
        let problem = Problem::new(anyhow::Error::new(error).context(format!("cannot listen at {address}")));
        Err(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        })
    }

    /// Listens at a path. Replaces a stale socket, on which no process listens any more.
    ///
    /// # Errors
    ///
    /// When the path is not a socket, or another process listens on it.
    pub fn bind_unix(path: &Path) -> Result<Self, Problem> {
        let context = || format!("cannot listen at {}", path.display());
        let address = unix_address(path).with_context(context)?;
        let stale = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
            && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        if stale {
            std::fs::remove_file(path).with_context(context)?;
        }
        if std::fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_socket()) {
            return Err(Problem::new(anyhow::anyhow!(
                "cannot listen at {}: it is not a socket",
                path.display()
            ))
            .hint("use a path that does not exist, or the path of an old socket"));
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)
            .and_then(|socket| {
                socket.bind(&address)?;
                socket.listen(BACKLOG)?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            })
            .with_context(context)?;
        Ok(Self { socket, at: Endpoint::Unix(path.into()) })
    }

    /// The sockets inherited from the parent process (`LISTEN_FDS` of systemd).
    ///
    /// # Errors
    ///
    /// When one of them is not a listening socket.
    pub fn inherited() -> Result<Vec<Self>, Problem> {
        let mut files = listenfd::ListenFd::from_env();
        let mut listeners = Vec::new();
        for n in 0..files.len() {
            let tcp = files.take_tcp_listener(n).map(|listener| listener.map(Socket::from));
            let socket = match tcp {
                Ok(socket) => Ok(socket),
                Err(_) => files.take_unix_listener(n).map(|listener| listener.map(Socket::from)),
            };
            let socket = socket
                .and_then(|socket| socket.ok_or_else(|| io::Error::other("it is taken already")))
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .and_then(|socket| match socket.is_listener() {
                    Ok(false) => Err(io::Error::other("it does not listen")),
                    _ => Ok(socket),
                })
                .with_context(|| format!("cannot listen at descriptor {} of LISTEN_FDS", n + 3))?;
            let at = match socket.local_addr().ok().and_then(|at| at.as_socket()) {
                Some(at) => Endpoint::Tcp(at),
                None => Endpoint::Inherited(
                    socket.local_addr().ok().and_then(|at| at.as_pathname().map(Path::to_path_buf)),
                ),
            };
            listeners.push(Self { socket, at });
        }
        Ok(listeners)
    }

    /// How a client on this machine connects: the start of a URL, or `unix:` and a path.
    pub fn base(&self) -> String {
        match &self.at {
            Endpoint::Tcp(at) => format!("http://{}", reachable(*at)),
            Endpoint::Unix(path) | Endpoint::Inherited(Some(path)) => format!("unix:{}", path.display()),
            Endpoint::Inherited(None) => "unix:".into(),
        }
    }

    /// Whether only this machine can connect.
    pub fn is_local(&self) -> bool {
        match &self.at {
            Endpoint::Tcp(at) => is_loopback(at.ip()),
            Endpoint::Unix(_) | Endpoint::Inherited(_) => true,
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

/// Checks `HOST:PORT`. Does not resolve the name.
///
/// # Errors
///
/// When the host or the port is missing, or the port is not a number up to 65535.
pub fn host_port(text: &str) -> Result<String, String> {
    let is_valid = text.rsplit_once(':').is_some_and(|(host, port)| {
        // An IPv6 address has brackets (RFC 3986 3.2.2).
        let has_host =
            !host.is_empty() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
        has_host && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    if is_valid { Ok(text.into()) } else { Err("expected HOST:PORT, such as 0.0.0.0:8080 or [::1]:0".into()) }
}

/// The address of a Unix-domain socket. Nothing is opened.
///
/// # Errors
///
/// When the path is too long for a socket address (108 bytes on Linux).
pub fn unix_address(path: &Path) -> io::Result<SockAddr> {
    SockAddr::unix(path)
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

fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Allow a restart while old connections are in TIME-WAIT.
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

    fn address(listener: &Listener) -> SocketAddr {
        match &listener.at {
            Endpoint::Tcp(at) => *at,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_port_in_use_is_a_problem_with_a_hint() {
        let first = Listener::bind("127.0.0.1:0").unwrap();
        assert_ne!(address(&first).port(), 0);
        let problem = Listener::bind(&address(&first).to_string()).unwrap_err();
        assert!(problem.to_string().contains("in use"), "{problem}");
        assert!(problem.hint.is_some());
    }

    #[test]
    fn accept_never_blocks() {
        let listener = Listener::bind("127.0.0.1:0").unwrap();
        assert!(matches!(listener.accept(), Accepted::None));
        let _client = TcpStream::connect(address(&listener)).unwrap();
        assert!(matches!(listener.accept(), Accepted::Connection(..)));
        assert!(matches!(listener.accept(), Accepted::None));
    }

    #[test]
    fn the_url_of_an_unspecified_address_has_a_loopback_address() {
        for at in ["0.0.0.0:0", "[::]:0"] {
            let listener = Listener::bind(at).unwrap();
            assert!(!listener.is_local());
            let base = listener.base();
            assert!(base.starts_with("http://127.0.0.1:") || base.starts_with("http://[::1]:"), "{base}");
        }
    }

    #[test]
    fn only_a_stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let listener = Listener::bind_unix(&path).unwrap();
        assert!(Listener::bind_unix(&path).is_err());
        drop(listener);
        assert!(!path.exists());
        std::fs::write(&path, "notes").unwrap();
        assert!(Listener::bind_unix(&path).is_err());
        assert!(path.exists());
    }
}
