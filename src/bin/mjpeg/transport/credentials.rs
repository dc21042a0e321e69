//! A user and a password, and where they come from.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A user and a password. `Debug` does not print them.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl Credentials {
    /// This user with this password.
    pub fn new(user: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// Splits `USER:PASSWORD` at the first colon. Without one there is no password.
    pub fn parse(text: &[u8]) -> Self {
        match text.iter().position(|&b| b == b':') {
            Some(colon) => Self::new(&text[..colon], &text[colon + 1..]),
            None => Self::new(text, b""),
        }
    }

    /// The value of the `Authorization` field with the password in clear. RFC 7617 section 2.
    pub fn basic(&self) -> Vec<u8> {
        let clear = [&self.user[..], &self.password].join(&b':');
        format!("Basic {}", STANDARD.encode(clear)).into_bytes()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_split_at_the_first_colon_and_never_shown() {
        assert_eq!(Credentials::parse(b"user:a:b"), Credentials::new("user", "a:b"));
        assert_eq!(Credentials::parse(b"user"), Credentials::new("user", ""));
        assert_eq!(Credentials::new("user", "pass").basic(), b"Basic dXNlcjpwYXNz");
        assert!(!format!("{:?}", Credentials::new("user", "pass")).contains("pass"));
    }
}
