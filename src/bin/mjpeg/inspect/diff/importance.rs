//! How much a difference matters to programs that read a stream, and words that a reader may not know.

use super::item::Item;

/// How much a difference matters. The most important comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Importance {
    /// Programs differ in what they accept here.
    Plays,
    /// When pictures come, and how large they are.
    Times,
    /// Programs ignore it.
    Little,
}

/// Fields of the response that decide what a program does with it.
const HEAD: [&str; 7] = [
    "status line",
    "content-type",
    "transfer coding",
    "line ends",
    "content-length",
    "content-encoding",
    "access-control-allow-origin",
];
/// The same for the heads of parts, and for pictures.
const PART: [&str; 2] = ["content-type", "content-length"];
const PICTURE: [&str; 3] = ["size", "process", "chroma sampling"];

impl Importance {
    /// That of a property.
    pub fn of(item: &Item) -> Self {
        let is_in = |names: &[&str]| names.iter().any(|name| item.name.eq_ignore_ascii_case(name));
        let decides = match item.group {
            "framing" | "deviations" => true,
            "timing and sizes" => return Self::Times,
            "response" => is_in(&HEAD),
            "part head" => is_in(&PART),
            _ => is_in(&PICTURE),
        };
        if decides { Self::Plays } else { Self::Little }
    }

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plays => "plays",
            Self::Times => "times",
            Self::Little => "little",
        }
    }

    /// The heading of its lines.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Plays => "can decide whether a program plays the stream",
            Self::Times => "when pictures come, and how large they are",
            Self::Little => "rarely matters to programs",
        }
    }
}

/// What a property is, for one who does not know the words in it.
pub fn explanation(group: &str, name: &str) -> Option<&'static str> {
    Some(match (group, name) {
        ("response", "transfer coding") => {
            "transfer coding: chunked sends the body in blocks, each behind its size"
        }
        ("framing", "before a delimiter" | "behind a delimiter") => {
            "CRLF, LF: line ends, of the bytes 13 10 and of 10 alone"
        }
        ("framing", "delimiter") => {
            "delimiter: the line between two parts; <N> stands for N random characters"
        }
        ("picture", "process") => "process: how the picture is coded; every program reads baseline",
        ("picture", "chroma sampling") => {
            "chroma sampling: colours in each point (4:4:4), in half (4:2:2) or in a quarter of them (4:2:0)"
        }
        ("picture", "quality (libjpeg)") => {
            "quality: 1 to 100, as libjpeg has it; ~: tables of another encoder, the nearest quality"
        }
        ("picture", "quantisation tables") => {
            "quantisation tables: the first entries of each and a checksum; small numbers keep more detail"
        }
        ("picture", "restart interval") => {
            "restart interval: marks in a picture behind which a damaged one goes on"
        }
        ("picture", "order of markers") => {
            "markers: SOI start, APPn and COM notes, DQT quantisation and DHT Huffman tables, SOF size, SOS picture, EOI end"
        }
        ("timing and sizes", "gap p50" | "gap p99") => "gap p50, p99: 50 and 99 of 100 gaps are not longer",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::item::Value;
    use super::*;

    #[test]
    fn what_programs_depend_on_comes_first() {
        let of = |group, name: &str| {
            Importance::of(&Item { group, name: name.into(), value: Value::Text(String::new()) })
        };
        for (group, name, expected) in [
            ("response", "Content-type", Importance::Plays),
            ("response", "Set-Cookie", Importance::Little),
            ("framing", "preamble", Importance::Plays),
            ("part head", "Content-Length", Importance::Plays),
            ("part head", "X-Timestamp", Importance::Little),
            ("deviations", "bare LF", Importance::Plays),
            ("picture", "size", Importance::Plays),
            ("picture", "order of markers", Importance::Little),
            ("timing and sizes", "rate", Importance::Times),
        ] {
            assert_eq!(of(group, name), expected, "{group} {name}");
        }
        assert!(Importance::Plays < Importance::Times && Importance::Times < Importance::Little);
    }
}
