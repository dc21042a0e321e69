//! The values of a TOML table, each with its line.

use std::fmt;

use mjpeg::check::nearest_word;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The key, if it is about one.
    pub key: String,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.why)
    }
}

/// The text of a file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a>(pub &'a str);

impl Source<'_> {
    /// The line of an offset.
    pub fn line(self, offset: usize) -> usize {
        self.0.get(..offset).unwrap_or(self.0).matches('\n').count() + 1
    }

    /// The mistake at an offset.
    pub fn mistake(self, offset: usize, key: &str, why: impl Into<String>) -> Mistake {
        Mistake { line: self.line(offset), key: key.into(), why: why.into() }
    }
}

/// A value of a table, with its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The line.
    pub line: usize,
    /// Its texts: one, or those of a list. Numbers are texts as written.
    pub texts: Vec<String>,
    /// Whether it is a list.
    pub is_list: bool,
}

/// The values of a table with their keys.
#[derive(Debug, Default)]
pub struct Values(Vec<(&'static str, Value)>);

impl Values {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(it, _)| *it == key).map(|(_, value)| value)
    }
}

/// Takes the values of a table whose keys are all in `known`.
///
/// # Errors
///
/// When it has another key, or a value is neither a text, a number nor a list of texts.
pub fn values(source: Source<'_>, table: &DeTable<'_>, known: &[&'static str]) -> Result<Values, Mistake> {
    let mut values = Values::default();
    for (key, value) in table {
        let (name, at) = (key.get_ref(), key.span().start);
        let Some(known) = known.iter().find(|known| *known == name) else {
            let why = match nearest_word(name, known) {
                Some(near) => format!("no such key; did you mean {near}?"),
                None => format!("no such key; there are {}", known.join(", ")),
            };
            return Err(source.mistake(at, name, why));
        };
        let wrong =
            || source.mistake(value.span().start, name, "expected a text, a number, or a list of texts");
        let (texts, is_list) = match value.get_ref() {
            DeValue::Array(list) => {
                let texts: Option<_> = list.iter().map(text).collect();
                (texts.ok_or_else(wrong)?, true)
            }
            _ => (vec![text(value).ok_or_else(wrong)?], false),
        };
        values.0.push((known, Value { line: source.line(value.span().start), texts, is_list }));
    }
    Ok(values)
}

/// A text, or a number as written.
fn text(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().into()),
        DeValue::Float(number) => Some(number.as_str().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Values, Mistake> {
        let table = DeTable::parse(text).unwrap();
        values(Source(text), table.get_ref(), &["name", "fps", "faults"])
    }

    #[test]
    fn values_have_their_lines() {
        let values = read("name = 'a'\nfps = 2.5\nfaults = ['x',\n 'y']\n").unwrap();
        assert_eq!(*values.get("fps").unwrap(), Value { line: 2, texts: vec!["2.5".into()], is_list: false });
        assert_eq!(
            *values.get("faults").unwrap(),
            Value { line: 3, texts: vec!["x".into(), "y".into()], is_list: true }
        );
    }

    #[test]
    fn a_wrong_key_has_its_line_and_the_right_one() {
        for (text, expected) in [
            ("name = 'a'\nfsp = 1", "2: fsp: no such key; did you mean fps?"),
            ("fault = 'a'", "1: fault: no such key; did you mean faults?"),
            ("x = 'a'", "1: x: no such key; there are name, fps, faults"),
            ("fps = true", "1: fps: expected a text, a number, or a list of texts"),
            ("\nfps = [1, {}]", "2: fps: expected a text, a number, or a list of texts"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), expected);
        }
    }
}
