//! Digest authentication as a client (RFC 7616, RFC 2069).
//!
//! Why not a crate: `digest_auth` 0.3 cannot read Basic and Digest in one field, and then falls back to the
//! password in clear; it has had no release since 2023 and adds `rand` 0.8 and the older `md-5` and `sha2`
//! 0.10. The code here is one formula over hashes that the program has anyway.

use std::hash::{BuildHasher, RandomState};

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::challenge::Challenge;
use super::credentials::Credentials;

/// A Digest challenge that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    algorithm: Algorithm,
    /// `algorithm=...-sess`: the session key depends on both nonces.
    is_session: bool,
    qop: Option<Qop>,
    /// The server wants a hash of the user name (RFC 7616 3.4.4).
    hashes_user: bool,
    challenge: Challenge,
}

/// The hash, the stronger one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

/// Quality of protection (RFC 7616 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qop {
    Auth,
    /// With the hash of the body, which is empty in a GET request.
    AuthInt,
}

impl Digest {
    /// The strongest Digest challenge that can be answered.
    pub fn strongest(challenges: &[Challenge]) -> Option<Self> {
        let mut best: Option<Self> = None;
        for digest in challenges.iter().filter_map(Self::of) {
            // Of equal ones the server prefers the first.
            if best.as_ref().is_none_or(|best| digest.algorithm > best.algorithm) {
                best = Some(digest);
            }
        }
        best
    }

