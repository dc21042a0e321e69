//! Checks the Host field, against DNS rebinding: an attacker points the name of a web page to our address, and
//! the visitor's browser then lets that page read the stream. The browser still sends the attacker's name as Host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The host names that requests may contain.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// The allowed names; empty for the default rule.
    pub allowed: Vec<String>,
    /// Whether the server listens only on loopback addresses.
    pub loopback: bool,
}

impl Hosts {
    /// Whether a request with this Host field (or without one) may be served.
    ///
    /// IP addresses are always allowed: no name was resolved. Without a list, a server on loopback refuses names
    /// with a dot, because an attacker can own such a name; a server on other addresses cannot know its names and
    /// allows all.
    pub fn allow(&self, host: Option<&str>) -> bool {
        let Some(host) = host else { return true };
        // A trailing dot (the DNS root) does not change the name.
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

/// Parses a host name without a port.
///
/// # Errors
///
/// When the text is empty or contains other characters than letters, digits and `-._`.
pub fn name(text: &str) -> Result<String, String> {
    let sound =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if sound {
        Ok(text.into())
    } else {
        Err("expected a name such as cam.example.org, without a port".into())
    }
}

/// Whether an address can be reached only from this machine.
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
    fn names_with_a_dot_are_refused_on_loopback() {
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
    fn with_a_list_only_its_names_are_allowed() {
        for loopback in [true, false] {
            let hosts = Hosts { allowed: vec!["cam.example".into()], loopback };
            assert!(hosts.allow(Some("CAM.example:8080")) && hosts.allow(Some("192.0.2.7")));
            assert!(!hosts.allow(Some("evil.example")) && !hosts.allow(Some("camera")));
        }
    }
}
