//! A plain response head for the HTTP client, so that it passes the real response on as the body.
//!
//! Cameras send `ICY 200 OK`, lines that end in LF, blanks before colons, a Content-Length of -1, 0 or
//! 9999999 before an endless stream, and chunks under HTTP/1.0. An HTTP client refuses or misreads
//! these. This layer shows the client above it a head of its own at once. All that the server sends,
//! its head included, then is the body to the client, and [`mjpeg::response::Reader`] reads it.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};

const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

/// Puts a [`PlainHead`] over a connection.
#[derive(Debug)]
pub struct PlainHeadConnector {
    /// A proxy opens a tunnel first. The client reads the proxy's answer as it is.
    pub is_tunnelled: bool,
    /// Scheme and host for the request line, if the request goes to a proxy that forwards it.
    pub forwarded: Option<String>,
}

/// A connection whose input starts with a plain head.
#[derive(Debug)]
pub struct PlainHead<In> {
    inner: In,
    /// The plain head, as far as the client has not consumed it.
    shown: &'static [u8],
    /// What the target in the request line starts with, until it has been sent.
    forwarded: Option<String>,
}

impl<In: Transport> Connector<In> for PlainHeadConnector {
    type Out = Either<In, PlainHead<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(inner) = chained else { return Ok(None) };
        // The connection to the proxy itself is made without a proxy.
        if self.is_tunnelled && details.config.proxy().is_none() {
            return Ok(Some(Either::A(inner)));
        }
        Ok(Some(Either::B(PlainHead { inner, shown: PLAIN, forwarded: self.forwarded.clone() })))
    }
}

impl<In: Transport> Transport for PlainHead<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        if self.shown.is_empty() { self.inner.buffers() } else { self }
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let amount = match self.forwarded.take() {
            Some(host) => insert_host(self.inner.buffers().output(), amount, host.as_bytes())?,
            None => amount,
        };
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

/// Inserts `host` before the path in the request line at the front of `output`, which has `amount` bytes. Returns
/// their new number.
fn insert_host(output: &mut [u8], amount: usize, host: &[u8]) -> Result<usize, Error> {
    let path = output[..amount].iter().position(|&b| b == b' ').map(|at| at + 1);
    let (Some(path), true) = (path, amount + host.len() <= output.len()) else {
        return Err(Error::BadUri("the request is too long".into()));
    };
    output.copy_within(path..amount, path + host.len());
    output[path..path + host.len()].copy_from_slice(host);
    Ok(amount + host.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_inserted_into_the_request_line() {
        let request = b"GET /x HTTP/1.1\r\n";
        let mut output = [0; 40];
        output[..request.len()].copy_from_slice(request);
        let amount = insert_host(&mut output, request.len(), b"http://cam").unwrap();
        assert_eq!(&output[..amount], b"GET http://cam/x HTTP/1.1\r\n");
        assert!(insert_host(&mut output, amount, &[b'x'; 30]).is_err());
    }
}
