//! `--control`: a socket of its own on which the faults change while the server runs.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use mjpeg::http::decimal;
use socket2::Socket;

use super::fault::Fault;
use super::set::FaultSet;
use crate::clock::Clock;
use crate::listen::address::ListenAddress;
use crate::listen::answer::{Answer, Body};
use crate::listen::host::{Hosts, is_loopback};
use crate::listen::socket::Listener;
use crate::listen::{tcp, unix};
use crate::problem::Problem;
use crate::threads;

/// Most bytes of a request.
const LIMIT: usize = 64 * 1024;
/// How long a request and its answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most connections at a time. One more takes the place of the oldest: a client that sends or reads nothing must not keep
/// others out.
const MOST_CONNECTIONS: usize = 16;
/// The pause after an `accept` that failed: most likely descriptors have run out.
const RETRY: Duration = Duration::from_millis(100);
/// The only path.
const PATH: &str = "/faults";

/// Where the faults are controlled: `unix:PATH`, or a loopback address and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAddress {
    /// A Unix-domain socket at this path.
    Unix(PathBuf),
    /// A TCP address that only this machine can reach.
    Loopback(ListenAddress),
}

impl FromStr for ControlAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            unix::address(path.as_ref()).map_err(|error| error.to_string())?;
            return Ok(Self::Unix(path.into()));
        }
        match text.parse::<ListenAddress>()? {
            ListenAddress::Socket(at) if is_loopback(at.ip()) => {
                Ok(Self::Loopback(ListenAddress::Socket(at)))
            }
            _ => Err("faults are controlled from this machine only: use unix:PATH or 127.0.0.1:PORT".into()),
        }
    }
}

/// The socket. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct Control {
    listener: Listener,
}

impl Control {
    /// Listens, and starts the thread that answers requests.
    ///
    /// # Errors
    ///
    /// When it cannot listen there.
    pub fn start(address: &ControlAddress, set: FaultSet, clock: Clock) -> Result<Self, Problem> {
        let listener = match address {
            ControlAddress::Unix(path) => unix::bind(path)?,
            ControlAddress::Loopback(address) => tcp::bind(address)?,
        };
        let socket = listener.socket.try_clone();
        let socket = socket.and_then(|socket| socket.set_nonblocking(false).map(|()| socket));
        let socket = socket.context("cannot listen for changes of the faults")?;
        threads::start("control", 256 * 1024, move || serve(&socket, &set, &clock))
            .context("cannot start a thread for changes of the faults")?;
        Ok(Self { listener })
    }
}

impl fmt::Display for Control {
    /// The URL, or how curl reaches the socket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.listener.base();
        match base.strip_prefix("unix:") {
            Some(path) => write!(f, "curl --unix-socket {path} http://localhost{PATH}"),
            None => write!(f, "{base}{PATH}"),
        }
    }
}

/// Accepts connections until the process ends. Each has a thread.
fn serve(listener: &Socket, set: &FaultSet, clock: &Clock) {
    let mut open: VecDeque<(Arc<Socket>, JoinHandle<()>)> = VecDeque::new();
    loop {
        let Ok((socket, _)) = listener.accept() else {
            std::thread::sleep(RETRY);
            continue;
        };
        open.retain(|(_, thread)| !thread.is_finished());
        if open.len() >= MOST_CONNECTIONS
            && let Some((oldest, thread)) = open.pop_front()
        {
            // Its thread ends at once: all that it waits for is this socket. An error means that it has ended already.
            let _ = oldest.shutdown(Shutdown::Both);
            drop(thread.join());
        }
        let socket = Arc::new(socket);
        let (own, set, clock) = (Arc::clone(&socket), set.clone(), clock.clone());
        let answered = move || {
            // A peer that fails gets no answer. The next one does.
            drop(answer(&own, &set, &clock));
            // The list of connections has the socket too.
            let _ = own.shutdown(Shutdown::Both);
        };
        match threads::start("control", 128 * 1024, answered) {
            Ok(thread) => open.push_back((socket, thread)),
            Err(_) => std::thread::sleep(RETRY),
        }
    }
}

/// Answers one request.
fn answer(mut socket: &Socket, set: &FaultSet, clock: &Clock) -> io::Result<()> {
    let end = clock.now() + PATIENCE;
    let left = || {
        let left = end.saturating_sub(clock.now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut) } else { Ok(left) }
    };
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let answer = loop {
        if let Some(answer) = reply(&bytes, set) {
            break answer;
        }
        if bytes.len() > LIMIT {
            return Ok(());
        }
        socket.set_read_timeout(Some(left()?))?;
        match socket.read(&mut buffer)? {
            0 => return Ok(()),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    };
    let printed = answer.print(Body::Sent);
    let mut rest = &printed[..];
    while !rest.is_empty() {
        socket.set_write_timeout(Some(left()?))?;
        match socket.write(rest)? {
            0 => return Ok(()),
            n => rest = &rest[n..],
        }
    }
    Ok(())
}

