//! What the catalogue says about a fault.

use std::time::Duration;

use super::edit::Edit;
use super::held::{MOST_HELD, MOST_PARTS};
use super::random::Random;

/// A fault that can be injected.
#[derive(Debug)]
pub struct Entry {
    /// Its name: kebab-case.
    pub name: &'static str,
    /// What it can be told.
    pub takes: Takes,
    /// What it does.
    pub act: Act,
    /// What `mjpeg check` says about it.
    pub shows: Shows,
    /// A value for `--fault` that shows it within 40 parts at 20 fps.
    pub example: &'static str,
    /// What happens, in one line.
    pub help: &'static str,
}

/// The argument of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// A time in microseconds; without a default it must be given.
    Time(Option<u64>),
    /// A size in bytes.
    Size(Option<u64>),
    /// A number of parts.
    Parts(Option<u64>),
}

/// What `mjpeg check` says about a stream with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A finding with the name of this rule.
    Rule(&'static str),
    /// This verdict, and this exit status.
    Verdict(&'static str, u8),
}

/// What a fault does.
#[derive(Debug)]
pub enum Act {
    /// It answers the request in another way.
    Answer(Answer),
    /// It changes the head of the response.
    Head(fn(&mut Vec<u8>)),
    /// It changes the head of the response, and the coding of its body.
    Coding(fn(&mut Vec<u8>), Coding),
    /// It changes the head of the response and pieces of the parts.
    Both(fn(&mut Vec<u8>), Edit),
    /// It changes pieces of the parts.
    Wire(Edit),
    /// It changes pieces between the picture of the part before and that of this part: a reader finds it behind the former.
    Behind(Edit),
    /// It draws other pictures: the part has another picture, with its right length.
    Drawn(Draw),
    /// It changes the bytes of pictures; the length of the part is right.
    Picture(Draw),
    /// The source hangs: behind the first part that it concerns, some are missing, and it changes the pictures.
    Hang(Draw),
    /// It changes the order of the parts.
    Order(Order),
    /// It changes when the bytes are sent.
    Time(Pace),
    /// It ends the connection.
    End(End),
}

/// An answer that is no stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This status code.
    Status(u16),
    /// A redirection to the same URL.
    Redirect,
    /// The connection is reset.
    Reset,
    /// No byte.
    Silence,
    /// The stream, after a pause.
    Late,
}

/// The transfer coding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// None.
    Identity,
    /// Chunks.
    Chunked,
}

/// A change of the order of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The part comes behind the next one.
    Later,
    /// So many parts are left out.
    Skip,
}

/// A change of the times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The bytes of the part come this much later.
    Stall,
    /// The second half of the picture comes this much later.
    StallInside,
    /// The part comes in blocks of this many bytes, one each 10 ms.
    Drip,
    /// The part comes at this many bytes a second.
    Rate,
    /// The part comes up to this much later, by chance.
    Jitter,
    /// Bytes are held back until this many are together, as a server with a buffer of fixed size does.
    Fill,
    /// The last bytes of the part, this many, are held back until the next part.
    HoldTail,
    /// Parts are held back until this many are together.
    Burst,
}

/// An end of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is reset in the middle of the picture.
    Reset,
    /// It is closed in the middle of the picture.
    Cut,
    /// It is closed behind the picture.
    Close,
    /// It is closed behind a close-delimiter and other bytes.
    Epilogue,
}

/// Makes another picture; `None` leaves it as it is.
pub type Draw = fn(&mut Scene<'_>) -> Option<Vec<u8>>;

/// What a picture fault knows.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The picture.
    pub jpeg: &'a [u8],
    /// The picture of the part before, if there was one.
    pub before: Option<&'a [u8]>,
    /// The delimiter, with its line end.
    pub delimiter: &'a [u8],
    /// The number of the part.
    pub part: u64,
    /// How many parts in a row the fault has had before this one.
    pub run: u64,
    /// What the fault has made for the part before, if it had that one too.
    pub made: Option<&'a [u8]>,
    /// The argument.
    pub argument: u64,
    /// Random numbers.
    pub random: Random,
}

impl Takes {
    /// The word for it in a list.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Time(_) => Some("TIME"),
            Self::Size(_) => Some("SIZE"),
            Self::Parts(_) => Some("PARTS"),
        }
    }

    /// What counts without an argument.
    pub fn default(self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Time(default) | Self::Size(default) | Self::Parts(default) => default,
        }
    }
}

impl Entry {
    /// The name with its argument, as in a list: `stall=TIME`, `content-length-short[=SIZE]`.
    pub fn form(&self) -> String {
        match (self.takes.word(), self.takes.default()) {
            (None, _) => self.name.into(),
            (Some(word), None) => format!("{}={word}", self.name),
            (Some(word), Some(_)) => format!("{}[={word}]", self.name),
        }
    }

    /// Whether it concerns the response as a whole, not its parts.
    pub fn is_of_response(&self) -> bool {
        matches!(self.act, Act::Answer(_) | Act::Head(_) | Act::Coding(..) | Act::Both(..))
    }

    /// The largest argument: what is held back for a viewer has a bound.
    pub fn most(&self) -> u64 {
        match self.act {
            Act::Time(Pace::Fill | Pace::HoldTail) => MOST_HELD as u64,
            Act::Time(Pace::Burst) => MOST_PARTS,
            _ => u64::MAX,
        }
    }

    /// Whether it holds bytes back over several parts, so that it cannot start and stop between them.
    pub fn holds_bytes_back(&self) -> bool {
        matches!(self.act, Act::Time(Pace::Fill | Pace::Burst))
    }
}

/// A number of microseconds as a time.
pub fn time(argument: u64) -> Duration {
    Duration::from_micros(argument)
}
