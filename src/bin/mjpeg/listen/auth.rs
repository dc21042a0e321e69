//! Authentication: Basic (RFC 7617) and Digest (RFC 7616).
//!
//! Why not a crate: `digest_auth` 0.3 is made for clients. It can parse an `Authorization` field and compute the
//! response, but nonces, the comparison and unknown users remain our task, and it adds `rand` 0.8 and older versions
//! of the hashes (`sha2` and `md-5` 0.10). `http-auth` 0.1 is for clients only: it cannot check a response. The Digest
//! code here is one formula and one list of parameters.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::Md5;
use sha2::{Digest, Sha256};

/// The realm, which browsers may show when they ask for the password.
const REALM: &str = "mjpeg";
/// How long a nonce is valid.
const NONCE_TIME: Duration = Duration::from_secs(300);

/// RFC 4648 4. Some clients omit the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The users and their passwords. `Debug` does not print them.
pub struct Users {
    entries: Vec<(String, String)>,
    /// Random keys for nonces, so that only this process can make a valid one.
    secret: [RandomState; 2],
}

/// The result of checking the credentials of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The credentials are correct.
    Granted,
    /// The request has no credentials.
    NoCredentials,
    /// The password is correct, but the nonce has expired or is from another process, such as before a restart.
    Stale,
    /// The credentials are wrong.
    Wrong,
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({} redacted)", self.entries.len())
    }
}

impl Users {
    /// Parses `USER:PASSWORD` lines. Ignores empty lines and lines that start with `#`.
    ///
    /// # Errors
    ///
    /// Names the number of the invalid line, but not its text, which may contain a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once(':') {
                // A quote or backslash would need escaping in a Digest field.
                Some((user, password)) if !user.is_empty() && !user.contains(['"', '\\']) => {
                    entries.push((user.to_string(), password.to_string()));
                }
                _ => return Err(format!("line {} is not USER:PASSWORD", n + 1)),
            }
        }
        if entries.is_empty() {
            return Err("there is no USER:PASSWORD".into());
        }
        Ok(Self { entries, secret: [RandomState::new(), RandomState::new()] })
    }

    /// The values of the `WWW-Authenticate` fields, the strongest scheme first (RFC 7616 3.7). With `stale`, the
    /// client retries with the same password (RFC 7616 3.3); without it, the client asks its user.
    pub fn challenges(&self, now: Duration, stale: bool) -> Vec<String> {
        let nonce = self.nonce(now.as_secs());
        let stale = if stale { ", stale=true" } else { "" };
        ["SHA-256", "MD5"]
            .iter()
            .map(|name| {
                format!("Digest realm=\"{REALM}\", qop=\"auth\", algorithm={name}, nonce=\"{nonce}\"{stale}")
            })
            .chain([format!("Basic realm=\"{REALM}\", charset=\"UTF-8\"")])
            .collect()
    }

    /// Checks the value of the `Authorization` field of a request with this method.
    pub fn check(&self, authorization: Option<&str>, method: &str, now: Duration) -> Access {
        let Some(value) = authorization else { return Access::NoCredentials };
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            let right = BASE64.decode(rest.trim()).is_ok_and(|given| self.basic(&given));
            return if right { Access::Granted } else { Access::Wrong };
        }
        if scheme.eq_ignore_ascii_case("digest") {
            return self.digest(&parameters(rest), method, now);
        }
        Access::Wrong
    }

    fn basic(&self, given: &[u8]) -> bool {
        // Compares with every user, so that the time does not reveal which users exist.
        self.entries.iter().fold(false, |right, (user, password)| {
            right | is_equal(given, format!("{user}:{password}").as_bytes())
        })
    }

    fn digest(&self, given: &HashMap<String, String>, method: &str, now: Duration) -> Access {
        let get = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
        let hash: fn(&str) -> String = match get("algorithm").to_ascii_uppercase().as_str() {
            "SHA-256" => |text| hex(&Sha256::digest(text)),
            "" | "MD5" => |text| hex(&Md5::digest(text)),
            _ => return Access::Wrong,
        };
        if !matches!(get("qop"), "" | "auth") {
            return Access::Wrong;
        }
        // The URI is not compared with the request target: a proxy may have changed the path, and every user may
        // access every path.
        let request = hash(&format!("{method}:{}", get("uri")));
        let right = self.entries.iter().fold(false, |right, (user, password)| {
            let secret = hash(&format!("{user}:{REALM}:{password}"));
            let expected = match get("qop") {
                // RFC 2069, which some clients for cameras still use.
                "" => hash(&format!("{secret}:{}:{request}", get("nonce"))),
                qop => hash(&format!(
                    "{secret}:{}:{}:{}:{qop}:{request}",
                    get("nonce"),
                    get("nc"),
                    get("cnonce")
                )),
            };
            let named = is_equal(get("username").as_bytes(), user.as_bytes());
            right | (named & is_equal(get("response").as_bytes(), expected.as_bytes()))
        });
        if !right || get("realm") != REALM {
            return Access::Wrong;
        }
        let made_at = get("nonce").split_once('-').and_then(|(time, _)| u64::from_str_radix(time, 16).ok());
        match made_at {
            Some(time)
                if is_equal(self.nonce(time).as_bytes(), get("nonce").as_bytes())
                    && now.saturating_sub(Duration::from_secs(time)) <= NONCE_TIME =>
            {
                Access::Granted
            }
            _ => Access::Stale,
        }
    }

    /// The nonce for a second: the time and a keyed hash of it, which shows that this process made it.
    fn nonce(&self, second: u64) -> String {
        let [first, second_half] = self.secret.each_ref().map(|secret| secret.hash_one(second));
        format!("{second:x}-{first:016x}{second_half:016x}")
    }
}

