//! Fields of a request, and the `--header` arguments that add them.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::builder::TypedValueParser;

use super::redacting::Redacting;
use crate::option_file;
use crate::problem::Problem;
use crate::signal::Stop;

/// Longest file of fields, in bytes.
const FILE_BYTES: usize = 64 << 10;

/// One field of a request. `Debug` does not print its value, which may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// The name as written: embedded servers compare letters.
    pub name: String,
    /// The value. An empty one removes the field that is sent by default.
    pub value: String,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({}: (redacted))", self.name)
    }
}

/// The value of a `--header`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldArgument {
    /// `NAME: VALUE`.
    Field(Field),
    /// `@FILE`: a field in each line.
    File(PathBuf),
}

impl FieldArgument {
    /// Parses a `--header` on the command line. Opens nothing.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        let parse = |typed: &OsStr| {
            let text = typed.to_str().ok_or("it is not UTF-8")?;
            match text.strip_prefix('@') {
                Some("") => Err("a file name must follow the @".into()),
                Some(file) => Ok(Self::File(file.into())),
                None => Field::parse(text).map(Self::Field),
            }
        };
        // A line without a colon may be a password as a whole.
        let shown = |typed: &str| match typed.split_once(':') {
            Some((name, _)) => format!("{name}: (redacted)"),
            None => "(redacted)".into(),
        };
        Redacting::new(parse, shown)
    }

    /// Appends the fields to `fields`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, a line of it is not a field, or a signal arrives first.
    pub fn read(&self, fields: &mut Vec<Field>, stop: &Stop) -> Result<(), Problem> {
        let path = match self {
            Self::Field(field) => {
                fields.push(field.clone());
                return Ok(());
            }
            Self::File(path) => path,
        };
        let text = option_file::read(path, stop)
            .and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other))
            .with_context(|| format!("cannot read --header @{}", path.display()))?;
        if text.len() > FILE_BYTES {
            return Err(anyhow!("--header @{}: more than {FILE_BYTES} bytes", path.display()).into());
        }
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let field = Field::parse(line)
                .map_err(|why| anyhow!("--header @{}: line {}: {why}", path.display(), n + 1))?;
            fields.push(field);
        }
        Ok(())
    }
}

impl Field {
    /// Parses `NAME: VALUE`.
    fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once(':').ok_or("it is not NAME: VALUE")?;
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            return Err("the name may have letters, digits and - only".into());
        }
        if value.contains(|c: char| c.is_control() && c != '\t') {
            return Err("the value contains a control character".into());
        }
        Ok(Self { name: name.into(), value: value.trim().into() })
    }
}

/// The fields of a request: `defaults`, with those of `own` in the place of defaults of the same name.
pub fn merged(defaults: &[Field], own: &[Field]) -> Vec<Field> {
    let is_same = |a: &Field, b: &Field| a.name.eq_ignore_ascii_case(&b.name);
    let mut fields: Vec<Field> = Vec::new();
    for default in defaults {
        let before = fields.len();
        fields.extend(own.iter().filter(|own| is_same(own, default)).cloned());
        if fields.len() == before {
            fields.push(default.clone());
        }
    }
    fields.extend(own.iter().filter(|own| !defaults.iter().any(|default| is_same(own, default))).cloned());
    fields.retain(|field| !field.value.is_empty());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.into(), value: value.into() }
    }

    #[test]
    fn a_field_is_a_name_a_colon_and_a_value() {
        assert_eq!(Field::parse("X-Key:  a: b "), Ok(field("X-Key", "a: b")));
        assert_eq!(Field::parse("X-Key:"), Ok(field("X-Key", "")));
        for text in ["no colon", ": x", "a b: c", "a: b\r\nc: d", "a: \0"] {
            assert!(Field::parse(text).is_err(), "{text:?}");
        }
        assert!(!format!("{:?}", field("Authorization", "Bearer x1y2")).contains("x1y2"));
    }

    #[test]
    fn own_fields_replace_defaults_of_the_same_name() {
        let defaults = [field("Host", "cam"), field("User-Agent", "mjpeg"), field("Accept", "*/*")];
        let own = [field("user-agent", "x"), field("Accept", ""), field("X-A", "1"), field("X-A", "2")];
        let expected = [field("Host", "cam"), field("user-agent", "x"), field("X-A", "1"), field("X-A", "2")];
        assert_eq!(merged(&defaults, &own), expected);
        assert_eq!(merged(&defaults, &[]), defaults);
    }
}
