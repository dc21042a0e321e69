//! The address that `--listen` names.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::str::FromStr;

/// Longest host name, and longest label of one (RFC 1035 2.3.4).
const NAME_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// Where to listen: an address, or a name that is resolved later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// An IP address and a port.
    Socket(SocketAddr),
    /// A host name and a port.
    Name(String, u16),
}

impl ListenAddress {
    /// The addresses to try, in this order.
    ///
    /// # Errors
    ///
    /// When the name cannot be resolved.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::Socket(at) => Ok(vec![*at]),
            Self::Name(name, port) => Ok((name.as_str(), *port).to_socket_addrs()?.collect()),
        }
    }
}

impl ListenAddress {
    /// An address that one machine can have.
    fn of_machine(at: SocketAddr) -> Result<Self, String> {
        // TCP could listen there, but no client can connect.
        if at.ip().is_multicast() || at.ip() == Ipv4Addr::BROADCAST {
            return Err(format!("{} is the address of a group of machines", at.ip()));
        }
        Ok(Self::Socket(at))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(at) => at.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    /// Parses `HOST:PORT`, `:PORT` and `PORT`. Without a host it is 127.0.0.1: a server that all machines can reach
    /// must be asked for. Names are not resolved.
    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("expected HOST:PORT or PORT, such as 0.0.0.0:8080, [::1]:0 or 8080".into());
        }
        let Ok(port) = port.parse() else {
            return Err(format!("port {port} does not exist: the highest one is 65535"));
        };
        if host.starts_with('[') {
            let at: SocketAddrV6 = text.parse().map_err(|_| format!("{host} is not an IPv6 address"))?;
            return Self::of_machine(at.into());
        }
        if host.contains(':') {
            return Err("an IPv6 address needs brackets, such as [::1]:8080".into());
        }
        if host.is_empty() {
            return Ok(Self::Socket((Ipv4Addr::LOCALHOST, port).into()));
        }
        // A name never consists of digits and dots (RFC 1123 2.1).
        if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            let ip: Ipv4Addr = host.parse().map_err(|_| format!("{host} is not an IPv4 address"))?;
            return Self::of_machine((ip, port).into());
        }
        if is_name(host) {
            Ok(Self::Name(host.into(), port))
        } else {
            Err(format!("`{host}` is neither a host name nor an IP address"))
        }
    }
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_LIMIT).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= NAME_LIMIT && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_host_is_loopback() {
        for (text, expected) in [
            ("8080", "127.0.0.1:8080"),
            (":8080", "127.0.0.1:8080"),
            ("0", "127.0.0.1:0"),
            ("0.0.0.0:65535", "0.0.0.0:65535"),
            ("[::]:080", "[::]:80"),
            ("[fe80::1%3]:1", "[fe80::1%3]:1"),
            ("localhost:1", "localhost:1"),
            ("my-host_2.example.:1", "my-host_2.example.:1"),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_is_refused() {
        let long = format!("{}:1", "a".repeat(LABEL_LIMIT + 1));
        for text in [
            "",
            ":",
            "99999",
            ":99999",
            "127.0.0.1:65536",
            "127.0.0.1:99999999999999999999",
            "-1",
            ":-1",
            "+1",
            "8080 ",
            "127.0.0.1",
            "127.0.0.1:",
            "localhost",
            "256.0.0.1:80",
            "1.2.3:80",
            "1.2.3.4.5:80",
            "224.0.0.1:80",
            "255.255.255.255:0",
            "[ff02::1]:80",
            "::1:80",
            "[::1]",
            "[::1",
            "[]:80",
            "[zz]:80",
            "[1.2.3.4]:80",
            "a b:80",
            "http://localhost:80",
            "a/b:80",
            "@:80",
            "a..b:80",
            ".:80",
            "\u{1b}[31m:80",
            &long,
        ] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }
}
