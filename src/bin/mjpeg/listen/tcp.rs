//! Listening on TCP.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use anyhow::Context;
use socket2::{Domain, Protocol, Socket, Type};

use super::address::ListenAddress;
use super::socket::{BACKLOG, Endpoint, Listener};
use crate::problem::Problem;

/// Listens on `address`. Port 0 selects a free port.
///
/// # Errors
///
/// When the name cannot be resolved, or when listening fails on all of its addresses.
pub fn bind(address: &ListenAddress) -> Result<Listener, Problem> {
    let addresses = address
        .resolve()
        .with_context(|| format!("cannot listen at `{address}`"))
        .map_err(|error| Problem::new(error).hint("check the host name"))?;
    let mut refused = None;
    for address in addresses {
        match listen(address) {
            Ok(socket) => {
                let at = socket.local_addr().ok().and_then(|at| at.as_socket()).unwrap_or(address);
                return Ok(Listener { at: Endpoint::Tcp(at), socket });
            }
            Err(error) => refused = Some(error),
        }
    }
    let error = refused.unwrap_or_else(|| io::Error::other("the name has no address"));
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => Some("port 0 selects a free port: --listen 127.0.0.1:0"),
        io::ErrorKind::AddrNotAvailable => {
            Some("this machine does not have the address; 0.0.0.0 and [::] mean all of its addresses")
        }
        io::ErrorKind::PermissionDenied => Some("ports below 1024 need root; use a higher port"),
        _ => None,
    };
    let problem = Problem::new(anyhow::Error::new(error).context(format!("cannot listen at {address}")));
    Err(match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    })
}

fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Allow a restart while old connections are in TIME-WAIT.
    socket.set_reuse_address(true)?;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The addresses of this machine at which other machines reach a socket that listens at `at`: none unless `at` is
/// `0.0.0.0` or `[::]`, and none if the system does not list them.
pub fn other_addresses(at: SocketAddr) -> Vec<SocketAddr> {
    if !at.ip().is_unspecified() {
        return Vec::new();
    }
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    reached_from_outside(at, all.iter().map(if_addrs::Interface::ip))
}

fn reached_from_outside(at: SocketAddr, all: impl Iterator<Item = IpAddr>) -> Vec<SocketAddr> {
    let is_reached = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback(),
        // A URL cannot have a link-local address without a zone, and browsers refuse zones.
        IpAddr::V6(ip) => at.is_ipv6() && *ip != Ipv6Addr::LOCALHOST && !ip.is_unicast_link_local(),
    };
    let mut found: Vec<IpAddr> = all.filter(is_reached).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|ip| SocketAddr::new(ip, at.port())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_a_problem_with_a_hint() {
        let first = bind(&"0".parse().unwrap()).unwrap();
        let Endpoint::Tcp(at) = first.at else { panic!("{first:?}") };
        assert_ne!(at.port(), 0);
        let problem = bind(&ListenAddress::Socket(at)).unwrap_err();
        assert!(problem.to_string().contains("in use"), "{problem}");
        assert!(problem.hint.is_some());
    }

    #[test]
    fn an_unspecified_address_is_reached_at_all_addresses_of_its_family() {
        let all = ["127.0.0.1", "192.0.2.7", "::1", "fe80::1", "2001:db8::7", "192.0.2.7", "169.254.1.2"];
        let reached = |at: &str| {
            let found = reached_from_outside(at.parse().unwrap(), all.iter().map(|ip| ip.parse().unwrap()));
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(reached("0.0.0.0:80"), ["169.254.1.2:80", "192.0.2.7:80"]);
        assert_eq!(reached("[::]:80"), ["169.254.1.2:80", "192.0.2.7:80", "[2001:db8::7]:80"]);
        assert!(other_addresses("192.0.2.7:80".parse().unwrap()).is_empty());
    }
}
