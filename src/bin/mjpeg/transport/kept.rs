//! A connection that the server keeps open from one request to the next.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mjpeg::http::{Head, Version};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};

/// The place of one connection that nothing uses. Clones share it.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Slot>>);

#[derive(Default)]
struct Slot {
    /// Where the connection leads, with TLS if there is any.
    connection: Option<(String, Box<dyn Transport>)>,
    /// Whether the connection in use may be kept: its response has been read to the end.
    may_keep: bool,
}

impl Kept {
    /// Whether a connection that leads to `origin` is kept and can be used. One that the server has closed meanwhile, or on
    /// which it has sent what no request asked for, is closed.
    pub fn holds(&self, origin: &str) -> bool {
        let mut slot = self.slot();
        slot.connection.take_if(|(kept, connection)| kept == origin && !connection.is_open());
        slot.connection.as_ref().is_some_and(|(kept, _)| kept == origin)
    }

    /// The connection in use may be kept: its response has been read to the end.
    pub fn allow(&self) {
        self.slot().may_keep = true;
    }

    /// Closes the connection.
    pub fn close(&self) {
        *self.slot() = Slot::default();
    }

    /// Takes the connection that leads to `origin`. One that leads elsewhere is closed.
    fn take(&self, origin: &str) -> Option<Box<dyn Transport>> {
        let mut slot = self.slot();
        slot.may_keep = false;
        slot.connection.take().filter(|(kept, _)| kept == origin).map(|(_, connection)| connection)
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // Nothing panics while it holds the lock; if it did, the slot would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server keeps the connection open behind a response with this head, if it is read to its end (RFC 9112 9.3).
pub fn allows_another_request(head: &Head) -> bool {
    let says = |word: &[u8]| {
        let values = head.fields().all("connection");
        values
            .flat_map(|value| value.split(|&b| b == b','))
            .any(|it| it.trim_ascii().eq_ignore_ascii_case(word))
    };
    match head.version {
        Version::Http11 => !says(b"close"),
        _ => says(b"keep-alive"),
    }
}

/// Returns the connection that is kept, or one of `inner` that is put into its place when its response is dropped.
#[derive(Debug)]
pub struct KeepConnector<C> {
    /// What makes new connections.
    pub inner: C,
    /// The place.
    pub kept: Kept,
    /// Where the request goes.
    pub origin: String,
    /// A proxy opens a tunnel first. The connection to the proxy itself is never kept.
    pub is_tunnelled: bool,
}

/// A connection that may be kept.
#[derive(Debug)]
pub struct KeptTransport {
    /// Always there, but in `drop`.
    inner: Option<Box<dyn Transport>>,
    kept: Kept,
    origin: String,
}

impl<C: Connector<()>> Connector<()> for KeepConnector<C> {
    type Out = Either<C::Out, KeptTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        if self.is_tunnelled && details.config.proxy().is_none() {
            return Ok(self.inner.connect(details, chained)?.map(Either::A));
        }
        // One that was kept is not wrapped again: it is used many times.
        let inner = match self.kept.take(&self.origin) {
            Some(inner) => Some(inner),
            None => self.inner.connect(details, chained)?.map(Transport::boxed),
        };
        let (kept, origin) = (self.kept.clone(), self.origin.clone());
        Ok(inner.map(|inner| Either::B(KeptTransport { inner: Some(inner), kept, origin })))
    }
}

impl KeptTransport {
    fn inner(&mut self) -> Result<&mut Box<dyn Transport>, Error> {
        self.inner.as_mut().ok_or(Error::ConnectionFailed)
    }
}

impl Transport for KeptTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        // Only `drop` takes it out.
        self.inner.as_mut().expect("the connection is there until it is dropped").buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner()?.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner()?.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        // The client itself keeps nothing.
        false
    }

    fn is_tls(&self) -> bool {
        self.inner.as_ref().is_some_and(Transport::is_tls)
    }
}

impl Drop for KeptTransport {
    fn drop(&mut self) {
        let Some(mut inner) = self.inner.take() else { return };
        // Bytes that no request asked for would be taken for the next response.
        let is_read = inner.buffers().input().is_empty();
        let mut slot = self.kept.slot();
        if std::mem::take(&mut slot.may_keep) && is_read {
            slot.connection = Some((std::mem::take(&mut self.origin), inner));
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_and_the_connection_field_say_whether_the_connection_stays() {
        for (version, field, stays) in [
            ("1.1", "X: y", true),
            ("1.1", "Connection: close", false),
            ("1.1", "Connection: Upgrade, CLOSE", false),
            ("1.0", "X: y", false),
            ("1.0", "Connection: Keep-Alive", true),
        ] {
            let head = format!("HTTP/{version} 200 OK\r\n{field}\r\n\r\n");
            let head = Head::parse(head.as_bytes()).unwrap().unwrap();
            assert_eq!(allows_another_request(&head), stays, "{version} {field}");
        }
    }
}
