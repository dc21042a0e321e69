//! A further stream, as given on the command line: `NAME=SOURCE`.

use std::ffi::OsStr;

use clap::builder::{TypedValueParser, ValueParser};

use super::routes::RESERVED;
use crate::transport::Target;
use crate::usage::Usage;

/// Longest name, in bytes.
const LONGEST: usize = 200;

/// A source and its name.
#[derive(Debug, Clone)]
pub struct Named {
    /// The first segment of its paths.
    pub name: String,
    /// The source.
    pub source: Target,
}

impl Named {
    /// Parses `NAME=SOURCE`.
    pub fn parser() -> ValueParser {
        ValueParser::new(Parser)
    }
}

#[derive(Debug, Clone)]
struct Parser;

impl TypedValueParser for Parser {
    type Value = Named;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Named, clap::Error> {
        // The source may be a path that is not UTF-8; the name before it is ASCII.
        let (name, source) = split(value).map_err(|why| {
            let text = format!("invalid value for --stream: {why}\n");
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, text).with_cmd(command)
        })?;
        Ok(Named { name, source: Target::parser().parse_ref(command, arg, source)? })
    }
}

/// Splits `NAME=SOURCE` at the first `=`.
fn split(value: &OsStr) -> Result<(String, &OsStr), String> {
    use std::os::unix::ffi::OsStrExt;

    let bytes = value.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=').ok_or("expected NAME=SOURCE")?;
    let (name, source) = (&bytes[..at], &bytes[at + 1..]);
    let name = String::from_utf8(name.to_vec()).unwrap_or_default();
    check_name(&name)?;
    if source.is_empty() {
        return Err("expected NAME=SOURCE".into());
    }
    Ok((name, OsStr::from_bytes(source)))
}

/// Refuses a name that cannot be the first segment of a path, or is a page of the server.
///
/// # Errors
///
/// Why it is refused.
pub fn check_name(name: &str) -> Result<(), String> {
    let is_sound = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    if name.is_empty()
        || name.len() > LONGEST
        || name.starts_with('.')
        || !name.bytes().all(|byte| is_sound(&byte))
    {
        return Err(format!(
            "a name has letters, digits, - _ and ., does not start with ., and has at most {LONGEST} bytes"
        ));
    }
    if RESERVED.contains(&name) {
        return Err(format!("{name} cannot be the name of a stream: /{name} is a page of the server"));
    }
    Ok(())
}

/// Refuses two streams of the same name, and standard input twice.
///
/// # Errors
///
/// When the command line has either.
pub fn check(first: &Target, streams: &[Named]) -> Result<(), Usage> {
    for (index, stream) in streams.iter().enumerate() {
        if streams[..index].iter().any(|other| other.name == stream.name) {
            return Err(Usage::conflict(format!("--stream {}: two streams have this name", stream.name)));
        }
    }
    let sources = std::iter::once(first).chain(streams.iter().map(|stream| &stream.source));
    if sources.filter(|source| matches!(source, Target::Stdin)).count() > 1 {
        return Err(Usage::conflict("standard input can be the source of one stream only"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_before_the_first_equals_sign() {
        let split =
            |text: &'static str| split(OsStr::new(text)).map(|(name, source)| (name, source.to_owned()));
        assert_eq!(split("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(split("cam-1.b_2=-"), Ok(("cam-1.b_2".into(), "-".into())));
        for wrong in ["a", "=b", "a=", "a/b=c", ".=c", "..=c", "ä=c", "a b=c", "stream=c", "healthz=c"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
