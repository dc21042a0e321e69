//! The server of one cell: one connection, one request, one pump.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use tiny_http::Server as TinyHttp;

use super::cell::{Cell, Pump};
use super::frame_timer::FrameTimer;
use super::parts::Parts;
use super::{pump, tiny};

/// How long to wait for a request, and for the client to close at the end. The client is our own and fast.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// The longest request head.
const HEAD_BYTES: usize = 8192;

/// A server that listens on a free loopback port.
pub enum Server {
    /// A plain listener.
    Own(TcpListener),
    /// The server of tiny_http.
    Tiny(TinyHttp),
}

impl Server {
    /// Listens for the client of `cell`.
    ///
    /// # Errors
    ///
    /// If no port is available.
    pub fn bind(cell: &Cell) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(match cell.pump {
            Pump::TinyHttp => Self::Tiny(TinyHttp::from_listener(listener, None).map_err(io::Error::other)?),
            Pump::EndsOnShortRead | Pump::EndsOnEmptyRead | Pump::Direct => Self::Own(listener),
        })
    }

    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// If the system does not return the address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Own(listener) => listener.local_addr(),
            Self::Tiny(server) => server
                .server_addr()
                .to_ip()
                .ok_or_else(|| io::Error::other("tiny_http does not listen on TCP")),
        }
    }

    /// Answers one request with the pump of `cell`, and ends when the client disconnects. The first frame is due when the
    /// request has been read: then `begin` makes the timer, and `started` holds it.
    ///
    /// # Errors
    ///
    /// If the connection fails, except that the client closed it.
    pub fn serve(
        &self,
        cell: &Cell,
        parts: &Parts,
        started: &OnceLock<FrameTimer>,
        begin: impl FnOnce() -> FrameTimer,
    ) -> io::Result<()> {
        let served = match self {
            Self::Own(listener) => answer(listener, cell, parts, started, begin),
            Self::Tiny(server) => tiny::serve(server, parts, PATIENCE, started, begin),
        };
        match served {
            // The client closes at the end of the measurement, when the pump may still be writing.
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
    started: &OnceLock<FrameTimer>,
    begin: impl FnOnce() -> FrameTimer,
) -> io::Result<()> {
    // The client has connected before this call: the connection waits in the backlog.
    let (mut socket, _) = listener.accept()?;
    // Each send is one whole chunk or frame. Delays by Nagle's algorithm are not measured here.
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
    let timer = started.get_or_init(begin).clone();
    let pumped = match (cell.pump, cell.reads) {
        (Pump::EndsOnShortRead, Some(reads)) => {
            pump::chunks(reads, pump::EndOn::ShortRead, parts, timer, &mut socket)
        }
        (_, Some(reads)) => pump::chunks(reads, pump::EndOn::EmptyRead, parts, timer, &mut socket),
        (_, None) => pump::direct(parts, &timer, &mut socket),
    };
    pumped?;
    // Only the pump ends the stream: the connection stays open until the client disconnects.
    while socket.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// Reads up to the empty line after the request's fields.
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
