//! Only this machine is measured, unless the user says that another one may be loaded.

use std::time::Duration;

use anyhow::anyhow;
use socket2::SockAddr;

use crate::exit::{Exit, Failure};
use crate::transport::{PlainRequest, PlainUrl};
use crate::usage::Usage;

/// How long a name server may take.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Checks that a URL leads to this machine, also if its name means another one. Nothing is opened.
///
/// # Errors
///
/// If it leads elsewhere and `may_leave` is not set.
pub fn check(url: &PlainUrl, may_leave: bool) -> Result<(), Usage> {
    let elsewhere = if may_leave { None } else { url.elsewhere(LOOK_UP) };
    elsewhere.map_or(Ok(()), |address| {
        Err(Usage::missing(format!(
            "{url} is another machine ({}), which this could make unusable for others; \
             ask its owner, then add --yes-load-this-host",
            address.ip()
        )))
    })
}

/// Where to connect to. A name may mean another machine now than in [`check`]: its addresses are left out.
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
