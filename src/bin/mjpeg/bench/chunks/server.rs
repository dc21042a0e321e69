//! The server of one cell: one connection, one request, one pump.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use tiny_http::Server as TinyHttp;

use super::cell::{Cell, Pump};
use super::pace::Pace;
use super::parts::Parts;
use super::{pump, tiny};

/// How long to wait for a request, and for a client to close at the end. Both are ours and prompt.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// The longest request head.
const HEAD_BYTES: usize = 8192;

/// A server that listens on a free loopback port.
pub enum Server {
    /// Ours.
    Own(TcpListener),
    /// tiny_http's.
    Tiny(TinyHttp),
}

impl Server {
    /// Listens for the client of `cell`.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn bind(cell: &Cell) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(match cell.pump {
            Pump::TinyHttp => Self::Tiny(TinyHttp::from_listener(listener, None).map_err(io::Error::other)?),
            Pump::EndsOnShortRead | Pump::EndsOnEmptyRead | Pump::Direct => Self::Own(listener),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Own(listener) => listener.local_addr(),
            Self::Tiny(server) => server
                .server_addr()
                .to_ip()
                .ok_or_else(|| io::Error::other("tiny_http does not listen on TCP")),
        }
    }

    /// Answers one request as `cell` says, and ends when its client disconnects. The first frame is due
    /// when the request has been read: `begin` makes the pace, which goes to `started`.
    ///
    /// # Errors
    ///
    /// When the connection fails otherwise than by the client closing it.
    pub fn serve(
        &self,
        cell: &Cell,
        parts: &Parts,
        started: &OnceLock<Pace>,
        begin: impl FnOnce() -> Pace,
    ) -> io::Result<()> {
        let served = match self {
            Self::Own(listener) => answer(listener, cell, parts, started, begin),
            Self::Tiny(server) => tiny::serve(server, parts, PATIENCE, started, begin),
        };
        match served {
            // A client that has seen enough closes, while a pump may still be writing.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
            {
                Ok(())
            }
            served => served,
        }
    }
}

fn answer(
    listener: &TcpListener,
    cell: &Cell,
    parts: &Parts,
    started: &OnceLock<Pace>,
    begin: impl FnOnce() -> Pace,
) -> io::Result<()> {
    // The client connects before this is called: the connection waits in the backlog.
    let (mut socket, _) = listener.accept()?;
    // Each send is one whole chunk or frame: what the kernel would hold back is not what is measured.
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    read_head(&mut socket)?;
    let framing = match cell.reads {
        Some(_) => "Transfer-Encoding: chunked\r\nConnection: keep-alive",
        None => "Connection: close",
    };
    let content_type = parts.content_type();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nCache-Control: no-store\r\n{framing}\r\n\r\n"
    );
    socket.write_all(head.as_bytes())?;
    let pace = started.get_or_init(begin).clone();
    let pumped = match (cell.pump, cell.reads) {
        (Pump::EndsOnShortRead, Some(reads)) => {
            pump::chunks(reads, pump::End::ShortRead, parts, pace, &mut socket)
        }
        (_, Some(reads)) => pump::chunks(reads, pump::End::EmptyRead, parts, pace, &mut socket),
        (_, None) => pump::direct(parts, &pace, &mut socket),
    };
    pumped?;
    // Nothing but the pump ends the stream: the connection stays open until the client disconnects.
    while socket.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// Reads up to the blank line behind the request's fields.
fn read_head(socket: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let len = socket.read(&mut buffer)?;
        if len == 0 || head.len() + len > HEAD_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no request arrived"));
        }
        head.extend_from_slice(&buffer[..len]);
    }
    Ok(())
}
