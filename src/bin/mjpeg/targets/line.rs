//! A line of the list: its name, its target, and the words of its options.

use std::ffi::OsStr;

use super::name::Name;
use crate::transport::Target;

/// What a line says, before its options are read.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub name: Name,
    pub target: Target,
    /// The options and their values.
    pub options: Vec<String>,
}

impl Line {
    /// Reads a line, whose words are quoted as in a shell. `None`: it is blank or a comment.
    ///
    /// # Errors
    ///
    /// Why it is no line of a list. Passwords are not part of the message.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let words = shlex::split(text).ok_or("a quote is not closed, or the line ends with `\\`")?;
        let mut words = words.into_iter();
        let Some(name) = words.next() else { return Ok(None) };
        let name = Name::parse(&name)?;
        let target = match words.next() {
            Some(word) if word == "-" => return Err("standard input cannot be in a list of targets".into()),
            Some(word) if !word.is_empty() && !word.starts_with('-') => {
                let shown = Target::parse(&word);
                Target::checked(OsStr::new(&word)).map_err(|why| format!("{shown}: {why}"))?
            }
            _ => return Err("no URL follows the name; a line is `NAME URL [options]`".into()),
        };
        Ok(Some(Self { name, target, options: words.collect() }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn words_are_quoted_as_in_a_shell_and_comments_begin_at_a_word() {
        for (text, name, target, options) in [
            ("front http://cam/", "front", "http://cam/", &[][..]),
            ("\t front\thttp://cam/#x   --deep # the door", "front", "http://cam/#x", &["--deep"]),
            ("'front door' http://cam/?a=1&b=$c", "front door", "http://cam/?a=1&b=$c", &[]),
            (
                "a test: --header 'X-Key: a b' --user=\"u:\\\"\"",
                "a",
                "test:",
                &["--header", "X-Key: a b", "--user=u:\""],
            ),
        ] {
            let line = Line::parse(text).unwrap().unwrap();
            assert_eq!(
                (line.name.to_string().as_str(), line.target),
                (name, Target::parse(target)),
                "{text}"
            );
            assert_eq!(line.options, options, "{text}");
        }
        for text in ["", "  \t", "# front http://cam/", "  #"] {
            assert_eq!(Line::parse(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_says_why_without_passwords() {
        for (text, why) in [
            ("front", "no URL"),
            ("front ''", "no URL"),
            ("front --deep http://cam/", "no URL"),
            ("front -", "standard input"),
            ("front rtsp://u:secret@cam/", "rtsp:// is not supported"),
            ("front http://u:secret@cam:99999/", "http://u:(redacted)@cam:99999/"),
            ("front 'http://u:secret@cam/", "quote"),
            ("front http://u:secret word@cam/", "its port is not a number"),
            ("front http://cam/ \\", "`\\`"),
            ("http://u:secret@cam/ front", "NAME URL"),
            ("../front http://cam/", "`/`"),
        ] {
            let error = Line::parse(text).unwrap_err();
            assert!(error.contains(why) && !error.contains("secret"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_a_target_or_a_mistake(text in mutated::text(&[
                b"front http://user:secret@cam/stream?pwd=secret --user 'a b' --idle 5s # comment",
                b"\"a b\" 'c\\'d' e\\ f",
            ])) {
            if let Ok(Some(line)) = Line::parse(&text) {
                let name = line.name.to_string();
                prop_assert!(!name.is_empty() && !name.contains('/') && !name.contains(char::is_control), "{:?}", name);
            }
        }
    }
}
