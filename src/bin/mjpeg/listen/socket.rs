//! Sockets that listen, and what an error of `accept` means.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::host::is_loopback;
use crate::problem::Problem;

/// Connections the kernel keeps for us while we are busy; it takes the smaller of this and its own
/// limit (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// A socket that listens and never blocks.
#[derive(Debug)]
pub struct Listener {
    /// The socket itself, for whoever waits on it.
    pub socket: Socket,
    /// Where it listens.
    pub at: Endpoint,
}

/// Where a socket listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// At an address of the network.
    Tcp(SocketAddr),
    /// At a path of the file system, whose file goes when the listener does.
    Unix(PathBuf),
    /// Wherever whoever started us has opened it; at this path if it has one.
    Inherited(Option<PathBuf>),
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.at {
            // It may have gone already.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Listener {
    /// Listens at `address`, a `HOST:PORT`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the name is unknown, or no address it stands for can be listened at.
    pub fn bind(address: &str) -> Result<Self, Problem> {
        let addresses = address
            .to_socket_addrs()
            .with_context(|| format!("cannot listen at `{address}`"))
            .map_err(|error| Problem::new(error).hint("is the name of the host right?"))?;
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
            io::ErrorKind::AddrInUse => Some("port 0 takes a free one: --listen 127.0.0.1:0"),
            io::ErrorKind::PermissionDenied => Some("ports below 1024 are for root; take a higher one"),
            _ => None,
        };
        let problem = Problem::new(anyhow::Error::new(error).context(format!("cannot listen at {address}")));
        Err(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        })
    }

    /// Listens at a path. A socket that nobody listens at any more gives way.
    ///
    /// # Errors
    ///
    /// When something else stands there, or somebody listens there.
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
                "cannot listen at {}: it is no socket",
                path.display()
            ))
            .hint("a new path is wanted, or that of a socket that was left behind"));
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

    /// The sockets that whoever started us has opened for us (systemd's `LISTEN_FDS`).
    ///
    /// # Errors
    ///
    /// When one of them is no socket that listens.
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

    /// How a client on this machine reaches us: the start of a URL, or `unix:` and a path.
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
                _ if is_of_one_connection(&error) => Accepted::Gone,
                // No file or memory is left, or something that trying again at once would not mend.
                _ => Accepted::NoRoom,
            },
        }
    }
}

/// Parses `HOST:PORT`, without a look-up of the name.
///
/// # Errors
///
/// When the host or the port is missing, or the port is not a number up to 65535.
pub fn host_port(text: &str) -> Result<String, String> {
    let is_sound = text.rsplit_once(':').is_some_and(|(host, port)| {
        // An IPv6 address stands in brackets (RFC 3986 3.2.2).
        let has_host =
            !host.is_empty() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
        has_host && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    if is_sound { Ok(text.into()) } else { Err("expected HOST:PORT, such as 0.0.0.0:8080 or [::1]:0".into()) }
}

/// The address of a Unix-domain socket. Nothing is opened.
///
/// # Errors
///
/// When the path is longer than an address may be (108 bytes on Linux).
pub fn unix_address(path: &Path) -> io::Result<SockAddr> {
    SockAddr::unix(path)
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

/// The address to put into a URL: one that a client on this machine can reach.
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

/// Whether an error of accept is one of a connection that is lost already: the next may not be (accept(2):
/// "treat them like EAGAIN by retrying").
fn is_of_one_connection(error: &io::Error) -> bool {
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
    fn an_unspecified_address_is_reached_by_loopback() {
        for at in ["0.0.0.0:0", "[::]:0"] {
            let listener = Listener::bind(at).unwrap();
            assert!(!listener.is_local());
            let base = listener.base();
            assert!(base.starts_with("http://127.0.0.1:") || base.starts_with("http://[::1]:"), "{base}");
        }
    }

    #[test]
    fn a_socket_that_was_left_behind_gives_way_and_nothing_else_does() {
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
