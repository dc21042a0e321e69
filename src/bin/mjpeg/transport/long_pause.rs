//! How long to wait after an obstacle that will not be gone within seconds: for programs that watch a camera for days.

use std::time::Duration;

use super::open_error::{OpenError, OpenErrorKind};

/// The pause after an answer that will hardly change, such as 404 or a page: the camera may be another one by then.
pub const LONG_PAUSE: Duration = Duration::from_secs(30);
/// The pause after a refused password: many cameras lock the account after some of them.
const PASSWORD_PAUSE: Duration = Duration::from_secs(300);

impl OpenErrorKind {
    /// The shortest time after an obstacle of this kind until the camera may be asked again, whatever interval is set.
    pub fn least_pause(self) -> Duration {
        if self == Self::Password { PASSWORD_PAUSE } else { Duration::ZERO }
    }
}

impl OpenError {
    /// The shortest time until the camera may be asked again. It may ask for a longer one (`Retry-After`), of 5 minutes at most.
    pub fn least_pause(&self) -> Duration {
        self.kind.least_pause().max(self.retry_after.unwrap_or_default().min(PASSWORD_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_refused_password_and_the_server_ask_for_a_pause() {
        use OpenErrorKind::*;
        for (kind, retry_after, pause) in [
            (Password, None, 300),
            (Password, Some(2), 300),
            (Password, Some(86_400), 300),
            // Without a password there is no account to lock.
            (Status(401), None, 0),
            (Status(503), Some(120), 120),
            (Status(503), Some(86_400), 300),
            (Status(404), None, 0),
            (Connect, None, 0),
        ] {
            let mut error = OpenError::new(kind, anyhow!("no"));
            error.retry_after = retry_after.map(Duration::from_secs);
            assert_eq!(error.least_pause(), Duration::from_secs(pause), "{kind:?} {retry_after:?}");
        }
    }
}
