//! One viewer: a connection that does not block, its request, and its response.

use std::io::{self, Read, Write};
use std::rc::Rc;
use std::time::Duration;

use mjpeg::http::Head;
use socket2::{Domain, SockAddr, Socket, Type};

use super::found::{Answer, Found};
use super::frame::Frame;
use super::proof::Trust;
use super::receiver::Receiver;
use crate::clock::Clock;

/// How much a viewer reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Appetite {
    /// All that comes.
    Full,
    /// This many bytes per second.
    Rate(u64),
    /// Nothing.
    Nothing,
}

/// Why a viewer is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// No connection: why.
    Unconnected(String),
    /// The server says no.
    Refusal(Box<Head>),
    /// What came is no stream: why, and the answer, if it says that it is something else.
    NotAStream(String, Option<Box<Answer>>),
    /// The response was a picture with this content type, and no stream.
    Picture(String),
    /// The connection was reset: the message of the system.
    Reset(String),
    /// The response or the connection ended.
    Closed,
}

/// The result of one read.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// Bytes that were read, and when; more may wait.
    Some(usize, Duration),
    /// Bytes that were read, and when; no more wait.
    All(usize, Duration),
    /// The viewer is over.
    Over(Over),
}

/// One viewer.
#[derive(Debug)]
pub struct Viewer {
    socket: Socket,
    /// Bytes of the request that are not sent.
    request: Vec<u8>,
    is_connected: bool,
    receiver: Receiver,
    /// Frames that came.
    frames: u64,
    /// When the connection was begun.
    pub opened: Duration,
    /// How much it reads.
    pub appetite: Appetite,
    /// Bytes that it may read now, with [`Appetite::Rate`].
    pub allowance: f64,
    /// Whether bytes may wait.
    pub is_readable: bool,
    /// Whether the server has closed or reset the connection; bytes may wait before that.
    pub is_closing: bool,
    /// Whether its request had a password.
    pub has_password: bool,
}

impl Viewer {
    /// Begins a connection to `address`.
    ///
    /// # Errors
    ///
    /// If there is no descriptor, or no connection.
    pub fn connect(
        address: &SockAddr,
        request: Vec<u8>,
        trust: &Rc<Trust>,
        body_bytes: usize,
        opened: Duration,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::from(i32::from(address.family())), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(address) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
            result => result?,
        }
        Ok(Self {
            socket,
            request,
            is_connected: false,
            receiver: Receiver::new(trust, body_bytes),
            frames: 0,
            opened,
            appetite: Appetite::Full,
            allowance: 0.0,
            is_readable: false,
            is_closing: false,
            has_password: false,
        })
    }

    /// The connection.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Parts that were not read because they are larger than a viewer may hold.
    pub fn too_large(&self) -> u64 {
        self.receiver.too_large()
    }

    /// Sends what is left of the request.
    ///
    /// # Errors
    ///
    /// Why there is no connection.
    pub fn send(&mut self) -> Result<(), Over> {
        let unconnected = |error: &io::Error| Over::Unconnected(sentence(error));
        if !self.is_connected {
            match self.socket.take_error() {
                Ok(None) => self.is_connected = true,
                Ok(Some(error)) | Err(error) => return Err(unconnected(&error)),
            }
        }
        while !self.request.is_empty() {
            match (&self.socket).write(&self.request) {
                Ok(0) => return Ok(()),
                Ok(n) => drop(self.request.drain(..n)),
                Err(error) if is_retry(&error) => return Ok(()),
                Err(error) => return Err(unconnected(&error)),
            }
        }
        Ok(())
    }

    /// The end of a response.
    fn closed(&self) -> Over {
        match self.receiver.answer() {
            Some(answer) if self.frames == 1 => Over::Picture(answer.content_type()),
            Some(_) if self.frames == 0 => self.no_stream("the response ended without a frame".into()),
            _ => Over::Closed,
        }
    }

    fn no_stream(&self, why: String) -> Over {
        Over::NotAStream(why, self.receiver.answer().cloned().map(Box::new))
    }

    /// Reads once into `buffer`, and calls `each` for each frame that is complete, with its time. All frames of a read have
    /// one time: they were there when it returned.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        clock: &Clock,
        each: &mut impl FnMut(Duration, Frame),
    ) -> Taken {
        let result = (&self.socket).read(buffer);
        let at = clock.now();
        let frames = &mut self.frames;
        let each = &mut |frame| {
            *frames += 1;
            each(at, frame);
        };
        let n = match result {
            Ok(0) if self.receiver.is_before_body() => return Taken::Over(Over::Reset(HEADLESS.into())),
            Ok(0) => {
                self.receiver.finish(each);
                return Taken::Over(self.closed());
            }
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Taken::Some(0, at),
            Err(error) if is_retry(&error) => return Taken::All(0, at),
            Err(error) => return Taken::Over(Over::Reset(sentence(&error))),
        };
        match self.receiver.take(&mut buffer[..n], each) {
            Ok(()) if n < buffer.len() => Taken::All(n, at),
            Ok(()) => Taken::Some(n, at),
            Err(Found::End) => Taken::Over(self.closed()),
            Err(Found::Refusal(head)) => Taken::Over(Over::Refusal(head)),
            Err(Found::NotAStream(why)) => Taken::Over(self.no_stream(why)),
        }
    }
}

/// The connection was closed, and nothing else is known.
const HEADLESS: &str = "the connection was closed without a response head";

/// The message of the system without its number.
pub fn sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused: nothing listens there".into(),
        io::ErrorKind::ConnectionReset => "the connection was reset".into(),
        _ => error.to_string(),
    }
}

fn is_retry(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::NotConnected
    )
}
