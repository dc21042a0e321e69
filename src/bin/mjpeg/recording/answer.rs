//! Waits for what another thread reads: a mount that hangs must not hang us.

use std::time::Duration;

use crate::channel::{Receiver, RecvTimeoutError};
use crate::signal::Stop;

/// How often to look for a signal while the system does not answer.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// The next answer; `None` if there is none within `longest`, at a signal, or without the thread.
pub fn within<T: Send + 'static>(answers: &Receiver<T>, longest: Duration, stop: &Stop) -> Option<T> {
    let mut left = longest;
    loop {
        let wait = left.min(STOP_CHECK_INTERVAL);
        match answers.recv_timeout(wait) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(wait),
        }
        if left.is_zero() || stop.signal().is_some() {
            return None;
        }
    }
}
