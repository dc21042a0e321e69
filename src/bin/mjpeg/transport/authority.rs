//! The host and port of a URL (RFC 3986 section 3.2).

use std::net::Ipv6Addr;

/// Splits `HOST[:PORT]`. RFC 3986 3.2.3: the port may be empty, and is then that of the scheme.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn split(authority: &str) -> Result<(&str, Option<u16>), String> {
    // An IPv6 address is in brackets, and contains colons.
    let (host, port) = match authority.rfind(']') {
        Some(end) => (&authority[..=end], authority[end + 1..].strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() && port.is_some_and(|port| port.contains(':')) {
        return Err("an IPv6 address must be in brackets, such as [::1]".into());
    }
    if host.is_empty() {
        return Err("it names no host".into());
    }
    if host.len() + port.map_or(0, |port| port.len() + 1) != authority.len()
        || host.starts_with('[') != host.ends_with(']')
    {
        return Err("its host is not valid".into());
    }
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(address) = address
        && address.split('%').next().is_none_or(|address| address.parse::<Ipv6Addr>().is_err())
    {
        return Err("the address in brackets is not an IPv6 address".into());
    }
    match port {
        None | Some("") => Ok((host, None)),
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok((host, Some(port))),
            _ if address.is_none() && digits.contains(':') => {
                Err("its port is not a number from 1 to 65535; an IPv6 address must be in brackets".into())
            }
            _ => Err("its port is not a number from 1 to 65535".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_split_and_checked() {
        for (authority, parts) in [
            ("cam", Some(("cam", None))),
            ("cam:", Some(("cam", None))),
            ("cam:81", Some(("cam", Some(81)))),
            ("[fe80::1%25eth0]:81", Some(("[fe80::1%25eth0]", Some(81)))),
            ("[::1]", Some(("[::1]", None))),
            ("", None),
            ("cam:+81", None),
            ("cam:0", None),
            ("fe80::1", None),
            ("[cam]", None),
        ] {
            assert_eq!(split(authority).ok(), parts, "{authority}");
        }
    }
}