/// Compares in a time that depends neither on the first difference nor on the length of `expected`.
fn is_equal(given: &[u8], expected: &[u8]) -> bool {
    let (given, expected) = (Sha256::digest(given), Sha256::digest(expected));
    given.iter().zip(expected.iter()).fold(0, |all, (a, b)| std::hint::black_box(all | (a ^ b))) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Parses an `auth-param` list (RFC 9110 11.2). Names become lower case.
fn parameters(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while let Some((name, value)) = rest.split_once('=') {
        let name = name.trim_matches([' ', '\t', ',']).to_ascii_lowercase();
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_once(',').unwrap_or((value, "")),
        };
        found.insert(name, value.trim_end().to_string());
        rest = behind;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    const NOW: Duration = Duration::from_secs(1_767_225_600);

    fn users() -> Users {
        Users::parse("# users\nMufasa:Circle of Life\n\nAladdin:open sesame\n").unwrap()
    }

    #[test]
    fn basic_of_rfc_7617() {
        let check = |value: &str| users().check(Some(value), "GET", NOW);
        assert_eq!(check("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Access::Granted);
        assert_eq!(check("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ"), Access::Granted);
        for wrong in ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZT0=", "Basic !", "Basic", "Bearer x", "", "Digest"] {
            assert_eq!(check(wrong), Access::Wrong, "{wrong}");
        }
        assert_eq!(users().check(None, "GET", NOW), Access::NoCredentials);
    }

    #[test]
    fn digest_needs_a_nonce_of_this_process() {
        let users = users();
        let answer = |nonce: &str, password: &str, method: &str| {
            let hash = |text: String| hex(&Sha256::digest(text));
            let secret = hash(format!("Mufasa:mjpeg:{password}"));
            let request = hash(format!("{method}:/stream"));
            let response = hash(format!("{secret}:{nonce}:00000001:abc:auth:{request}"));
            format!(
                "Digest username=\"Mufasa\", realm=\"mjpeg\", uri=\"/stream\", algorithm=SHA-256, \
                 nonce=\"{nonce}\", nc=00000001, cnonce=\"abc\", qop=auth, response=\"{response}\""
            )
        };
        let challenge = users.challenges(NOW, false).remove(0);
        let nonce = parameters(challenge.strip_prefix("Digest ").unwrap())["nonce"].clone();
        let check = |value: &str, now| users.check(Some(value), "GET", now);
        let right = answer(&nonce, "Circle of Life", "GET");
        assert_eq!(check(&right, NOW), Access::Granted);
        assert_eq!(check(&right, NOW + 2 * NONCE_TIME), Access::Stale);
        assert_eq!(check(&answer(&nonce, "circle of life", "GET"), NOW), Access::Wrong);
        assert_eq!(check(&answer(&nonce, "Circle of Life", "HEAD"), NOW), Access::Wrong);
        let forged = format!("{:x}-{}", NOW.as_secs(), "0".repeat(32));
        assert_eq!(check(&answer(&forged, "Circle of Life", "GET"), NOW), Access::Stale);
        let integrity = right.replace("qop=auth", "qop=auth-int");
        assert_eq!(check(&integrity, NOW), Access::Wrong);
        assert!(users.challenges(NOW, true)[0].ends_with(", stale=true"));
        let other = Users::parse("Mufasa:Circle of Life").unwrap();
        assert_eq!(other.check(Some(&right), "GET", NOW), Access::Stale);
    }

    #[test]
    fn errors_name_the_line_without_its_text() {
        for (text, expected) in
            [("", "no USER"), ("a:b\nsecret", "line 2"), (":x", "line 1"), ("a\"b:c", "line 1")]
        {
            let error = Users::parse(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        }
        assert_eq!(format!("{:?}", users()), "Users(2 redacted)");
    }

    proptest! {
        #[test]
        fn no_text_but_the_right_password_is_granted(value in mutated::text(&[
                b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
                b"Digest username=\"Mufasa\", realm=\"mjpeg\", uri=\"/\", algorithm=SHA-256, nonce=\"66-00\", nc=1, cnonce=\"a\", qop=auth, response=\"00\"",
                b"Digest username=Mufasa,nonce=ffffffffffffffffff-0,response=",
            ])) {
            // One password of them is right: it decodes to the same bytes, also with other blanks and padding.
            let access = users().check(Some(&value), "GET", NOW);
            let is_right = value.split_once(' ').is_some_and(|(scheme, rest)| {
                scheme.eq_ignore_ascii_case("basic") && rest.trim().trim_end_matches('=') == "QWxhZGRpbjpvcGVuIHNlc2FtZQ"
            });
            prop_assert_eq!(access == Access::Granted, is_right, "{}", value);
        }
    }
}