/// The answer to a request; `None` while it is not complete.
fn reply(bytes: &[u8], set: &FaultSet) -> Option<Answer> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let start = match request.parse(bytes) {
        Ok(httparse::Status::Complete(start)) => start,
        Ok(httparse::Status::Partial) => return None,
        Err(error) => return Some(Answer::text(400, &format!("this is not an HTTP request: {error}"))),
    };
    let field = |name: &str| {
        let found = request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    // No page of the web may change the faults by a name that leads to this machine.
    if !(Hosts { loopback: true, ..Hosts::default() }).allow(field("Host")) {
        return Some(Answer::text(421, "use http://127.0.0.1 or http://localhost"));
    }
    if request.path != Some(PATH) {
        return Some(Answer::text(404, "nothing here; try /faults"));
    }
    let length = match field("Content-Length").map(decimal::<usize>) {
        Some(Some(length)) if length <= LIMIT - 8192 => length,
        Some(_) => return Some(Answer::text(413, "the faults of a request have at most 56 KiB")),
        None if field("Transfer-Encoding").is_some() => {
            return Some(Answer::text(411, "send the faults with a Content-Length, not in chunks"));
        }
        None => 0,
    };
    let faults = match request.method {
        Some("GET") => None,
        Some("DELETE") => Some(Vec::new()),
        Some("PUT") => match parse(bytes.get(start..start + length)?) {
            Ok(faults) => Some(faults),
            Err(why) => return Some(Answer::text(400, &why)),
        },
        _ => {
            let answer = Answer::text(405, "only GET, PUT and DELETE are supported");
            return Some(answer.with("Allow", "GET, PUT, DELETE"));
        }
    };
    if let Some(faults) = faults {
        set.replace(faults);
    }
    let list: String = set.faults().iter().map(|fault| format!("{fault}\n")).collect();
    Some(Answer::new(200, "text/plain; charset=utf-8", list))
}

/// One fault a line. All of them are right, or none is used.
fn parse(body: &[u8]) -> Result<Vec<Fault>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the faults are not UTF-8".to_string())?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.parse().map_err(|why: String| format!("{line}: {why}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request: &str, set: &FaultSet) -> Option<String> {
        let printed = String::from_utf8(reply(request.as_bytes(), set)?.print(Body::Sent)).unwrap();
        let (head, body) = printed.split_once("\r\n\r\n").unwrap();
        Some(format!("{} {body}", head.split(' ').nth(1).unwrap()))
    }

    fn put(body: &str) -> String {
        format!("PUT /faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn requests_replace_list_and_remove_the_faults() {
        let set = FaultSet::default();
        let get = "GET /faults HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n";
        assert_eq!(status(get, &set).unwrap(), "200 ");
        assert_eq!(status(&put("no-eoi\n\nstall=1s@3\n"), &set).unwrap(), "200 no-eoi\nstall=1s@3\n");
        let version = set.version();
        assert!(status(&put("reset\nx"), &set).unwrap().starts_with("400 x: no fault"));
        assert_eq!((status(get, &set).unwrap(), set.version()), ("200 no-eoi\nstall=1s@3\n".into(), version));
        assert_eq!(status("DELETE /faults HTTP/1.1\r\n\r\n", &set).unwrap(), "200 ");
        assert!(set.faults().is_empty());
    }

    #[test]
    fn a_request_is_answered_when_it_is_complete() {
        let (set, whole) = (FaultSet::default(), put("no-eoi"));
        for end in 0..whole.len() {
            assert_eq!(status(&whole[..end], &set), None, "{end}");
        }
        assert!(status(&whole, &set).is_some());
    }

    #[test]
    fn other_requests_are_refused() {
        let set = FaultSet::default();
        for (request, expected) in [
            ("PUT /faults HTTP/1.1\r\nHost: evil.example.com\r\nContent-Length: 0\r\n\r\n", "421"),
            ("PUT /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "404"),
            ("POST /faults HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405"),
            ("PUT /faults HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "413"),
            ("PUT /faults HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "413"),
            ("PUT /faults HTTP/1.1\r\nContent-Length: +0\r\n\r\n", "413"),
            ("PUT /faults HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "411"),
            ("\0\r\n\r\n", "400"),
        ] {
            assert!(status(request, &set).unwrap().starts_with(expected), "{request}");
        }
    }

    #[test]
    fn only_this_machine_can_control_the_faults() {
        for right in ["unix:/tmp/a", "127.0.0.1:0", "[::1]:8081", "8081"] {
            assert!(right.parse::<ControlAddress>().is_ok(), "{right}");
        }
        for wrong in ["unix:", "0.0.0.0:1", "[::]:1", "192.0.2.1:1", "example.org:80", ""] {
            assert!(wrong.parse::<ControlAddress>().is_err(), "{wrong}");
        }
    }
}
