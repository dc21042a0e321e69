//! Who a peer is, for limits per client.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A client. A site gets at least a whole /64 of IPv6 addresses (RFC 6177), so such a network counts as one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address.
    V6(u64),
    /// All peers of a Unix-domain socket: they have no address.
    Local,
}

impl Client {
    /// The client at this address; `None` on a Unix-domain socket.
    pub fn at(address: Option<SocketAddr>) -> Self {
        match address.map(|address| address.ip().to_canonical()) {
            Some(IpAddr::V4(ip)) => Self::V4(ip),
            Some(IpAddr::V6(ip)) => Self::V6((ip.to_bits() >> 64) as u64),
            None => Self::Local,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network() {
        let client = |text: &str| Client::at(Some(text.parse().unwrap()));
        assert_eq!(client("192.0.2.7:1"), client("192.0.2.7:2"));
        assert_eq!(client("192.0.2.7:1"), client("[::ffff:192.0.2.7]:1"));
        assert_ne!(client("192.0.2.7:1"), client("192.0.2.8:1"));
        assert_eq!(client("[2001:db8::1]:1"), client("[2001:db8::ffff:0:0:2]:1"));
        assert_ne!(client("[2001:db8::1]:1"), client("[2001:db8:0:1::1]:1"));
        assert_eq!(Client::at(None), Client::Local);
    }
}
