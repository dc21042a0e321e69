//! What a subcommand reads: a URL, a file, standard input, or the test pattern.

use std::fmt;
use std::path::PathBuf;

/// A TARGET of the command line, told apart by how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `http://` or `https://`.
    Url(String),
    /// `test:` or `test:WIDTHxHEIGHT`: what follows the colon.
    Test(String),
    /// `-`.
    Stdin,
    /// Anything else.
    File(PathBuf),
}

impl Target {
    /// Reads a TARGET as typed. Nothing is opened.
    pub fn parse(text: &str) -> Self {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if text == "-" {
            Self::Stdin
        } else if let Some("http" | "https") = scheme.as_deref() {
            Self::Url(text.into())
        } else if let Some(size) = text.strip_prefix("test:") {
            Self::Test(size.into())
        } else {
            Self::File(text.into())
        }
    }

    /// Whether bytes come when they are made, so that times mean something.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Url(_))
    }
}

/// As typed, but never with a password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(&redacted(url)),
            Self::Test(size) => write!(f, "test:{size}"),
            Self::Stdin => f.write_str("-"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The URL with its userinfo's password replaced.
pub fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    match authority.rsplit_once('@') {
        Some((userinfo, host)) => match userinfo.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:(redacted)@{host}{path}"),
            None => format!("{scheme}://{userinfo}@{host}{path}"),
        },
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart_by_how_they_are_written() {
        assert_eq!(Target::parse("-"), Target::Stdin);
        assert_eq!(Target::parse("HTTP://cam/"), Target::Url("HTTP://cam/".into()));
        assert_eq!(Target::parse("test:64x48"), Target::Test("64x48".into()));
        assert_eq!(Target::parse("./http.cap"), Target::File("./http.cap".into()));
    }

    #[test]
    fn passwords_are_never_shown() {
        for (url, shown) in [
            ("http://a:secret@cam/x?y=a:b@c", "http://a:(redacted)@cam/x?y=a:b@c"),
            ("http://a:p@ss@cam:8080", "http://a:(redacted)@cam:8080"),
            ("http://user@cam/", "http://user@cam/"),
            ("http://cam/a:b@c", "http://cam/a:b@c"),
        ] {
            assert_eq!(Target::parse(url).to_string(), shown);
        }
    }
}
