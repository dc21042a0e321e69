//! What a subcommand reads: a URL, a file, standard input, or the test pattern.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

use clap::builder::TypedValueParser;

use super::place::Place;
use super::redacting::Redacting;
use super::scheme;
use crate::pattern::Size;
use crate::redacted::{redacted, shown_path};

/// A TARGET of the command line. Its form decides its kind.
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
    pub fn parse(typed: impl AsRef<OsStr>) -> Self {
        // A name that is not UTF-8 can only be a file's.
        let typed = typed.as_ref();
        let Some(text) = typed.to_str() else { return Self::File(typed.into()) };
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

    /// Parses a TARGET on the command line. What cannot be a target is refused; nothing is opened.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        Redacting::new(Self::checked, redacted)
    }

    /// The same for an argument that may be left out: its default is empty.
    pub fn parser_or_none() -> impl TypedValueParser<Value = Self> {
        let parse = |typed: &OsStr| match typed.is_empty() {
            true => Ok(Self::parse(typed)),
            false => Self::checked(typed),
        };
        Redacting::new(parse, redacted)
    }

    /// Reads a TARGET as typed.
    ///
    /// # Errors
    ///
    /// Why it cannot be a target.
    pub fn checked(typed: &OsStr) -> Result<Self, String> {
        let target = Self::parse(typed);
        match &target {
            Self::Test(size) => {
                size.parse::<Size>()?;
            }
            Self::Url(url) => {
                Place::parse(url)?;
            }
            // `htp://` and `rtsp://`: neither a URL that is known nor a file that anyone has.
            Self::File(path) if path.as_os_str().is_empty() => return Err("it is empty".into()),
            Self::File(path) => {
                if let Some(why) = path.to_str().and_then(scheme::misspelt) {
                    return Err(why);
                }
                let before = path.to_str().and_then(|text| text.split_once("://")).map(|(before, _)| before);
                if let Some(before) = before.filter(|before| is_scheme(before)) {
                    return Err(scheme::unsupported(before));
                }
            }
            Self::Stdin => {}
        }
        Ok(target)
    }

    /// A message about the target. The test pattern ends in a colon itself.
    pub fn with(&self, message: impl fmt::Display) -> String {
        let shown = self.to_string();
        let colon = if shown.ends_with(':') { "" } else { ":" };
        format!("{shown}{colon} {message}")
    }

    /// What to add to a message that only a URL will do: the URL that may be meant.
    pub fn or_url(&self) -> String {
        let url = match self {
            Self::File(path) => scheme::url_of(path),
            _ => None,
        };
        url.map(|url| format!("; did you mean {url}?")).unwrap_or_default()
    }

    /// Whether a process writes into it while it is read: it can be read once, and its first byte may take
    /// long. This holds for standard input and for named pipes (`mjpeg serve <(...)`).
    pub fn is_pipe(&self) -> bool {
        match self {
            Self::Stdin => true,
            Self::File(path) => std::fs::metadata(path).is_ok_and(|it| it.file_type().is_fifo()),
            Self::Url(_) | Self::Test(_) => false,
        }
    }

    /// Whether bytes come as they are produced, so that arrival times mean something.
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
            Self::File(path) => f.write_str(&shown_path(path)),
        }
    }
}

/// Whether `text` has the form of a scheme (RFC 3986 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_target_decides_its_kind() {
        assert_eq!(Target::parse("-"), Target::Stdin);
        assert_eq!(Target::parse("HTTP://cam/"), Target::Url("HTTP://cam/".into()));
        assert_eq!(Target::parse("test:64x48"), Target::Test("64x48".into()));
        assert_eq!(Target::parse("./http.cap"), Target::File("./http.cap".into()));
    }

    #[test]
    fn what_cannot_be_a_target_is_refused() {
        for (typed, why) in [
            ("rtsp://cam/", Some("rtsp://")),
            ("htp://cam/", Some("htp://")),
            ("http://cam:99999/", Some("port")),
            ("http:///x", Some("host")),
            ("test:0x0", Some("")),
            ("http://cam/", None),
            ("", Some("empty")),
            ("http:/cam/", Some("http://")),
            ("HTTPS:cam", Some("https://")),
            ("./http:cam", None),
            ("a file with :// in it", None),
            ("-", None),
        ] {
            let error = Target::checked(OsStr::new(typed)).err();
            assert_eq!(error.is_some(), why.is_some(), "{typed}");
            assert!(error.unwrap_or_default().contains(why.unwrap_or_default()), "{typed}");
        }
    }

    #[test]
    fn a_message_has_one_colon_behind_its_target() {
        assert_eq!(Target::parse("test:").with("the end"), "test: the end");
        assert_eq!(Target::parse("test:64x48").with("the end"), "test:64x48: the end");
    }

    #[test]
    fn a_target_is_shown_without_passwords() {
        for typed in ["http://u:hush@cam/", "http://cam/?pwd=hush", "cam/?pwd=hush"] {
            assert!(!Target::parse(typed).to_string().contains("hush"), "{typed}");
        }
    }
}
