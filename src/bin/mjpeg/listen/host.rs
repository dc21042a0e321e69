//! The Host field against DNS rebinding: a web page elsewhere that gives its own name our address could
//! make a browser read the stream for it. The browser then still sends the page's name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The names under which the server may be asked.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Names that are allowed.
    pub allowed: Vec<String>,
    /// Whether the server listens on this machine's own addresses alone.
    pub loopback: bool,
}

impl Hosts {
    /// Whether a request with this Host field (or none) may be served.
    ///
    /// Addresses are always fine: no name was looked up. Without a list, a server on loopback refuses
    /// names with a dot, as those are the ones that strangers can own; beyond loopback it cannot know
    /// its names and allows all.
    pub fn allow(&self, host: Option<&str>) -> bool {
        let Some(host) = host else { return true };
        // A name with its root is the same name.
        let name = without_port(host);
        let name = name.strip_suffix('.').unwrap_or(name);
        let listed = self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
        let lower = name.to_ascii_lowercase();
        if listed || is_address(name) || lower == "localhost" || lower.ends_with(".localhost") {
            return true;
        }
        if self.allowed.is_empty() { !self.loopback || !name.contains('.') } else { false }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_address(name: &str) -> bool {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    name.parse::<Ipv4Addr>().is_ok() || bare.is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok())
}

/// Whether an address is reached from this machine alone.
pub fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_strangers_are_refused_on_loopback() {
        let hosts = Hosts { allowed: Vec::new(), loopback: true };
        for host in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "localhost",
            "LOCALHOST:80",
            "a.localhost",
            "localhost.",
            "camera",
        ] {
            assert!(hosts.allow(Some(host)), "{host}");
        }
        assert!(hosts.allow(None));
        for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"]
        {
            assert!(!hosts.allow(Some(host)), "{host}");
            assert!(Hosts::default().allow(Some(host)), "{host}");
        }
    }

    #[test]
    fn a_list_of_names_is_the_whole_list() {
        for loopback in [true, false] {
            let hosts = Hosts { allowed: vec!["cam.example".into()], loopback };
            assert!(hosts.allow(Some("CAM.example:8080")) && hosts.allow(Some("192.0.2.7")));
            assert!(!hosts.allow(Some("evil.example")) && !hosts.allow(Some("camera")));
        }
    }
}
