//! The name of a target: what people and file names call it.

use std::fmt;
use std::path::Path;

/// Longest name in bytes: that of a file on Linux.
const LONGEST: usize = 255;

/// A name that is also a good name of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// Accepts a name that is one visible folder and no other place.
    ///
    /// # Errors
    ///
    /// Why it is none. The text is not part of the message: a line that starts with its URL may have a password there.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return Err("it starts with a URL; a line is `NAME URL [options]`".into());
        }
        let fault = if text.is_empty() {
            "is empty"
        } else if text.contains('/') {
            "has a `/`"
        } else if text.starts_with('.') {
            "starts with a dot"
        } else if text.starts_with('-') {
            "starts with `-`, like an option"
        } else if text.chars().any(char::is_control) {
            "has a control character"
        } else if text.len() > LONGEST {
            return Err(format!("the name has more than {LONGEST} bytes"));
        } else {
            return Ok(Self(text.into()));
        };
        Err(format!("the name {fault}"))
    }
}

impl AsRef<Path> for Name {
    fn as_ref(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_one_folder_and_to_no_other_place() {
        let longest = "x".repeat(LONGEST);
        for name in ["front", "Tür 2", "10.0.0.7", "a..b", "a-", "\\", longest.as_str()] {
            assert_eq!(Name::parse(name).unwrap().to_string(), name);
        }
        for (name, why) in [
            ("", "empty"),
            (".", "dot"),
            ("..", "dot"),
            (".hidden", "dot"),
            ("../x", "`/`"),
            ("/etc", "`/`"),
            ("a/b", "`/`"),
            ("-rf", "option"),
            ("a\0b", "control"),
            ("a\nb", "control"),
            ("http://u:secret@cam/", "NAME URL"),
            (format!("{longest}x").as_str(), "255 bytes"),
        ] {
            let error = Name::parse(name).unwrap_err();
            assert!(error.contains(why) && !error.contains("secret"), "{name}: {error}");
        }
    }
}
