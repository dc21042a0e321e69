//! The challenges of a `WWW-Authenticate` field: which schemes a server offers.
//!
//! ```text
//! WWW-Authenticate = #challenge                                        RFC 9110 11.6.1
//! challenge        = auth-scheme [ 1*SP ( token68 / #auth-param ) ]    RFC 9110 11.3
//! auth-param       = token BWS "=" BWS ( token / quoted-string )
//! ```
//!
//! Several challenges may be in one field or in several fields. A list of parameters and the next challenge
//! are both separated by commas: what is followed by `=` is a parameter, other words are schemes.

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case: `basic`, `digest`, `bearer`.
    pub scheme: String,
    /// Names in lower case, values without quotes.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Parses the value of one field.
    pub fn parse(value: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = value;
        loop {
            rest = rest.trim_start_matches([',', ' ', '\t']);
            if rest.is_empty() {
                return challenges;
            }
            let (word, behind) = token(rest);
            if word.is_empty() {
                // Not a token: go on behind this character.
                rest = rest.get(rest.chars().next().map_or(1, char::len_utf8)..).unwrap_or_default();
                continue;
            }
            match (behind.trim_start().strip_prefix('='), challenges.last_mut()) {
                (Some(behind), Some(challenge)) => {
                    let (parameter, behind) = parameter_value(behind.trim_start());
                    challenge.parameters.push((word.to_ascii_lowercase(), parameter));
                    rest = behind;
                }
                (Some(behind), None) => rest = behind,
                (None, _) => {
                    challenges.push(Self { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                    rest = behind;
                }
            }
        }
    }

    /// The value of a parameter, by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The token at the start of `text`, and what follows it.
fn token(text: &str) -> (&str, &str) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c);
    text.split_at(text.find(|c| !is_token(c)).unwrap_or(text.len()))
}

/// A token or quoted-string without its quotes and backslashes, and what follows it. A value without quotes
/// that is no token (`nonce=abc==`) ends at the next comma or blank.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([',', ' ', '\t']).unwrap_or(text.len()));
        return (value.into(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn several_challenges_in_one_field_are_told_apart() {
        let challenges = Challenge::parse(
            r#"Basic realm="a, b=c", Digest realm="x\"y",nonce=ab==, qop="auth,auth-int" , NTLM"#,
        );
        let schemes: Vec<&str> = challenges.iter().map(|it| it.scheme.as_str()).collect();
        assert_eq!(schemes, ["basic", "digest", "ntlm"]);
        assert_eq!(challenges[0].parameter("realm"), Some("a, b=c"));
        assert_eq!(challenges[1].parameter("realm"), Some("x\"y"));
        assert_eq!(challenges[1].parameter("nonce"), Some("ab=="));
        assert_eq!(challenges[1].parameter("qop"), Some("auth,auth-int"));
        assert_eq!(challenges[1].parameter("opaque"), None);
    }

    #[test]
    fn any_bytes_are_parsed_to_an_end() {
        for value in
            ["", ",", "=", "\"", "Digest realm=\"", "Digest realm", "a=b", "\u{fffd}é,=\\", "Digest =x, y"]
        {
            let _ = Challenge::parse(value);
        }
        assert_eq!(Challenge::parse("Digest realm=\"open")[0].parameter("realm"), Some("open"));
    }

    proptest! {
        #[test]
        fn any_field_is_a_list_of_challenges_in_linear_time(value in mutated::text(&[
                b"Basic realm=\"a, b=c\", Digest realm=\"x\\\"y\",nonce=ab==, qop=\"auth,auth-int\" , NTLM",
                b"Digest realm=\"\", nonce=\"1\", algorithm=SHA-256-sess, opaque=\"\\\", userhash=true, stale=TRUE",
            ])) {
            for challenge in Challenge::parse(&value) {
                prop_assert!(!challenge.scheme.is_empty() && challenge.scheme.is_ascii());
                prop_assert!(challenge.parameters.iter().all(|(name, text)| name.is_ascii() && text.len() <= value.len()));
            }
        }
    }
}
