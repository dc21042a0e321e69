//! A fault that `serve` injects on purpose, as given on the command line: `NAME[=ARGUMENT][@WHEN]`.

use std::str::FromStr;
use std::time::Duration;

use crate::value;

/// A fault and the parts that it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happens.
    pub kind: Kind,
    /// To which parts.
    pub when: When,
}

/// What happens to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The bytes of the part come this much later.
    Stall(Duration),
    /// The second half of the picture comes this much later.
    StallInside(Duration),
    /// The part comes in blocks of this many bytes, one each 10 ms.
    Drip(usize),
    /// Bytes are held back until this many are together, as a server with a buffer of fixed size does.
    Fill(usize),
    /// The last bytes of the part, this many, are held back until the next part.
    HoldTail(usize),
    /// Parts are held back until this many are together.
    Burst(u64),
    /// The connection is reset in the middle of the picture.
    Reset,
    /// The connection is closed in the middle of the picture.
    Cut,
    /// The connection is closed behind the picture.
    Close,
}

/// Which parts of a connection a fault concerns. Parts are counted from 1 for each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each part.
    Always,
    /// The part with this number.
    Part(u64),
    /// Each part whose number is a multiple of this one.
    Every(u64),
}

impl When {
    /// Whether the part with this number is concerned.
    pub fn includes(self, part: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Part(number) => part == number,
            Self::Every(number) => part.is_multiple_of(number),
        }
    }
}

/// The names and the arguments of all faults, for the help.
pub const NAMES: &str = "stall=TIME, stall-inside=TIME, drip=SIZE, fill=SIZE, hold-tail=SIZE, burst=PARTS, reset, \
                         cut, close";

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (fault, when) = match text.split_once('@') {
            Some((fault, when)) => (fault, when.parse()?),
            None => (text, When::Always),
        };
        let (name, argument) = match fault.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (fault, None),
        };
        let needed = |what: &str| argument.ok_or_else(|| format!("{name} needs a {what}: {name}={what}"));
        let time = || needed("TIME").and_then(value::duration);
        let bytes = || {
            let bytes = needed("SIZE").and_then(value::size)?;
            usize::try_from(bytes).ok().filter(|bytes| *bytes > 0).ok_or_else(|| format!("{name}: no size"))
        };
        let kind = match name {
            "stall" => Kind::Stall(time()?),
            "stall-inside" => Kind::StallInside(time()?),
            "drip" => Kind::Drip(bytes()?),
            "fill" => Kind::Fill(bytes()?),
            "hold-tail" => Kind::HoldTail(bytes()?),
            "burst" => Kind::Burst(number(needed("PARTS")?)?),
            "reset" => Kind::Reset,
            "cut" => Kind::Cut,
            "close" => Kind::Close,
            _ => return Err(format!("no fault has this name; there are {NAMES}")),
        };
        match (kind, argument) {
            (Kind::Reset | Kind::Cut | Kind::Close, Some(_)) => Err(format!("{name} takes no argument")),
            // A pump holds bytes back over several parts, so it cannot start and stop between them.
            (Kind::Fill(_) | Kind::Burst(_), _) if when != When::Always => {
                Err(format!("{name} concerns all parts: leave @... out"))
            }
            _ => Ok(Self { kind, when }),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("every", text)) => number(text).map(Self::Every),
            None => number(text).map(Self::Part),
            Some(_) => Err("expected @N or @every=N behind the fault".into()),
        }
    }
}

/// Parses a count of parts, at least 1.
fn number(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{text}: expected a number of parts, at least 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_a_name_an_argument_and_a_place() {
        let parse = |text: &str| text.parse::<Fault>();
        for (text, kind, when) in [
            ("stall=2s@3", Kind::Stall(Duration::from_secs(2)), When::Part(3)),
            ("stall-inside=5ms@every=10", Kind::StallInside(Duration::from_millis(5)), When::Every(10)),
            ("drip=1k", Kind::Drip(1024), When::Always),
            ("fill=64k", Kind::Fill(65_536), When::Always),
            ("hold-tail=100", Kind::HoldTail(100), When::Always),
            ("burst=10", Kind::Burst(10), When::Always),
            ("reset@5", Kind::Reset, When::Part(5)),
            ("cut", Kind::Cut, When::Always),
            ("close@1", Kind::Close, When::Part(1)),
        ] {
            assert_eq!(parse(text), Ok(Fault { kind, when }), "{text}");
        }
        for wrong in [
            "",
            "@",
            "x",
            "stall",
            "stall=",
            "stall=1s@",
            "stall=1s@0",
            "stall=1s@every=0",
            "stall=1s@x=1",
            "drip=0",
            "burst=0",
            "burst=x",
            "reset=1",
            "fill=1k@2",
            "cut@-1",
            "fill=99999999999999999999",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_are_counted_from_one() {
        let included = |when: When| (1..=6).filter(|part| when.includes(*part)).collect::<Vec<_>>();
        assert_eq!(included(When::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(included(When::Part(2)), [2]);
        assert_eq!(included(When::Every(3)), [3, 6]);
    }
}
