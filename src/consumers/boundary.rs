//! Where a consumer takes the boundary from.

use memchr::memmem;

use super::response::type_name;

/// How a consumer reads the boundary parameter of a Content-Type.
#[derive(Debug, Clone, Copy)]
pub struct Boundary {
    /// How it finds the parameter.
    pub search: Search,
    /// How far the value reaches.
    pub value: Value,
    /// Only the first parameter counts.
    pub first_only: bool,
    /// The name must be in lower case.
    pub case_sensitive: bool,
    /// Blanks around the equals sign are accepted.
    pub blanks_at_equals: bool,
    /// Double quotes around the value are removed.
    pub quotes_removed: bool,
    /// If a semicolon follows, the last character of the value is lost.
    pub cut_at_semicolon: bool,
    /// The longest boundary, in bytes.
    pub max_bytes: usize,
    /// Without the parameter, any line that starts with two dashes is a delimiter.
    pub optional: bool,
}

/// How a consumer finds the boundary parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// It splits the value into parameters.
    Parameters,
    /// It searches for the text `boundary=`.
    Text,
}

/// How far the value of the parameter reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// It must be a token or a quoted string, and the type must be well formed.
    Token,
    /// Up to the next semicolon.
    Semicolon,
    /// Up to the end.
    Rest,
}

impl Boundary {
    /// Splits at semicolons, tolerates blanks, and removes quotes.
    pub const TOLERANT: Self = Self {
        search: Search::Parameters,
        value: Value::Semicolon,
        first_only: false,
        case_sensitive: false,
        blanks_at_equals: true,
        quotes_removed: true,
        cut_at_semicolon: false,
        max_bytes: usize::MAX,
        optional: false,
    };

    /// The boundary in a Content-Type value. Never empty.
    pub(super) fn find<'a>(&self, content_type: &'a [u8]) -> Option<&'a [u8]> {
        let mut value = match self.search {
            Search::Text => self.text(content_type)?,
            Search::Parameters => self.parameter(content_type)?,
        };
        if self.cut_at_semicolon && is_followed(content_type) {
            value = &value[..value.len().saturating_sub(1)];
        }
        if self.quotes_removed && value.len() > 1 && value[0] == b'"' && value[value.len() - 1] == b'"' {
            value = &value[1..value.len() - 1];
        }
        (!value.is_empty()).then_some(value)
    }

    fn text<'a>(&self, content_type: &'a [u8]) -> Option<&'a [u8]> {
        const NAME: &[u8] = b"boundary=";
        let at = if self.case_sensitive {
            memmem::find(content_type, NAME)?
        } else {
            content_type.windows(NAME.len()).position(|text| text.eq_ignore_ascii_case(NAME))?
        };
        let value = &content_type[at + NAME.len()..];
        let len = if self.value == Value::Rest { None } else { memchr::memchr(b';', value) };
        Some(value[..len.unwrap_or(value.len())].trim_ascii())
    }

    fn parameter<'a>(&self, content_type: &'a [u8]) -> Option<&'a [u8]> {
        if self.value == Value::Token && !is_media_type(type_name(content_type)) {
            return None;
        }
        let value = self.named(content_type)?;
        (self.value != Value::Token || is_token_or_quoted(value)).then_some(value)
    }

    fn named<'a>(&self, content_type: &'a [u8]) -> Option<&'a [u8]> {
        for piece in Pieces(content_type).skip(1) {
            if piece.trim_ascii().is_empty() {
                continue;
            }
            let piece = piece.trim_ascii_start();
            let equals = memchr::memchr(b'=', piece);
            let (name, value) = equals.map_or((piece, None), |at| (&piece[..at], Some(&piece[at + 1..])));
            let has_blanks =
                name != name.trim_ascii() || value.is_some_and(|value| value != value.trim_ascii());
            if !self.blanks_at_equals && has_blanks && value.is_some() {
                continue;
            }
            let name = name.trim_ascii();
            let is_boundary = if self.case_sensitive {
                name == b"boundary"
            } else {
                name.eq_ignore_ascii_case(b"boundary")
            };
            if is_boundary {
                return value.map(<[u8]>::trim_ascii);
            }
            if self.first_only {
                return None;
            }
        }
        None
    }
}

/// The pieces of a value between semicolons outside of quotes.
struct Pieces<'a>(&'a [u8]);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|&b| b != b';')?;
        let text = &self.0[start..];
        let (mut i, mut end) = (0, text.len());
        while i < text.len() {
            match text[i] {
                b';' => {
                    end = i;
                    break;
                }
                // A quote without its partner is not part of a piece.
                b'"' => match memchr::memchr(b'"', &text[i + 1..]) {
                    Some(len) => i += len + 2,
                    None => {
                        end = i;
                        break;
                    }
                },
                _ => i += 1,
            }
        }
        let (piece, rest) = text.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        Some(piece)
    }
}

/// Whether a semicolon follows the value of the parameter.
fn is_followed(content_type: &[u8]) -> bool {
    const NAME: &[u8] = b"boundary";
    memmem::find(content_type, NAME).is_some_and(|at| {
        let rest = content_type[at + NAME.len()..].trim_ascii_start();
        rest.starts_with(b"=") && memchr::memchr(b';', rest).is_some()
    })
}

fn is_media_type(name: &[u8]) -> bool {
    let is_token = |text: &[u8]| {
        !text.is_empty() && text.iter().all(|&b| b.is_ascii_alphanumeric() || b"_!#$&^.+'*`|~-".contains(&b))
    };
    memchr::memchr(b'/', name).is_some_and(|slash| is_token(&name[..slash]) && is_token(&name[slash + 1..]))
}

fn is_token_or_quoted(value: &[u8]) -> bool {
    let is_quoted = value.len() > 1
        && value[0] == b'"'
        && value[value.len() - 1] == b'"'
        && !value[1..value.len() - 1].contains(&b'"');
    let is_token = !value.is_empty()
        && value.iter().all(|&b| b.is_ascii_alphanumeric() || b"_!#$%&^.+'*`|~{}-".contains(&b));
    is_quoted || is_token
}
