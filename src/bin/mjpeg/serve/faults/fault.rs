//! A fault as given on the command line: `NAME[=ARGUMENT][@WHEN]`.

use std::fmt;
use std::str::FromStr;

use super::catalogue;
use super::entry::{Entry, Takes};
use super::when::{Parts, When};
use crate::value;

/// A fault, and when it is injected.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What the catalogue says about it.
    pub entry: &'static Entry,
    /// Its argument: microseconds, bytes or parts.
    pub argument: u64,
    /// When it is injected.
    pub when: When,
    /// As given.
    text: String,
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        (self.entry.name, self.argument, self.when) == (other.entry.name, other.argument, other.when)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (fault, when) = match text.split_once('@') {
            Some((fault, when)) => (fault, when.parse()?),
            None => (text, When::default()),
        };
        let (name, given) = match fault.split_once('=') {
            Some((name, given)) => (name, Some(given)),
            None => (fault, None),
        };
        let entry = catalogue::named(name)?;
        let argument = argument(entry, given)?;
        if when.parts != Parts::All && entry.is_of_response() {
            return Err(format!("{name} concerns the whole response: only @viewer=N may follow"));
        }
        if when.parts != Parts::All && entry.holds_bytes_back() {
            return Err(format!("{name} concerns all parts: only @viewer=N may follow"));
        }
        Ok(Self { entry, argument, when, text: text.into() })
    }
}

/// Parses an argument.
fn argument(entry: &Entry, given: Option<&str>) -> Result<u64, String> {
    let name = entry.name;
    let Some(given) = given else {
        let word = entry.takes.word().unwrap_or_default();
        return entry.takes.default().ok_or_else(|| format!("{name} needs a {word}: {name}={word}"));
    };
    let positive = |number: u64| (number > 0).then_some(number);
    match entry.takes {
        Takes::Nothing => Err(format!("{name} takes no argument")),
        Takes::Time(_) => {
            let time = value::duration(given)?;
            u64::try_from(time.as_micros()).map_err(|_| format!("{name}: {given} is too long"))
        }
        Takes::Size(_) => {
            let size = value::size(given)?;
            let is_usable = usize::try_from(size).is_ok();
            let size = positive(size)
                .filter(|_| is_usable)
                .ok_or_else(|| format!("{name}: expected a size above 0"))?;
            if size > entry.most() {
                return Err(format!("{name}: {given}: at most {} MiB are held back", entry.most() >> 20));
            }
            Ok(size)
        }
        Takes::Parts(_) => {
            let parts = given
                .parse()
                .ok()
                .and_then(positive)
                .ok_or_else(|| format!("{name}: {given}: expected a number of parts, at least 1"))?;
            if parts > entry.most() {
                return Err(format!("{name}: {given}: at most {} parts are held back", entry.most()));
            }
            Ok(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mjpeg::check;

    use super::super::entry::Shows;
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn each_fault_has_its_own_name_an_example_and_a_rule() {
        let names: BTreeSet<_> = catalogue::all().map(|entry| entry.name).collect();
        assert_eq!(names.len(), catalogue::all().count());
        for entry in catalogue::all() {
            let example: Fault = entry.example.parse().unwrap();
            assert_eq!(example.entry.name, entry.name);
            let is_kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(entry.name.bytes().all(is_kebab), "{}", entry.name);
            if let Shows::Rule(rule) = entry.shows {
                assert!(check::find(rule).is_some(), "{}: {rule}", entry.name);
            }
        }
    }

    #[test]
    fn a_fault_has_a_name_an_argument_and_a_place() {
        for (text, name, argument, when) in [
            ("stall=2s@3", "stall", 2_000_000, "3"),
            ("stall-inside=5ms@every=10", "stall-inside", 5_000, "every=10"),
            ("drip=1k@viewer=2", "drip", 1024, "viewer=2"),
            ("hold-tail=100@p=0.5@viewer=1", "hold-tail", 100, "p=0.5@viewer=1"),
            ("reset@5", "reset", 0, "5"),
            ("content-length-short@1", "content-length-short", 10, "1"),
            ("close@t=30s", "close", 0, "t=30s"),
        ] {
            let fault: Fault = text.parse().unwrap();
            assert_eq!((fault.entry.name, fault.argument), (name, argument), "{text}");
            assert_eq!((fault.when, fault.to_string()), (when.parse().unwrap(), text.into()), "{text}");
        }
        for largest in ["fill=64M", "hold-tail=64M", "burst=10000", "skipped=18446744073709551615"] {
            assert!(largest.parse::<Fault>().is_ok(), "{largest}");
        }
        assert_eq!("burst=10".parse::<Fault>().unwrap().when, When::default());
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
            "boundary-missing@2",
            "cut@-1",
            "fill=99999999999999999999",
            "fill=65M",
            "hold-tail=1G",
            "burst=10001",
        ] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_that_does_not_exist_gets_those_that_begin_alike() {
        let error = "content-length-shrot".parse::<Fault>().unwrap_err();
        assert!(error.contains("content-length-short"), "{error}");
    }

    proptest! {
        #[test]
        fn a_fault_that_is_read_is_printed_and_read_again(text in mutated::text(&[
                b"stall=2s@every=10",
                b"cut-picture@3",
                b"late=500ms@p=0.1",
                b"no-eoi@t=30s@viewer=2",
            ])) {
            if let Ok(fault) = text.parse::<Fault>() {
                prop_assert_eq!(fault.to_string().parse::<Fault>(), Ok(fault));
            }
        }
    }
}
