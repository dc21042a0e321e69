//! The bytes of a response as received.

use std::time::Duration;

use crate::problem::Problem;

/// Sees each byte of a response as received: after TLS, before the chunked coding is removed, from the
/// status line on.
pub trait Tap {
    /// The next bytes, and when they came by the clock.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn bytes(&mut self, bytes: &[u8], at: Duration) -> Result<(), Problem>;
}
