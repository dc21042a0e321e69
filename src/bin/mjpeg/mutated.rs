//! Foreign bytes for tests of parsers: any bytes, and good examples with changes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What breaks parsers: numbers at the limits of their types, marks of several formats, characters of several bytes, and bytes
/// that are no text.
const PIECES: [&[u8]; 40] = [
    b"0",
    b"-1",
    b"+5",
    b"255",
    b"65536",
    b"2147483648",
    b"4294967296",
    b"9223372036854775807",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e308",
    b"nan",
    b"0x10",
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\x1b[31m",
    b" ",
    b"\t",
    b"\"",
    b"\\",
    b"'",
    b"=",
    b",",
    b";",
    b":",
    b"/",
    b"@",
    b"%",
    b"%00",
    b"{",
    b"}",
    b"[",
    b"]",
    b"&#0;",
    b"\xc3\xa9",
    b"\xe2\x80\xae",
    b"\xff",
    b"\xff\xd8\xff\xd9",
];

#[derive(Debug, Clone)]
enum Change {
    Cut(Index),
    Insert(Index, &'static [u8]),
    Remove(Index, usize),
    Repeat(Index, usize, Index),
    Set(Index, u8),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index, len: usize| at.index(len + 1);
        let len = bytes.len();
        match self {
            Self::Cut(at) => bytes.truncate(place(at, len)),
            Self::Insert(at, piece) => {
                let at = place(at, len);
                bytes.splice(at..at, piece.iter().copied());
            }
            Self::Remove(at, n) => {
                let at = place(at, len);
                bytes.drain(at..len.min(at + n));
            }
            Self::Repeat(from, n, to) => {
                let from = place(from, len);
                let piece = bytes[from..len.min(from + n)].to_vec();
                let to = place(to, len);
                bytes.splice(to..to, piece);
            }
            Self::Set(at, byte) => {
                if let Some(old) = bytes.get_mut(place(at, len)) {
                    *old = *byte;
                }
            }
        }
    }
}

/// One of the examples with a few changes, or any bytes.
pub fn bytes(examples: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let index = any::<Index>;
    let change = prop_oneof![
        1 => index().prop_map(Change::Cut),
        4 => (index(), select(&PIECES[..])).prop_map(|(at, piece)| Change::Insert(at, piece)),
        2 => (index(), 1..20_usize).prop_map(|(at, n)| Change::Remove(at, n)),
        2 => (index(), 1..60_usize, index()).prop_map(|(from, n, to)| Change::Repeat(from, n, to)),
        2 => (index(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
    ];
    let changed = (select(examples), vec(change, 0..8)).prop_map(|(example, changes)| {
        let mut bytes = example.to_vec();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        bytes
    });
    prop_oneof![9 => changed, 1 => vec(any::<u8>(), 0..200)]
}

/// The same as text.
pub fn text(examples: &'static [&'static [u8]]) -> impl Strategy<Value = String> {
    bytes(examples).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
