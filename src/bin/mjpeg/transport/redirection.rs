//! Redirections: where an answer sends us (RFC 9110 15.4).

use anyhow::anyhow;
use mjpeg::http::Head;

use super::open_error::{OpenError, OpenErrorKind};
use super::place::Place;
use super::secrets::Secrets;
use crate::redacted::redacted;

/// Redirections that are followed.
pub const MOST: usize = 10;

/// Where an answer sends us.
pub struct Redirection {
    /// The place.
    pub to: Place,
    /// The Location as it came.
    pub location: String,
}

impl Redirection {
    /// Where this head of an answer from `place` leads.
    ///
    /// # Errors
    ///
    /// When its Location is not a place. What it repeats of `secrets` is not shown.
    pub fn of(head: &Head, place: &Place, secrets: &Secrets) -> Result<Self, OpenError> {
        let location = head.text("location").unwrap_or_default();
        let to = place.join(&location).map_err(|why| {
            let (status, url) = (head.status, place.shown());
            OpenError::new(
                OpenErrorKind::Redirection,
                anyhow!("{url}: HTTP status {status} to `{}`: {why}", redacted(&secrets.hidden(&location))),
            )
        })?;
        Ok(Self { to, location })
    }
}

/// The error when a URL leads to more redirections than [`MOST`].
pub fn too_many(url: &str) -> OpenError {
    OpenError::new(OpenErrorKind::Redirection, anyhow!("{url}: more than {MOST} redirections"))
}
