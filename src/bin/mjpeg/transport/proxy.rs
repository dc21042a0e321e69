//! The HTTP proxy of a request: from the command line or from the environment.

use std::ffi::OsStr;
use std::fmt;
use std::net::IpAddr;

use clap::builder::TypedValueParser;
use mjpeg::http::decimal;

use super::place::Place;
use super::redacting::Redacting;
use crate::redacted::redacted;

/// The value of `--proxy`.
#[derive(Clone, PartialEq, Eq)]
pub enum Proxy {
    /// Connect directly, whatever the environment says.
    Direct,
    /// Connect through the proxy at this URL.
    At(Place),
}

/// Not with a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("Direct"),
            Self::At(place) => write!(f, "At({})", place.shown()),
        }
    }
}

impl Proxy {
    /// Parses a `--proxy` on the command line.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        Redacting::new(|typed: &OsStr| Self::parse(typed.to_str().ok_or("it is not UTF-8")?), redacted)
    }

    fn parse(url: &str) -> Result<Self, String> {
        if url.is_empty() {
            return Ok(Self::Direct);
        }
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if scheme.starts_with("socks") {
            return Err(format!("SOCKS proxies ({scheme}://) are not supported; HTTP proxies are (http://)"));
        }
        // The environment often names a proxy without a scheme.
        let place =
            if url.contains("://") { Place::parse(url) } else { Place::parse(&format!("http://{url}")) }?;
        Ok(Self::At(place))
    }
}

/// The proxy for a request to `place`. `chosen`: that of the command line; `variable` reads the environment.
///
/// # Errors
///
/// When the environment names a proxy that cannot be used: the variable and the reason.
pub fn for_place(
    place: &Place,
    chosen: Option<&Proxy>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Place>, String> {
    match chosen {
        Some(Proxy::Direct) => return Ok(None),
        Some(Proxy::At(proxy)) => return Ok(Some(proxy.clone())),
        None if place.host().is_loopback() => return Ok(None),
        None => {}
    }
    // HTTP_PROXY in upper case may be a field of a CGI request, so it does not count.
    let names: &[&str] = if place.is_https() {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let set =
        |name: &&str| variable(name).filter(|value| !value.is_empty()).map(|value| (name.to_string(), value));
    let Some((name, value)) = names.iter().find_map(set) else { return Ok(None) };
    let excluded = ["no_proxy", "NO_PROXY"].iter().find_map(|name| variable(name)).unwrap_or_default();
    if is_excluded(place, &excluded) {
        return Ok(None);
    }
    match Proxy::parse(value.trim()) {
        Ok(Proxy::At(proxy)) => Ok(Some(proxy)),
        Ok(Proxy::Direct) => Ok(None),
        Err(why) => Err(format!("the proxy of the variable {name} cannot be used: {why}")),
    }
}

/// Whether `list`, the value of `no_proxy`, names the host: `*`, a name with all names below it, an address, or
/// a range of addresses (`10.0.0.0/8`).
fn is_excluded(place: &Place, list: &str) -> bool {
    let host = place.host().name().to_ascii_lowercase();
    list.split([',', ' '])
        .map(|entry| entry.trim().to_ascii_lowercase())
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let (name, port) = match entry.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') => (name, decimal::<u16>(port)),
                _ => (&entry[..], None),
            };
            if port.is_some_and(|port| port != place.port()) {
                return false;
            }
            if let (Ok(address), Some((network, bits))) = (host.parse::<IpAddr>(), name.split_once('/')) {
                return is_in_network(address, network, bits);
            }
            let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
            name == "*" || host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
        })
}

fn is_in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Some(bits)) = (network.parse::<IpAddr>(), decimal::<u32>(bits)) else { return false };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            (address.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            (address.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        url: &str,
        proxy: Option<&Proxy>,
        environment: &[(&str, &str)],
    ) -> Result<Option<String>, String> {
        let variable =
            |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_string());
        for_place(&Place::parse(url).unwrap(), proxy, variable).map(|place| place.map(|place| place.shown()))
    }

    #[test]
    fn the_environment_chooses_the_proxy_but_never_for_this_machine() {
        let environment = [
            ("http_proxy", "http://plain:3128"),
            ("HTTP_PROXY", "http://cgi:3128"),
            ("HTTPS_PROXY", "secure:3128"),
            ("all_proxy", "http://all:1/"),
            ("no_proxy", "cam1, .lan,10.0.0.0/8 *.x.org, cam3:81"),
        ];
        for (url, proxy) in [
            ("http://cam/", Some("http://plain:3128/")),
            ("https://cam/", Some("http://secure:3128/")),
            ("http://cam1/", None),
            ("http://a.cam1:8080/", None),
            ("http://xcam1/", Some("http://plain:3128/")),
            ("http://b.lan/", None),
            ("http://10.9.8.7/", None),
            ("http://11.9.8.7/", Some("http://plain:3128/")),
            ("http://cam3:81/", None),
            ("http://cam3:82/", Some("http://plain:3128/")),
            ("http://127.0.0.1/", None),
            ("https://localhost:1/", None),
            ("http://[::1]/", None),
        ] {
            assert_eq!(chosen(url, None, &environment), Ok(proxy.map(String::from)), "{url}");
        }
        assert_eq!(chosen("http://cam/", None, &[("http_proxy", "")]), Ok(None));
        let error = chosen("http://cam/", None, &[("ALL_PROXY", "socks5://u:secret@p:1")]).unwrap_err();
        assert!(
            error.contains("ALL_PROXY") && error.contains("SOCKS") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        let environment = [("http_proxy", "http://plain:3128")];
        let proxy = Proxy::parse("http://u:p@own:1").unwrap();
        assert_eq!(chosen("http://127.0.0.1/", Some(&proxy), &environment), Ok(Some("http://own:1/".into())));
        assert_eq!(chosen("http://cam/", Some(&Proxy::Direct), &environment), Ok(None));
        assert!(!format!("{proxy:?}").contains(":p@"));
    }
}
