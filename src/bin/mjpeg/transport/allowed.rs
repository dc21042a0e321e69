//! The hosts that may be asked, if others decide which URL is requested.

use std::net::IpAddr;
use std::str::FromStr;

use mjpeg::http::decimal;

use super::place::Place;
use super::target::Target;

/// A pattern of hosts.
///
/// ```text
/// pattern = [ ( "http" / "https" ) "://" ] host [ ":" port ]
/// host    = name with any number of "*" / IPv4address [ "/" bits ] / "[" IPv6address [ "/" bits ] "]"
/// ```
///
/// `*.` at the start of a name stands for one label or more, another `*` for a part of its label: the owner of a domain can make a
/// name such as `cam-1.evil.example`, which `cam-*` must not allow. Patterns that allow nothing, or more than they seem to, are errors.
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
    /// In lower case. `*.` at the start stands for one label or more, another `*` for a part of its label, `*` alone for all.
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
            && match (&self.host, place.host().name().parse::<IpAddr>()) {
                (Host::Network(network, bits), Ok(address)) => {
                    is_within(address.to_canonical(), *network, *bits)
                }
                (Host::Network(..), Err(_)) => false,
                (Host::Name(pattern), _) => {
                    let name = place.host().name().to_ascii_lowercase();
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

/// Whether the name `text` has the form of `pattern`.
fn matches(pattern: &str, text: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some(behind) = pattern.strip_prefix("*.") else { return labels_match(pattern, text) };
    // The last labels of the name, with one at least before them.
    let Some((at, _)) = text.rmatch_indices('.').nth(behind.matches('.').count()) else { return false };
    at > 0 && labels_match(behind, &text[at + 1..])
}

fn labels_match(pattern: &str, text: &str) -> bool {
    let (patterns, texts) = (pattern.split('.'), text.split('.'));
    patterns.clone().count() == texts.clone().count()
        && patterns.zip(texts).all(|(pattern, text)| label_matches(pattern, text))
}

/// Whether one label has the form of the pattern of one. The time is linear in the product of both.
fn label_matches(pattern: &str, text: &str) -> bool {
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
        let port = |text: &str| match text.parse::<u16>() {
            Ok(port @ 1..) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
            _ => Err(format!("`{text}` is not a port")),
        };
        if let Some((address, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let host = network(address)?.filter(|host| matches!(host, Host::Network(IpAddr::V6(_), _)));
            let host = host.ok_or_else(|| format!("`{address}` is not an IPv6 address"))?;
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
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        check_name(&name)?;
        Ok(Self { is_https, host: Host::Name(name), port })
    }
}

/// Refuses names that no host has, and those that allow more than they seem to.
fn check_name(name: &str) -> Result<(), String> {
    if name == "*" {
        return Ok(());
    }
    let mut labels = name.split('.');
    // RFC 1035 2.3.4.
    if name.len() > 253 || labels.clone().any(|label| label.is_empty() || label.len() > 63) {
        let more = if name.starts_with('.') { format!("; did you mean *{name}?") } else { String::new() };
        return Err(format!("no host has a name of the form `{name}`{more}"));
    }
    if labels.all(|label| label.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*')) {
        return Err(format!(
            "`{name}` is neither a name nor an address; networks are written 10.1.0.0/16, all hosts are `*`"
        ));
    }
    let has_dot = name.contains('.');
    match name.strip_prefix('*') {
        Some(behind) if has_dot && !behind.starts_with('.') => Err(format!(
            "`{name}` allows other domains too, whose names end so; did you mean *.{}?",
            behind.trim_start_matches('*')
        )),
        _ => Ok(()),
    }
}

/// An address, perhaps with a number of bits; `None` if it is none.
fn network(text: &str) -> Result<Option<Host>, String> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Ok(address) = address.parse::<IpAddr>() else { return Ok(None) };
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => width,
        Some(bits) => match decimal(bits) {
            Some(bits) if bits <= width => bits,
            _ => return Err(format!("`/{bits}`: expected at most {width} bits")),
        },
    };
    let address = match address {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
            return Err(format!("`{text}`: write it as an IPv4 address: requests are compared in that form"));
        }
        address => address,
    };
    let first = match address {
        IpAddr::V4(v4) => IpAddr::from(
            (v4.to_bits() & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)).to_be_bytes(),
        ),
        IpAddr::V6(v6) => IpAddr::from(
            (v6.to_bits() & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)).to_be_bytes(),
        ),
    };
    if first != address {
        return Err(format!(
            "`{text}` is an address in the network {first}/{bits}: write {first}/{bits} or {address}"
        ));
    }
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
            ("cam-*", "http://cam-1/", true),
            ("cam-*", "http://cam-1.evil.example/", false),
            ("cam.", "http://cam/", true),
            ("*.cams.example", "http://a.b.cams.example/", true),
            ("*.cams.example", "http://evilcams.example/", false),
            ("*.c*s.example", "http://x.cams.example/", true),
            ("*.c*s.example", "http://x.c.evil.s.example/", false),
            ("a.*.example", "http://a.b.example/", true),
            ("a.*.example", "http://a.b.c.example/", false),
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
            "10.0.0.0/+8",
            "[fd00::/129]",
            "[x]",
            "[::1]x",
            "a b",
            "u@h",
            "cam:0",
            "cam:+80",
            "[10.1.0.0/16]",
            "[::ffff:10.1.0.0/112]",
            ".cams.example",
            "cams..example",
            "*cams.example",
            "10.1.*",
            "10.1",
            "*.*",
            "*.*.*.*",
            "10.0.0.0/0",
            "10.1.2.3/16",
            "[fd00::1/8]",
        ] {
            assert!(pattern.parse::<HostPattern>().is_err(), "{pattern}");
        }
        for (pattern, hint) in [
            (".cams.example", "did you mean *.cams.example?"),
            ("*cams.example", "did you mean *.cams.example?"),
            ("10.1.2.3/16", "write 10.1.0.0/16 or 10.1.2.3"),
            ("10.0.0.0/0", "0.0.0.0/0"),
            ("10.1.*", "10.1.0.0/16"),
        ] {
            let why = pattern.parse::<HostPattern>().unwrap_err();
            assert!(why.contains(hint), "{pattern}: {why}");
        }
    }
}
