//! Sockets that the parent process has opened.

use std::io;
use std::path::Path;

use anyhow::Context;
use socket2::Socket;

use super::socket::{Endpoint, Listener};
use crate::problem::Problem;

/// The sockets inherited from the parent process (`LISTEN_FDS` of systemd). Their files are never removed.
///
/// # Errors
///
/// When one of them is not a listening socket.
pub fn all() -> Result<Vec<Listener>, Problem> {
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
            .and_then(|socket| match is_listener(&socket) {
                Ok(false) => Err(io::Error::other("it does not listen")),
                _ => Ok(socket),
            })
            .with_context(|| format!("cannot listen at descriptor {} of LISTEN_FDS", n + 3))?;
        let address = socket.local_addr().ok();
        let at = match address.as_ref().and_then(socket2::SockAddr::as_socket) {
            Some(at) => Endpoint::Tcp(at),
            None => {
                Endpoint::Inherited(address.and_then(|address| address.as_pathname().map(Path::to_path_buf)))
            }
        };
        listeners.push(Listener { at, socket });
    }
    Ok(listeners)
}

#[cfg(target_os = "linux")]
fn is_listener(socket: &Socket) -> io::Result<bool> {
    socket.is_listener()
}

/// Elsewhere the system does not say it; the first `accept` fails then.
#[cfg(not(target_os = "linux"))]
fn is_listener(_: &Socket) -> io::Result<bool> {
    Ok(true)
}
