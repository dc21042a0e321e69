//! Listening on a Unix-domain socket.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Context;
use socket2::{Domain, SockAddr, Socket, Type};

use super::socket::{BACKLOG, Endpoint, Listener};
use super::socket_file::SocketFile;
use crate::problem::Problem;

/// Listens at a path. Replaces a stale socket, on which no process listens any more.
///
/// # Errors
///
/// When the path is not a socket, or another process listens on it.
pub fn bind(path: &Path) -> Result<Listener, Problem> {
    let context = || format!("cannot listen at {}", path.display());
    let address = address(path).with_context(context)?;
    if let Some(file) = SocketFile::at(path)
        && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    {
        // If another server has replaced it meanwhile, it stays, and `bind` fails.
        file.remove();
    }
    if std::fs::symlink_metadata(path).is_ok() && SocketFile::at(path).is_none() {
        return Err(Problem::new(anyhow::anyhow!("cannot listen at {}: it is not a socket", path.display()))
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
    Ok(Listener { at: Endpoint::Unix { path: path.into(), file: SocketFile::at(path) }, socket })
}

/// The address of a Unix-domain socket. Nothing is opened.
///
/// # Errors
///
/// When the path is empty, or too long for a socket address (108 bytes on Linux).
pub fn address(path: &Path) -> io::Result<SockAddr> {
    if path.as_os_str().is_empty() {
        // Linux would bind such a socket to an abstract name of its choice.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is empty"));
    }
    SockAddr::unix(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_a_stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let listener = bind(&path).unwrap();
        assert!(bind(&path).is_err());
        drop(listener);
        assert!(!path.exists());
        std::fs::write(&path, "notes").unwrap();
        assert!(bind(&path).is_err());
        assert!(path.exists());
    }

    #[test]
    fn a_socket_of_another_process_at_the_path_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.sock");
        let first = bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = bind(&path).unwrap();
        drop(first);
        assert!(UnixStream::connect(&path).is_ok());
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn an_empty_path_is_refused() {
        assert!(address(Path::new("")).is_err());
    }
}
