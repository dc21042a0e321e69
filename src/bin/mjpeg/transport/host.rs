//! The host of a URL.

use std::net::IpAddr;

/// A name, an IPv4 address, or an IPv6 address in brackets, perhaps with a zone (RFC 6874).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// A host as it is in a URL.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As it is in a URL: an IPv6 address in brackets.
    pub fn bracketed(&self) -> &str {
        &self.0
    }

    /// The name or address, without brackets.
    pub fn name(&self) -> &str {
        self.0.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.0)
    }

    /// The same as a resolver takes it. RFC 6874 2: the percent sign before the zone is itself encoded.
    pub fn resolvable(&self) -> String {
        self.name().replacen("%25", "%", 1)
    }

    /// Whether it has a zone: `[fe80::1%25eth0]`.
    pub fn has_zone(&self) -> bool {
        self.0.starts_with('[') && self.0.contains('%')
    }

    /// As it is in a URL, without a zone, which means something on this machine only (RFC 6874 4).
    pub fn without_zone(&self) -> String {
        match self.0.split_once('%') {
            Some((address, _)) if self.0.starts_with('[') => format!("{address}]"),
            _ => self.0.clone(),
        }
    }

    /// Whether it is this machine, by its text: a loopback address, or `localhost` (RFC 6761 6.3).
    pub fn is_loopback(&self) -> bool {
        let name = self.name().split('%').next().unwrap_or_default();
        if let Ok(address) = name.parse::<IpAddr>() {
            return address.to_canonical().is_loopback();
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_known() {
        for (host, is_loopback) in [
            ("localhost", true),
            ("LOCALHOST", true),
            ("a.localhost.", true),
            ("127.8.0.1", true),
            ("[::1]", true),
            ("[::ffff:127.0.0.1]", true),
            ("cam", false),
            ("camera.localhost.example", false),
            ("192.168.0.1", false),
            ("[2001:db8::1]", false),
            ("[fe80::1%25lo]", false),
        ] {
            assert_eq!(Host::new(host).is_loopback(), is_loopback, "{host}");
        }
    }

    #[test]
    fn a_zone_is_for_the_resolver_of_this_machine() {
        let host = Host::new("[fe80::1%25eth0]");
        assert!(host.has_zone() && !Host::new("a%25b").has_zone());
        assert_eq!((host.name(), &host.resolvable()[..]), ("fe80::1%25eth0", "fe80::1%eth0"));
        assert_eq!(host.without_zone(), "[fe80::1]");
    }
}
