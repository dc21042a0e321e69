//! Wakes the event loop for one of its streams.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use mio::{Registry, Token, Waker};

use crate::problem::Problem;

/// The wake-ups of one event loop. mio allows one waker for each poll, so all sources share it.
#[derive(Debug, Clone)]
pub struct WakeUps {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waker: Waker,
    /// The streams whose source woke the loop. Bounded: each stream is in it once at most.
    streams: Mutex<Vec<usize>>,
}

/// Wakes the event loop for one stream; clones wake it for the same stream. It may be used from any thread.
#[derive(Debug, Clone)]
pub struct Wake {
    shared: Arc<Shared>,
    stream: usize,
}

impl WakeUps {
    /// Wake-ups that the poll of this registry reports as `token`.
    ///
    /// # Errors
    ///
    /// If the system cannot create a waker.
    pub fn new(registry: &Registry, token: Token) -> Result<Self, Problem> {
        let waker = Waker::new(registry, token).context("cannot create a waker for the source")?;
        Ok(Self { shared: Arc::new(Shared { waker, streams: Mutex::default() }) })
    }

    /// A handle that wakes the loop for the stream with this index.
    pub fn of(&self, stream: usize) -> Wake {
        Wake { shared: Arc::clone(&self.shared), stream }
    }

    /// Moves the indices of the streams that woke the loop into `into`, which is emptied first.
    pub fn take(&self, into: &mut Vec<usize>) {
        into.clear();
        into.append(&mut self.shared.streams.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Wake {
    /// Wakes the loop.
    pub fn wake(&self) {
        {
            // After a panic the list is still valid: each change is one call.
            let mut streams = self.shared.streams.lock().unwrap_or_else(PoisonError::into_inner);
            if streams.contains(&self.stream) {
                return;
            }
            streams.push(self.stream);
        }
        // Waking fails only if the eventfd is full, and then a wake-up is pending.
        let _ = self.shared.waker.wake();
    }

    /// A handle for tests of sources, whose event loop does not exist.
    #[cfg(test)]
    pub fn for_test() -> (Self, mio::Poll) {
        let poll = mio::Poll::new().unwrap();
        (WakeUps::new(poll.registry(), Token(0)).unwrap().of(0), poll)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_stream_is_reported_once() {
        let mut poll = mio::Poll::new().unwrap();
        let wake_ups = WakeUps::new(poll.registry(), Token(7)).unwrap();
        let (first, second) = (wake_ups.of(0), wake_ups.of(1));
        for wake in [&first, &second, &first] {
            wake.wake();
        }
        let mut events = mio::Events::with_capacity(4);
        poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
        assert_eq!(events.iter().next().map(mio::event::Event::token), Some(Token(7)));
        let mut streams = vec![99];
        wake_ups.take(&mut streams);
        assert_eq!(streams, [0, 1]);
        wake_ups.take(&mut streams);
        assert!(streams.is_empty());
    }
}
