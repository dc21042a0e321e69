//! The reader over a `std::io::Read`.

use core::fmt;
use std::io::{self, Read};

use super::error::Error;
use super::reader::{Event, Reader};
use super::start::Expected;
use crate::http::Head;

/// Reads a response from `R`, such as a `TcpStream` or a `File`.
///
/// ```
/// use mjpeg::multipart;
/// use mjpeg::response::{Event, Expected, ReadStream};
///
/// # let connection = &b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n\
/// #     --b\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n"[..];
/// let mut stream = ReadStream::new(connection, Expected::Response);
/// while let Some(event) = stream.next_event()? {
///     if let Event::Body(multipart::Event::Part(part)) = event {
///         println!("part {}: {} bytes", part.number, part.body.len());
///     }
/// }
/// # Ok::<(), mjpeg::response::ReadError>(())
/// ```
#[derive(Debug)]
pub struct ReadStream<R> {
    input: R,
    reader: Reader,
    has_ended: bool,
}

/// Why a response cannot be read any further.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The input.
    Io(io::Error),
    /// The bytes.
    Response(Error),
}

impl<R: Read> ReadStream<R> {
    /// A stream of which nothing has been read.
    pub fn new(input: R, expected: Expected) -> Self {
        Self { input, reader: Reader::new(expected), has_ended: false }
    }

    /// Reads up to the next event. `None`: the response has ended.
    ///
    /// # Errors
    ///
    /// As `R` and as [`Reader::next_event`]. [`io::ErrorKind::Interrupted`] is tried again. After other
    /// errors of `R`, such as [`io::ErrorKind::WouldBlock`], the call may be repeated.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, ReadError> {
        while !self.reader.has_event().map_err(ReadError::Response)? {
            if self.has_ended {
                return Ok(None);
            }
            if self.reader.is_over() {
                self.has_ended = true;
                continue;
            }
            match self.input.read(self.reader.space()) {
                Ok(0) => {
                    self.has_ended = true;
                    self.reader.finish();
                }
                Ok(n) => self.reader.filled(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::Io(error)),
            }
        }
        Ok(self.reader.take_event())
    }

    /// The response head, once it has been read.
    pub fn head(&self) -> Option<&Head> {
        self.reader.head()
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Response(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // The error itself is what `Display` shows.
            Self::Io(error) => error.source(),
            Self::Response(error) => error.source(),
        }
    }
}
