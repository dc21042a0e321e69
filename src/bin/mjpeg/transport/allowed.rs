//! The hosts that may be asked, if others decide which URL is requested.

use std::net::IpAddr;
use std::str::FromStr;

use super::place::Place;
use super::target::Target;

/// A pattern of hosts.
///
/// ```text
/// pattern = [ ( "http" / "https" ) "://" ] host [ ":" port ]
/// host    = name with any number of "*" / IPv4address [ "/" bits ] / "[" IPv6address [ "/" bits ] "]"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// Whether it must be https, if the pattern says so.
    is_https: Option<bool>,
    host: Host,
    /// Any port if there is none.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// In lower case; `*` stands for any characters.
    Name(String),
    /// The first bits of an address.
    Network(IpAddr, u8),
}

impl HostPattern {
    /// Whether the host of this target may be asked. A target that is no URL has none.
    pub fn allows_url(&self, target: &Target) -> bool {
        matches!(target, Target::Url(url) if Place::parse(url).is_ok_and(|place| self.allows(&place)))
    }

    /// Whether this place may be asked. An address is compared as one; the name of a host is compared as it is written, and the
    /// one who answers for it in the DNS is trusted with its address.
    pub(super) fn allows(&self, place: &Place) -> bool {
        self.is_https.is_none_or(|is_https| is_https == place.is_https())
            && self.port.is_none_or(|port| port == place.port())
            && match (&self.host, place.host_name().parse::<IpAddr>()) {
                (Host::Network(network, bits), Ok(address)) => {
                    is_within(address.to_canonical(), *network, *bits)
                }
                (Host::Network(..), Err(_)) => false,
                (Host::Name(pattern), _) => {
                    let name = place.host_name().to_ascii_lowercase();
                    matches(pattern, name.strip_suffix('.').unwrap_or(&name))
                }
            }
    }
}

/// Whether the first `bits` of both are the same.
fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    (address ^ network).checked_shr(width - u32::from(bits)).unwrap_or_default() == 0
}

/// Whether `text` has the form of `pattern`. The time is linear in the product of both.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    // There is always a first piece.
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = pattern.contains('*').then(|| pieces.next_back()).flatten() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) =
            text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
        let is_https = match scheme {
            None => None,
            Some("http") => Some(false),
            Some("https") => Some(true),
            Some(other) => return Err(format!("the scheme {other}:// is not supported")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let port = |text: &str| text.parse::<u16>().map_err(|_| format!("`{text}` is not a port"));
        if let Some((address, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let host = network(address)?.ok_or_else(|| format!("`{address}` is not an IPv6 address"))?;
            let port = match behind.strip_prefix(':') {
                Some(text) => Some(port(text)?),
                None if behind.is_empty() => None,
                None => return Err(format!("`{behind}` follows the address")),
            };
            return Ok(Self { is_https, host, port });
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, "*")) => (host, None),
            Some((host, text)) => (host, Some(port(text)?)),
            None => (rest, None),
        };
        if let Some(host) = network(host)? {
            return Ok(Self { is_https, host, port });
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.*".contains(c);
        if host.is_empty() || !host.chars().all(is_name) {
            return Err("expected HOST or HOST:PORT, such as *.cams.example, 10.1.0.0/16 or [fd00::/8]:80; the path of the URL \
                        is not part of it"
                .into());
        }
        Ok(Self { is_https, host: Host::Name(host.to_ascii_lowercase()), port })
    }
}

/// An address, perhaps with a number of bits; `None` if it is none.
fn network(text: &str) -> Result<Option<Host>, String> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Ok(address) = address.parse::<IpAddr>() else { return Ok(None) };
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => width,
        Some(bits) => match bits.parse() {
            Ok(bits) if bits <= width => bits,
            _ => return Err(format!("`/{bits}`: expected at most {width} bits")),
        },
    };
    Ok(Some(Host::Network(address, bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_an_address_or_a_network() {
        for (pattern, url, is_allowed) in [
            ("cam", "http://cam/x", true),
            ("cam", "https://CAM:81/x", true),
            ("cam", "http://cam.evil.example/", false),
            ("cam:81", "http://cam:81/", true),
            ("cam:81", "http://cam/", false),
            ("cam:80", "http://cam/", true),
            ("http://cam", "https://cam/", false),
            ("https://cam/", "https://cam/", true),
            ("*.cams.example", "http://a.cams.example/", true),
            ("*.cams.example", "http://a.cams.example./", true),
            ("*.cams.example", "http://cams.example/", false),
            ("*.cams.example", "http://a.cams.example.evil.example/", false),
            ("cam-*-*.x", "http://cam-1-2.x/", true),
            ("cam-*-*.x", "http://cam-1.x/", false),
            ("*", "http://127.0.0.1/", true),
            ("10.1.*", "http://10.1.evil.example/", true),
            ("10.1.0.0/16", "http://10.1.255.3:8080/", true),
            ("10.1.0.0/16", "http://10.2.0.1/", false),
            ("10.1.0.0/16", "http://10.1.evil.example/", false),
            ("10.1.0.0/16:80", "http://10.1.0.1:81/", false),
            ("0.0.0.0/0", "http://1.2.3.4/", true),
            ("0.0.0.0/0", "http://[::1]/", false),
            ("127.0.0.1", "http://127.0.0.1/", true),
            ("127.0.0.1", "http://[::ffff:127.0.0.1]/", true),
            ("127.0.0.1", "http://127.0.0.2/", false),
            ("[fd00::/8]", "http://[fd12::1]/", true),
            ("[fd00::/8]:80", "http://[fd12::1]:81/", false),
            ("[::/0]", "http://[2001:db8::1]/", true),
        ] {
            let parsed: HostPattern = pattern.parse().unwrap();
            assert_eq!(parsed.allows(&Place::parse(url).unwrap()), is_allowed, "{pattern} {url}");
        }
        for pattern in [
            "",
            ":80",
            "cam:x",
            "cam/path",
            "ftp://cam",
            "10.0.0.0/33",
            "[fd00::/129]",
            "[x]",
            "[::1]x",
            "a b",
            "u@h",
        ] {
            assert!(pattern.parse::<HostPattern>().is_err(), "{pattern}");
        }
    }
}
