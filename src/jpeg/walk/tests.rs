use std::vec::Vec;

use super::*;

const TABLE: &[(&str, &[u8], Extent)] = &[
    ("nothing", b"", Extent::Partial),
    ("half a start", b"\xff\xd8", Extent::Partial),
    ("text", b"hello", Extent::Foreign),
    ("a start that goes on otherwise", b"\xff\xd8\x00", Extent::Foreign),
    ("no segment at all", b"\xff\xd8\xff\xd9", Extent::Complete { end: 4 }),
    ("bytes behind EOI", b"\xff\xd8\xff\xd9\0\0\xff\xd8", Extent::Complete { end: 4 }),
    ("fill bytes", b"\xff\xd8\xff\xff\xff\xfe\x00\x02\xff\xff\xd9", Extent::Complete { end: 11 }),
    ("padding", b"\xff\xd8\xff\xfe\x00\x02\0\0\0\xff\xd9", Extent::Complete { end: 11 }),
    ("a thumbnail", b"\xff\xd8\xff\xe1\x00\x06\xff\xd8\xff\xd9\xff\xd9", Extent::Complete { end: 12 }),
    ("a start in a comment", b"\xff\xd8\xff\xfe\x00\x05\xff\xd8\xff\xff\xd9", Extent::Complete { end: 11 }),
    (
        "a start in a cut table",
        b"\xff\xd8\xff\xdb\x00\x0d\x00\x01\xff\xff\xd8\xff\xdb\x00\x43\x00\x01\x02",
        Extent::Broken { at: 9 },
    ),
    (
        "a start in a table that another segment follows",
        b"\xff\xd8\xff\xdb\x00\x06\xff\xd8\xff\xd8\x00\xff\xfe\x00\x02\xff\xd9",
        Extent::Complete { end: 17 },
    ),
    (
        "a start at the end of a table that a stuffed byte follows",
        b"\xff\xd8\xff\xdb\x00\x05\xff\xd8\xff\xff\x00",
        Extent::Broken { at: 6 },
    ),
    (
        "a start at the end of a table that another picture follows",
        b"\xff\xd8\xff\xdb\x00\x05\xff\xd8\xff\xff\xd8",
        Extent::Broken { at: 6 },
    ),
    (
        "a start in a table whose end has not come",
        b"\xff\xd8\xff\xdb\x00\x43\x00\x01\xff\xff\xd8\xff\xdb",
        Extent::Partial,
    ),
    ("a start in a scan header", b"\xff\xd8\xff\xda\x00\x08\xff\xd8\xff\xd8", Extent::Broken { at: 6 }),
    ("a comment of length 0", b"\xff\xd8\xff\xfe\x00\x00\xff\xd9", Extent::Complete { end: 8 }),
    ("a table of length 1", b"\xff\xd8\xff\xdb\x00\x01\xff\xd9", Extent::Broken { at: 4 }),
    (
        "half a start in a table",
        b"\xff\xd8\xff\xdb\x00\x06\xff\xd8\x01\xff\xff\xd9",
        Extent::Complete { end: 12 },
    ),
    (
        "half a start at the end of a table",
        b"\xff\xd8\xff\xdb\x00\x04\xff\xd8\xff\xd9",
        Extent::Complete { end: 10 },
    ),
    ("an empty table", b"\xff\xd8\xff\xdb\x00\x02\xff\xd9", Extent::Complete { end: 8 }),
    ("a cut segment", b"\xff\xd8\xff\xe1\x00\x06\xff\xd8\xff", Extent::Partial),
    ("text for a marker", b"\xff\xd8\xff\xe1\x00\x02\r\n--b", Extent::Broken { at: 6 }),
    ("a stuffed byte for a marker", b"\xff\xd8\xff\xe1\x00\x02\xff\x00", Extent::Broken { at: 6 }),
    ("a reserved marker", b"\xff\xd8\xff\x02", Extent::Broken { at: 2 }),
    ("a restart outside a scan", b"\xff\xd8\xff\xd0", Extent::Broken { at: 2 }),
    ("a second start", b"\xff\xd8\xff\xd8\xff\xd9", Extent::Complete { end: 6 }),
    ("a third start", b"\xff\xd8\xff\xff\xd8\xff\xd8\xff\xd9", Extent::Broken { at: 3 }),
    ("a start behind a segment", b"\xff\xd8\xff\xd8\xff\xfe\x00\x02\xff\xd8\xff", Extent::Broken { at: 8 }),
    (
        "restarts, stuffing, fill, a second scan with a table before it, a number of lines",
        b"\xff\xd8\xff\xda\x00\x02a\xff\x00\xff\xd0b\xff\xff\xd1\xff\xff\x00c\
          \xff\xdc\x00\x04\x00\x08\xff\xc4\x00\x02\xff\xda\x00\x02d\xff\xd9",
        Extent::Complete { end: 36 },
    ),
    (
        "FF in the header of a scan",
        b"\xff\xd8\xff\xda\x00\x06\xff\xd9\xff\xffab\xff\xd9",
        Extent::Complete { end: 14 },
    ),
    ("a cut scan", b"\xff\xd8\xff\xda\x00\x02abcdef\xff", Extent::Partial),
    ("a start in a scan", b"\xff\xd8\xff\xda\x00\x02ab\r\n--b\xff\xd8\xff", Extent::Broken { at: 13 }),
    ("a start behind a cut FF", b"\xff\xd8\xff\xda\x00\x02a\xff\xff\xd8", Extent::Broken { at: 8 }),
    ("a reserved marker in a scan", b"\xff\xd8\xff\xda\x00\x02a\xff\x0d", Extent::Broken { at: 7 }),
];

