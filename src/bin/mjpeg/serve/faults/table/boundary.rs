//! The boundary parameter of a Content-Type, as faults change it.

use std::fmt;

use super::super::edit::content_type;

/// A Content-Type, split at its boundary parameter.
#[derive(Debug)]
pub struct Boundary {
    /// The media type, the parameters before it and their separators.
    pub before: String,
    /// The name of the parameter.
    pub name: String,
    /// The `=`, with the blanks around it.
    pub equals: String,
    /// A quote, or nothing.
    pub quote: &'static str,
    /// The boundary.
    pub value: String,
    /// What follows.
    pub behind: String,
}

impl Boundary {
    /// The parts of a Content-Type with a boundary.
    pub fn of(content_type: &str) -> Option<Self> {
        const NAME: &str = "boundary";
        let at = content_type.to_ascii_lowercase().find(NAME)?;
        let (before, rest) = content_type.split_at(at);
        let (name, rest) = rest.split_at(NAME.len());
        let value = rest.trim_start().strip_prefix('=')?.trim_start();
        let equals = &rest[..rest.len() - value.len()];
        let (quote, value, behind) = match value.strip_prefix('"').and_then(|text| text.split_once('"')) {
            Some((value, behind)) => ("\"", value, behind),
            None => {
                let end = value.find([';', ',', ' ']).unwrap_or(value.len());
                ("", &value[..end], &value[end..])
            }
        };
        let [before, name, equals, value, behind] = [before, name, equals, value, behind].map(String::from);
        Some(Self { before, name, equals, quote, value, behind })
    }

    /// The Content-Type without the boundary.
    pub fn without(&self) -> String {
        format!("{}{}", self.before.trim_end_matches([' ', ';', ',']), self.behind)
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, name, equals, quote, value, behind } = self;
        write!(f, "{before}{name}{equals}{quote}{value}{quote}{behind}")
    }
}

/// Changes the boundary that the head of a response announces.
pub fn boundary(head: &mut Vec<u8>, change: &dyn Fn(&mut Boundary)) {
    content_type(head, &|value| match Boundary::of(value) {
        Some(mut boundary) => {
            change(&mut boundary);
            boundary.to_string()
        }
        None => value.into(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_written_as_it_was_read() {
        for (text, value) in [
            ("multipart/x-mixed-replace; boundary=abc", "abc"),
            ("multipart/x-mixed-replace;Boundary = \"a;b\"; charset=utf-8", "a;b"),
            ("multipart/x-mixed-replace, boundary=--abc;", "--abc"),
            ("boundary=\"abc", "\"abc"),
            ("boundary=", ""),
        ] {
            let boundary = Boundary::of(text).unwrap();
            assert_eq!((boundary.to_string().as_str(), boundary.value.as_str()), (text, value));
        }
        assert!(Boundary::of("image/jpeg").is_none() && Boundary::of("x; boundary").is_none());
        let without = |text: &str| Boundary::of(text).unwrap().without();
        assert_eq!(without("x; boundary=abc; a=b"), "x; a=b");
        assert_eq!(without("x; boundary=\"abc\""), "x");
    }
}
