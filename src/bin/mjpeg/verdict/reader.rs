//! A name in `--consumers`.

use std::str::FromStr;

use mjpeg::check::{Carrier, carrier, carriers, nearest_word};
use mjpeg::consumers::{Consumer, consumer, consumers};

/// What people call programs of the table.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("chrome", "chromium"),
    ("edge", "chromium"),
    ("safari", "webkitgtk"),
    ("webkit", "webkitgtk"),
    ("ffplay", "ffmpeg"),
    ("ffprobe", "ffmpeg"),
    ("cv2", "opencv"),
    ("mozilla", "firefox"),
    ("homeassistant", "home_assistant_still"),
];

/// A name in `--consumers`.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// A program that was measured.
    Consumer(&'static Consumer),
    /// A way to carry frames further.
    Carrier(&'static Carrier),
}

impl Reader {
    /// The consumer.
    pub fn consumer(self) -> Option<&'static Consumer> {
        if let Self::Consumer(consumer) = self { Some(consumer) } else { None }
    }

    /// The carrier.
    pub fn carrier(self) -> Option<&'static Carrier> {
        if let Self::Carrier(carrier) = self { Some(carrier) } else { None }
    }
}

impl FromStr for Reader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let measured = consumer(text).map(Self::Consumer);
        measured.or_else(|| carrier(text).map(Self::Carrier)).ok_or_else(|| {
            let names: Vec<&str> =
                consumers().map(|it| it.name).chain(carriers().map(|it| it.name)).collect();
            let other = || {
                let near = nearest_word(text, &OTHER_NAMES.map(|(other, _)| other))?;
                OTHER_NAMES.iter().find(|(other, _)| *other == near).map(|(_, name)| *name)
            };
            match nearest_word(text, &names).or_else(other) {
                Some(near) => format!("no consumer has this name; did you mean {near}?"),
                None => format!("no consumer has this name; known are {}", names.join(", ")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_call_a_program_leads_to_its_name() {
        for (typed, name) in
            [("chrome", "chromium"), ("crome", "chromium"), ("Safari", "webkitgtk"), ("ffmepg", "ffmpeg")]
        {
            let why = typed.parse::<Reader>().unwrap_err();
            assert!(why.ends_with(&format!("did you mean {name}?")), "{why}");
        }
        for (_, name) in OTHER_NAMES {
            assert!(name.parse::<Reader>().is_ok(), "{name}");
        }
    }
}
