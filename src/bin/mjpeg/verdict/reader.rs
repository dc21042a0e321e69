//! A name in `--consumers`.

use std::str::FromStr;

use mjpeg::check::{Carrier, carrier, carriers, nearest_word};
use mjpeg::consumers::{Consumer, consumer, consumers};

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
            match nearest_word(text, &names) {
                Some(near) => format!("no consumer has this name; did you mean {near}?"),
                None => format!("no consumer has this name; known are {}", names.join(", ")),
            }
        })
    }
}
