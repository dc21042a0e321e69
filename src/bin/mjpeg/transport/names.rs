//! The addresses of the next host on a route, looked up in a thread: no system call ends a question to a name server, and a
//! signal must not wait for the answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::route::Route;
use crate::channel::{RecvTimeoutError, sync_channel};
use crate::signal::Stop;
use crate::threads;

/// How often the wait for an answer looks for signals.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Finds addresses for one request.
#[derive(Debug)]
pub struct Names {
    /// The route of the request.
    pub route: Route,
    /// A signal ends the wait.
    pub stop: Stop,
    /// Whether the connection is there already, so that no address is needed.
    pub is_connected: bool,
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if self.is_connected {
            let mut addresses = self.empty();
            // Not used.
            addresses.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
            return Ok(addresses);
        }
        if !self.route.has_name() {
            return self.route.resolve(uri, config, timeout);
        }
        let (send, answer) = sync_channel(1);
        let (route, uri, config) = (self.route.clone(), uri.clone(), config.clone());
        let ask = move || drop(send.send(route.resolve(&uri, &config, timeout)));
        threads::start("resolve", 512 * 1024, ask)?;
        loop {
            match answer.recv_timeout(STOP_CHECK_INTERVAL) {
                Ok(addresses) => return addresses,
                Err(RecvTimeoutError::Timeout) if self.stop.signal().is_some() => {
                    return Err(Error::Io(std::io::ErrorKind::Interrupted.into()));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::HostNotFound),
            }
        }
    }
}
