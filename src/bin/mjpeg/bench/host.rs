//! Only this machine is measured, unless the user says that another one may be loaded.

use std::time::Duration;

use anyhow::anyhow;
use socket2::SockAddr;

use crate::exit::{Exit, Failure};
use crate::transport::{PlainRequest, PlainUrl};
use crate::usage::Usage;

/// How long a name server may take.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Checks that a URL leads to this machine, by its text: no name server is asked. A name other than `localhost` may lead
/// anywhere.
///
/// # Errors
///
/// If it may lead elsewhere and `may_leave` is not set.
pub fn check(url: &PlainUrl, may_leave: bool) -> Result<(), Usage> {
    if may_leave || url.is_loopback() {
        return Ok(());
    }
    Err(Usage::missing(format!(
        "{url} may be another machine, which this could make unusable for others; \
         ask its owner, then add --yes-load-this-host"
    )))
}

/// Where to connect to. `localhost` may have addresses of other machines: they are left out.
///
/// # Errors
///
/// If the host has no address.
pub fn addresses(request: &PlainRequest, may_leave: bool) -> Result<Vec<SockAddr>, Failure> {
    let mut addresses = request.addresses(LOOK_UP)?;
    if !may_leave {
        addresses.retain(|address| {
            address.as_socket().is_none_or(|address| address.ip().to_canonical().is_loopback())
        });
    }
    if addresses.is_empty() {
        return Err(Failure::new(Exit::Unreachable, anyhow!("the host name has no address on this machine")));
    }
    Ok(addresses)
}
