//! Listening on a Unix-domain socket.

use std::io;
use std::os::unix::ffi::OsStrExt;
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
        && is_stale(&address).with_context(context)?
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

/// Whether no process listens at an address. A server whose queue is full would block a connection without end; such a
/// server listens.
fn is_stale(address: &SockAddr) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    Ok(socket.connect(address).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused))
}

/// The address of a Unix-domain socket. Nothing is opened.
///
/// # Errors
///
/// When the path is empty, contains a control character, or is too long for a socket address (108 bytes on Linux).
pub fn address(path: &Path) -> io::Result<SockAddr> {
    if path.as_os_str().is_empty() {
        // Linux would bind such a socket to an abstract name of its choice.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is empty"));
    }
    if path.as_os_str().as_bytes().iter().any(u8::is_ascii_control) {
        // Standard output has the path in one line.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path contains a control character"));
    }
    SockAddr::unix(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_server_with_a_full_queue_keeps_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.sock");
        let address = address(&path).unwrap();
        let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        busy.bind(&address).unwrap();
        busy.listen(0).unwrap();
        let connect = || {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket.connect(&address).map(|()| socket)
        };
        let mut waiting = Vec::new();
        while let Ok(socket) = connect() {
            waiting.push(socket);
        }
        let error = bind(&path).unwrap_err().to_string();
        assert!(error.contains("in use"), "{error}");
        assert!(path.exists());
    }

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
    fn empty_paths_and_paths_with_control_characters_are_refused() {
        assert!(address(Path::new("")).is_err());
        assert!(address(Path::new("/tmp/a\nb")).is_err() && address(Path::new("/tmp/a b")).is_ok());
    }
}
