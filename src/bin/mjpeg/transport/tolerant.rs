//! Response heads that an HTTP client would refuse, made fit for one.
//!
//! Cameras say `ICY 200 OK`, end lines in LF, put blanks before colons, send a Content-Length of -1,
//! 0 or 9999999 before an endless stream, and chunks under HTTP/1.0. This layer reads the head itself,
//! keeps it for whoever judges it, and shows the client above a plain one without length and coding:
//! the bytes behind it are then the body just as it was sent.

use std::sync::Arc;

use mjpeg::http::{HEAD_BYTES, Head, HeadError};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::wire::Wire;

/// Puts a [`TolerantTransport`] over whatever was connected.
#[derive(Debug)]
pub struct TolerantConnector(pub Arc<Wire>);

/// A connection whose response head is read tolerantly.
#[derive(Debug)]
pub struct TolerantTransport<In> {
    inner: In,
    wire: Arc<Wire>,
    /// The head as the client above sees it, as far as it has not consumed it.
    shown: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The head has not been read.
    Head,
    /// The head is shown.
    Shown,
    /// What comes is the body.
    Body,
}

impl<In: Transport> Connector<In> for TolerantConnector {
    type Out = TolerantTransport<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let wire = Arc::clone(&self.0);
        Ok(chained.map(|inner| TolerantTransport { inner, wire, shown: Vec::new(), state: State::Head }))
    }
}

impl<In: Transport> TolerantTransport<In> {
    /// Reads until the head is there. `false`: the connection ended first.
    fn read_head(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let mut interim = 0;
        loop {
            let input = self.inner.buffers().input();
            match Head::parse(input) {
                // 1xx heads come before the one that counts.
                Ok(Some(head)) if (100..200).contains(&head.status) && interim < MOST_INTERIM => {
                    interim += 1;
                    let len = head.len;
                    self.inner.buffers().input_consume(len);
                    continue;
                }
                Ok(Some(head)) => {
                    self.shown = PLAIN.to_vec();
                    self.inner.buffers().input_consume(head.len);
                    self.wire.set_head(head);
                }
                // Not HTTP at all: GStreamer's tcpserversink sends the body alone. Longer than any head:
                // the same, and the parser above will say what it is.
                Err(HeadError::Protocol | HeadError::TooLong(_)) if !input.is_empty() => {
                    self.shown = PLAIN.to_vec();
                }
                Err(error) => {
                    let error = std::io::Error::new(std::io::ErrorKind::InvalidData, error);
                    return Err(Error::Io(error));
                }
                Ok(None) => {
                    if input.len() < HEAD_BYTES && self.inner.await_input(timeout)? {
                        continue;
                    }
                    return Ok(false);
                }
            }
            self.state = State::Shown;
            return Ok(true);
        }
    }
}

/// 1xx heads before the one that counts; no server sends more than two.
const MOST_INTERIM: usize = 8;

const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

impl<In: Transport> Transport for TolerantTransport<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        if self.state == State::Body { self.inner.buffers() } else { self }
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match self.state {
            State::Head => self.read_head(timeout),
            State::Shown => Ok(!self.shown.is_empty()),
            State::Body => {
                // What came together with the head is there already.
                if !self.inner.buffers().can_use_input() || self.inner.buffers().input().is_empty() {
                    return self.inner.await_input(timeout);
                }
                Ok(true)
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Input is the head that is shown; output is the inner connection's.
impl<In: Transport> Buffers for TolerantTransport<In> {
    fn output(&mut self) -> &mut [u8] {
        self.inner.buffers().output()
    }

    fn input(&self) -> &[u8] {
        &self.shown
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_appended(&mut self, _: usize) {}

    fn input_consume(&mut self, amount: usize) {
        self.shown.drain(..amount.min(self.shown.len()));
        if self.shown.is_empty() && self.state == State::Shown {
            self.state = State::Body;
        }
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.inner.buffers().tmp_and_output()
    }

    fn can_use_input(&self) -> bool {
        !self.shown.is_empty()
    }
}