#[test]
fn bodies_end_where_their_markers_say() {
    for (name, body, expected) in TABLE {
        assert_eq!(Walk::over(body), *expected, "{name}");
    }
}

#[test]
fn the_answer_depends_on_the_bytes_alone() {
    for (name, body, _) in TABLE {
        let whole: Vec<Extent> = (0..=body.len()).map(|n| Walk::over(&body[..n])).collect();
        let mut one_by_one = Walk::new();
        for n in 0..=body.len() {
            assert_eq!(one_by_one.advance(&body[..n]), whole[n], "{name}, byte by byte at {n}");
            let mut split = Walk::new();
            split.advance(&body[..n]);
            assert_eq!(split.advance(body), whole[body.len()], "{name}, split at {n}");
        }
    }
}

#[test]
fn a_byte_is_looked_at_once_however_bytes_come() {
    let endless: [(&[u8], &[u8]); 6] = [
        (b"\xff\xd8\xff\xda\x00\x02", b"\xff"),
        (b"\xff\xd8\xff\xda\x00\x02", b"\xff\x00"),
        (b"\xff\xd8\xff\xda\x00\x02", b"\xff\xd0"),
        (b"\xff\xd8\xff\xdb\xff\xff", b"\xff\xd8"),
        (b"\xff\xd8", b"\xff\xdb\x00\x02"),
        (b"\xff\xd8\xff\xfe\x00\x02", b"\0"),
    ];
    for (start, more) in endless {
        let body: Vec<u8> = start.iter().chain(more.iter().cycle().take(20_000)).copied().collect();
        let (mut walk, mut steps) = (Walk::new(), 0);
        for end in 0..=body.len() {
            let before = walk.at;
            while let Some(state) = walk.step(&body[..end]) {
                walk.state = state;
                steps += 1;
            }
            assert!(walk.at >= before, "it never goes back");
        }
        assert!(steps <= 2 * body.len(), "{steps} steps for {} bytes", body.len());
    }
}

#[test]
fn restarting_forgets_everything() {
    let mut walk = Walk::new();
    for (name, body, expected) in TABLE {
        walk.restart();
        assert_eq!(walk.advance(body), *expected, "{name}");
    }
}

#[test]
fn a_picture_starts_with_17_soi_at_most() {
    let picture = |starts: usize| [&b"\xff\xd8".repeat(starts)[..], b"\xff\xd9"].concat();
    assert_eq!(Walk::over(&picture(17)), Extent::Complete { end: 36 });
    assert!(matches!(Walk::over(&picture(18)), Extent::Broken { .. }));
}
