//! A plain response head for the HTTP client, so that it passes the real response on as the body.
//!
//! Cameras send `ICY 200 OK`, lines that end in LF, blanks before colons, a Content-Length of -1, 0 or
//! 9999999 before an endless stream, and chunks under HTTP/1.0. An HTTP client refuses or misreads
//! these. This layer shows the client above it a head of its own at once. All that the server sends,
//! its head included, then is the body to the client, and [`mjpeg::response::Reader`] reads it.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

/// Puts a [`PlainHead`] over a connection.
#[derive(Debug)]
pub struct PlainHeadConnector;

/// A connection whose input starts with a plain head.
#[derive(Debug)]
pub struct PlainHead<In> {
    inner: In,
    /// The plain head, as far as the client has not consumed it.
    shown: &'static [u8],
}

impl<In: Transport> Connector<In> for PlainHeadConnector {
    type Out = PlainHead<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| PlainHead { inner, shown: PLAIN }))
    }
}

impl<In: Transport> Transport for PlainHead<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        if self.shown.is_empty() { self.inner.buffers() } else { self }
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if self.shown.is_empty() { self.inner.await_input(timeout) } else { Ok(true) }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Input is the plain head; output is the inner connection's.
impl<In: Transport> Buffers for PlainHead<In> {
    fn output(&mut self) -> &mut [u8] {
        self.inner.buffers().output()
    }

    fn input(&self) -> &[u8] {
        self.shown
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_appended(&mut self, _: usize) {}

    fn input_consume(&mut self, amount: usize) {
        self.shown = self.shown.get(amount..).unwrap_or_default();
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.inner.buffers().tmp_and_output()
    }

    fn can_use_input(&self) -> bool {
        !self.shown.is_empty()
    }
}