    fn of(challenge: &Challenge) -> Option<Self> {
        if challenge.scheme != "digest" || challenge.parameter("nonce").is_none() {
            return None;
        }
        let name = challenge.parameter("algorithm").unwrap_or("MD5").to_ascii_uppercase();
        let (hash, is_session) = name.strip_suffix("-SESS").map_or((&name[..], false), |hash| (hash, true));
        let algorithm = match hash {
            "MD5" => Algorithm::Md5,
            "SHA-256" => Algorithm::Sha256,
            _ => return None,
        };
        let qop = match challenge.parameter("qop").map(str::to_ascii_lowercase) {
            Some(list) if !list.trim().is_empty() => {
                let mut offered = list.split(',').map(str::trim);
                if offered.clone().any(|qop| qop == "auth") {
                    Some(Qop::Auth)
                } else {
                    Some(offered.find(|&qop| qop == "auth-int").map(|_| Qop::AuthInt)?)
                }
            }
            // RFC 2069.
            _ => None,
        };
        let hashes_user =
            challenge.parameter("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Some(Self { algorithm, is_session, qop, hashes_user, challenge: challenge.clone() })
    }

    /// Whether the password was right and only the nonce too old.
    pub fn is_stale(&self) -> bool {
        self.challenge.parameter("stale").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The value of the `Authorization` field for a GET request of `target`, the path and query of the request
    /// line. Each nonce is used for one request.
    pub fn authorization(&self, credentials: &Credentials, target: &str) -> Vec<u8> {
        self.answer(credentials, target, &client_nonce())
    }

    fn answer(&self, credentials: &Credentials, target: &str, cnonce: &str) -> Vec<u8> {
        const COUNT: &str = "00000001";
        let get = |name| self.challenge.parameter(name).unwrap_or_default();
        let (realm, nonce) = (get("realm"), get("nonce"));
        let secret = [&credentials.user[..], realm.as_bytes(), &credentials.password].join(&b':');
        let mut key = self.hash(&secret);
        if self.is_session {
            key = self.hash(format!("{key}:{nonce}:{cnonce}").as_bytes());
        }
        let request = match self.qop {
            Some(Qop::AuthInt) => self.hash(format!("GET:{target}:{}", self.hash(b"")).as_bytes()),
            _ => self.hash(format!("GET:{target}").as_bytes()),
        };
        let qop = self.qop.map(Qop::name);
        let response = match qop {
            Some(qop) => self.hash(format!("{key}:{nonce}:{COUNT}:{cnonce}:{qop}:{request}").as_bytes()),
            None => self.hash(format!("{key}:{nonce}:{request}").as_bytes()),
        };
        let mut value = b"Digest username=\"".to_vec();
        if self.hashes_user {
            let user = [&credentials.user[..], realm.as_bytes()].join(&b':');
            value.extend_from_slice(self.hash(&user).as_bytes());
        } else {
            value.extend(credentials.user.iter().flat_map(|&b| escaped(b)));
        }
        let quoted = |text: &str| text.bytes().flat_map(escaped).collect::<Vec<u8>>();
        for (name, text) in [("realm", realm), ("nonce", nonce), ("uri", target), ("response", &response)] {
            value.extend_from_slice(format!("\", {name}=\"").as_bytes());
            value.extend(quoted(text));
        }
        value.push(b'"');
        // Each parameter is sent only if it was given: some cameras refuse what they did not ask for.
        if let Some(algorithm) = self.challenge.parameter("algorithm") {
            value.extend_from_slice(format!(", algorithm={algorithm}").as_bytes());
        }
        if let Some(opaque) = self.challenge.parameter("opaque") {
            value.extend_from_slice(b", opaque=\"");
            value.extend(quoted(opaque));
            value.push(b'"');
        }
        if let Some(qop) = qop {
            value.extend_from_slice(format!(", qop={qop}, nc={COUNT}, cnonce=\"{cnonce}\"").as_bytes());
        } else if self.is_session {
            value.extend_from_slice(format!(", cnonce=\"{cnonce}\"").as_bytes());
        }
        if self.hashes_user {
            value.extend_from_slice(b", userhash=true");
        }
        value
    }

    fn hash(&self, bytes: &[u8]) -> String {
        match self.algorithm {
            Algorithm::Md5 => hex(&Md5::digest(bytes)),
            Algorithm::Sha256 => hex(&Sha256::digest(bytes)),
        }
    }
}

impl Qop {
    fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// A byte of a quoted-string.
fn escaped(byte: u8) -> impl Iterator<Item = u8> {
    matches!(byte, b'"' | b'\\').then_some(b'\\').into_iter().chain([byte])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value that differs in each request. `RandomState` has random keys from the system.
fn client_nonce() -> String {
    [0u8, 1].iter().map(|n| format!("{:016x}", RandomState::new().hash_one(n))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn digest(field: &str) -> Digest {
        Digest::strongest(&Challenge::parse(field)).unwrap()
    }

    fn answer(field: &str, user: &str, password: &str, target: &str, cnonce: &str) -> String {
        let credentials = Credentials::new(user, password);
        String::from_utf8(digest(field).answer(&credentials, target, cnonce)).unwrap()
    }

    #[test]
    fn the_examples_of_the_standards_are_answered_as_printed_there() {
        // RFC 7616 3.9.1.
        let field = "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=NAME, \
            nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
            opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (name, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let field = field.replace("NAME", name);
            let value = answer(&field, "Mufasa", "Circle of Life", "/dir/index.html", cnonce);
            assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
            assert!(
                value.contains(", qop=auth, nc=00000001, ") && value.contains("opaque=\"FQhe"),
                "{value}"
            );
        }
        // RFC 2617 3.5.
        let field = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
            nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let value = answer(field, "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b");
        assert!(value.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{value}");
    }

    #[test]
    fn a_challenge_gets_only_the_parameters_that_it_knows() {
        // RFC 2069: no qop, so neither nc nor cnonce.
        let old = answer("Digest realm=r, nonce=n", "u", "p", "/x?a=b", "c");
        let expected = hex(&Md5::digest(format!(
            "{}:n:{}",
            hex(&Md5::digest("u:r:p")),
            hex(&Md5::digest("GET:/x?a=b"))
        )));
        assert_eq!(
            old,
            format!(
                "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/x?a=b\", response=\"{expected}\""
            )
        );
        let session = answer("Digest realm=r, nonce=n, algorithm=MD5-sess, qop=auth", "u", "p", "/", "c");
        let key = hex(&Md5::digest(format!("{}:n:c", hex(&Md5::digest("u:r:p")))));
        let expected = hex(&Md5::digest(format!("{key}:n:00000001:c:auth:{}", hex(&Md5::digest("GET:/")))));
        assert!(session.contains(&expected) && session.contains("algorithm=MD5-sess"), "{session}");
        let quoted = answer("Digest realm=\"a\\\"b\", nonce=n", "u\\\"", "p", "/", "c");
        assert!(quoted.contains(r#"username="u\\\"", realm="a\"b""#), "{quoted}");
    }

    #[test]
    fn the_strongest_known_algorithm_is_used() {
        let field = "Digest realm=r, nonce=1, algorithm=MD5, Digest realm=r, nonce=2, algorithm=SHA-256, \
            Digest realm=r, nonce=3, algorithm=SHA-512-256, Basic realm=r";
        assert_eq!(digest(field).challenge.parameter("nonce"), Some("2"));
        assert!(
            Digest::strongest(&Challenge::parse("Basic realm=r, Digest realm=r, nonce=n, qop=other"))
                .is_none()
        );
        assert!(digest("digest realm=r, nonce=n, stale=TRUE").is_stale());
    }

    #[test]
    fn each_request_has_its_own_client_nonce() {
        assert_ne!(client_nonce(), client_nonce());
    }

    proptest! {
        #[test]
        fn an_answer_stays_inside_of_its_quotes(field in mutated::text(&[
                b"Digest realm=\"x\\\"y\",nonce=ab==, qop=\"auth,auth-int\" , NTLM",
                b"Digest realm=\"\", nonce=\"1\", algorithm=SHA-256-sess, opaque=\"\\\", userhash=true, stale=TRUE",
            ])) {
            if let Some(digest) = Digest::strongest(&Challenge::parse(&field)) {
                let value = digest.authorization(&Credentials::new("user", "pass"), "/x");
                // Read again, each parameter is there once.
                let text = String::from_utf8_lossy(&value).into_owned();
                let again = Challenge::parse(&text);
                prop_assert_eq!(again.len(), 1, "{}", text);
                for name in ["realm", "nonce", "opaque"] {
                    if let Some(said) = digest.challenge.parameter(name) {
                        prop_assert_eq!(again[0].parameter(name), Some(said), "{}", text);
                    }
                }
            }
        }
    }
}
