//! What `bench chunks` measures.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::TypedValueParser;

use crate::redacted::redacted;
use crate::transport::{PlainUrl, Redacting, Target};

/// What is measured.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The pumps of this program, with these pictures.
    Directory(PathBuf),
    /// The server of this URL.
    Url(PlainUrl),
}

impl Subject {
    /// Parses a SOURCE or URL on the command line. Opens nothing.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        Redacting::new(Self::checked, redacted)
    }

    fn checked(typed: &OsStr) -> Result<Self, String> {
        match Target::checked(typed)? {
            Target::Url(_) => PlainUrl::checked(typed).map(Self::Url),
            Target::File(path) => Ok(Self::Directory(path)),
            Target::Test(_) | Target::Stdin => Err("expected a directory of JPEGs, or an http:// URL".into()),
        }
    }
}
