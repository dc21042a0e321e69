//! Where the connection of a request goes: to the host, through a proxy, or to a Unix socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::place::Place;

/// The route of one request.
#[derive(Debug, Clone)]
pub enum Route {
    /// To the host of the URL.
    Direct(Place),
    /// To a proxy that gets the whole URL in the request line (RFC 9112 3.2.2). Proxies often refuse CONNECT to
    /// the ports of http.
    Forward(Place),
    /// To a proxy that opens a tunnel (CONNECT, RFC 9110 9.3.6).
    Tunnel(Place),
    /// To this socket.
    Unix(PathBuf),
}

impl Route {
    /// The route to `place` through `proxy`.
    pub fn through(proxy: Place, place: &Place) -> Self {
        if place.is_https() || proxy.is_https() { Self::Tunnel(proxy) } else { Self::Forward(proxy) }
    }

    /// Whether the next host has a name, whose address is not known.
    pub fn has_name(&self) -> bool {
        match self {
            Self::Direct(place) | Self::Forward(place) | Self::Tunnel(place) => {
                place.host().name().parse::<IpAddr>().is_err()
            }
            Self::Unix(_) => false,
        }
    }

    /// The proxy, if there is one.
    pub fn proxy(&self) -> Option<&Place> {
        match self {
            Self::Forward(proxy) | Self::Tunnel(proxy) => Some(proxy),
            Self::Direct(_) | Self::Unix(_) => None,
        }
    }
}

/// Finds the addresses of the next host on the route, whatever the URL says.
impl Resolver for Route {
    fn resolve(&self, _: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let place = match self {
            Self::Direct(place) | Self::Forward(place) | Self::Tunnel(place) => place,
            Self::Unix(_) => {
                // Not used: the connector knows the path.
                let mut addresses = self.empty();
                addresses.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
                return Ok(addresses);
            }
        };
        if place.host().has_zone() {
            // RFC 6874 2: the percent sign before the zone is itself encoded. No name server is asked.
            let name = place.host().resolvable();
            let mut addresses = self.empty();
            (&name[..], place.port()).to_socket_addrs()?.take(1).for_each(|address| addresses.push(address));
            return if addresses.is_empty() { Err(Error::HostNotFound) } else { Ok(addresses) };
        }
        let url: Uri = place.request_url().parse().map_err(|_| Error::BadUri(place.shown()))?;
        DefaultResolver::default().resolve(&url, config, timeout)
    }
}
