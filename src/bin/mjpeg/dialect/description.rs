//! The description of one camera or server.

use serde::Deserialize;

use super::chunks::Chunks;
use super::template::Template;

/// How a camera or server writes its stream:
///
/// ```text
/// head first_delimiter part picture after  delimiter part picture after  ...  closing
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Its name for people.
    pub title: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// Where the description comes from.
    pub source: String,
    /// The head of the response, with its empty line; nothing if there is no response head.
    #[serde(default)]
    pub head: Template,
    /// What is before the first part, if not `delimiter`; the end of `delimiter`.
    pub first_delimiter: Option<String>,
    /// What is before each part, with the line end before it if that is not in `after`.
    #[serde(default)]
    pub delimiter: String,
    /// The head of a part, with its empty line.
    #[serde(default)]
    pub part: Template,
    /// What follows a picture before the next delimiter.
    #[serde(default)]
    pub after: Template,
    /// How far a frame is sent before the next one is there.
    #[serde(rename = "sent")]
    pub sent_together: SentTogether,
    /// What the server sends before it closes the connection.
    #[serde(default)]
    pub closing: String,
    /// The chunks of the response, if it has the chunked coding.
    pub chunks: Option<Chunks>,
    /// Another part between the pictures.
    pub other_part: Option<OtherPart>,
}

/// How far a frame is sent before the next one is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentTogether {
    /// Up to the end of the picture; what follows it comes with the next one.
    #[default]
    Jpeg,
    /// With what follows the picture.
    After,
    /// With the next delimiter.
    Delimiter,
    /// With the next delimiter and the head of the next part.
    Head,
}

/// A part without a picture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherPart {
    /// It follows each picture whose number is a multiple of this one.
    pub every: u64,
    /// Its bytes, with its delimiter.
    pub bytes: String,
}

impl Description {
    /// Reads the text of a description file.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, a key does not exist, or the values contradict each other.
    pub fn parse(text: &str) -> Result<Self, String> {
        let description: Self = toml::from_str(text).map_err(|error| {
            let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message().replace('\n', " "))
        })?;
        if let Some(first) = &description.first_delimiter
            && !description.delimiter.ends_with(first)
        {
            return Err("first_delimiter is not the end of delimiter".into());
        }
        if description.chunks.is_some_and(|chunks| chunks.size == Some(0)) {
            return Err("chunks.size is 0".into());
        }
        if description.other_part.as_ref().is_some_and(|other| other.every == 0) {
            return Err("other_part.every is 0".into());
        }
        Ok(description)
    }

    /// What is before the first part.
    pub fn first_delimiter(&self) -> &str {
        self.first_delimiter.as_deref().unwrap_or(&self.delimiter)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A text, or its lines.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Text {
            Whole(String),
            Lines(Vec<String>),
        }
        let text = match Text::deserialize(deserializer)? {
            Text::Whole(text) => text,
            Text::Lines(lines) => lines.concat(),
        };
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "title = 't'\nsource = 's'\nsent = 'after'\n";

    #[test]
    fn a_description_has_defaults() {
        let small = Description::parse(SMALL).unwrap();
        assert_eq!((small.first_delimiter(), small.sent_together), ("", SentTogether::After));
        assert_eq!((small.head, small.part, small.chunks), Default::default());
    }

    #[test]
    fn mistakes_have_messages() {
        for (line, expected) in [
            ("delimeter = '--b'", "line 4: unknown field `delimeter`"),
            ("head = ['a', '{x}']", "unknown place {x}"),
            ("delimiter = '--b'\nfirst_delimiter = '--c'", "first_delimiter is not the end of delimiter"),
            ("[other_part]\nevery = 0\nbytes = ''", "other_part.every is 0"),
            ("[chunks]\nupper = true", "unknown field `upper`"),
            ("[chunks]\nsize = 0", "chunks.size is 0"),
            ("title = 'again'", "duplicate key"),
        ] {
            let error = Description::parse(&format!("{SMALL}{line}\n")).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert!(Description::parse("title = 't'\nsource = 's'\nsent = 'later'").is_err());
    }
}
