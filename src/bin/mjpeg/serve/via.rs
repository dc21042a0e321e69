//! The relays that a request has passed: `Via`.
//!
//! ```abnf
//! Via               = #( received-protocol RWS received-by [ RWS comment ] )   ; RFC 9110 7.6.3
//! received-protocol = [ protocol-name "/" ] protocol-version
//! received-by       = pseudonym [ ":" port ]
//! ```
//!
//! Each relay has a name of its own, which is random. A request that has the name of the server that receives it would make
//! the server relay itself.

use std::hash::{BuildHasher, RandomState};

use crate::listen::request::Request;

/// What the names of relays start with.
const PREFIX: &str = "mjpeg-";
/// Hexadecimal digits behind it.
const DIGITS: usize = 16;

/// A random name for the relays of this process. The keys of `RandomState` are random.
pub fn pseudonym() -> String {
    let random = RandomState::new().hash_one(std::process::id());
    format!("{PREFIX}{random:016x}")
}

/// The relays of this program that a request has passed. Names of other programs do not matter: they do not refuse their
/// own requests.
pub fn passed(request: &Request) -> Vec<String> {
    let values = request.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("via"));
    values
        .flat_map(|(_, value)| String::from_utf8_lossy(value).split(',').filter_map(name).collect::<Vec<_>>())
        .collect()
}

/// The name in one entry of the field, if it is that of a relay of this program.
fn name(entry: &str) -> Option<String> {
    let name = entry.split_ascii_whitespace().nth(1)?;
    let digits = name.strip_prefix(PREFIX)?;
    let is_name = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::request::Method;

    #[test]
    fn names_of_relays_are_found_among_others() {
        let name = pseudonym();
        assert_ne!(name, pseudonym());
        let fields = [
            ("via", format!("1.0 fred, 1.1 {name} (a comment)")),
            ("Host", format!("1.1 {name}")),
            (
                "VIA",
                "HTTP/1.1 mjpeg-0123456789abcdef,1.1 mjpeg-0123,1.1 mjpeg-0123456789abcdeg, , 1.1".into(),
            ),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into_bytes())).collect();
        let (path, query) = ("/".into(), String::new());
        let request = Request { method: Method::Get, path, query, http11: true, fields };
        assert_eq!(passed(&request), [name, "mjpeg-0123456789abcdef".into()]);
    }
}
