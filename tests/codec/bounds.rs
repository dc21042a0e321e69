//! Work and time grow with the input and no faster, whatever it holds and however it comes.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mjpeg::jpeg::Walk;
use mjpeg::multipart::{BodyWalk, Extent, Limits, Parser};

/// A walk that counts the bytes it is given.
struct Counting {
    walk: Walk,
    seen: usize,
    work: Rc<Cell<u64>>,
}

impl BodyWalk for Counting {
    fn restart(&mut self) {
        self.walk.restart();
        self.seen = 0;
    }

    fn advance(&mut self, body: &[u8]) -> Extent {
        let extent = self.walk.advance(body);
        let to = match extent {
            Extent::Partial => body.len(),
            Extent::Complete { end } => end,
            Extent::Broken { at } => at,
            Extent::Foreign => 3,
        };
        self.work.set(self.work.get() + to.saturating_sub(self.seen) as u64);
        self.seen = self.seen.max(to);
        extent
    }

    fn signature(&self) -> &'static [u8] {
        self.walk.signature()
    }
}

/// Bytes walked, and the time it took.
fn cost(input: &[u8], read_bytes: usize) -> (u64, Duration) {
    let work = Rc::new(Cell::new(0));
    let started = Instant::now();
    let walk = Counting { walk: Walk::new(), seen: 0, work: Rc::clone(&work) };
    let mut parser = Parser::with_limits(walk, Some(b"b"), Limits::default());
    let mut rest = input;
    'stream: loop {
        loop {
            match parser.next_event() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => break 'stream,
            }
        }
        if parser.is_finished() {
            break;
        }
        if rest.is_empty() {
            parser.finish();
            continue;
        }
        let space = parser.space();
        let n = read_bytes.min(space.len()).min(rest.len());
        space[..n].copy_from_slice(&rest[..n]);
        parser.filled(n);
        rest = &rest[n..];
    }
    (work.get(), started.elapsed())
}

/// What a hostile or broken sender could send: a beginning, and bytes that go on and on.
const ENDLESS: &[(&str, &[u8], &[u8])] = &[
    ("dashes", b"", b"-"),
    ("dashes in a body", b"--b\r\nA: b\r\n\r\n", b"-"),
    ("dashes in a body with a length", b"--b\r\nContent-Length: 9223372036854775808\r\n\r\n", b"-"),
    ("near delimiters", b"--b\r\nA: b\r\n\r\n", b"\r\n--"),
    ("near delimiters with the boundary", b"--b\r\nA: b\r\n\r\n", b"--bx"),
    ("near delimiters before the first", b"", b"\r\n--bx"),
    ("near delimiters without a line end", b"--b\r\nA: b\r\n\r\n", b"--b"),
    ("the boundary without dashes", b"", b"b"),
    ("delimiters", b"", b"--b\r\n"),
    ("delimiters without line ends between", b"", b"--b\r\n\r\n"),
    ("close-delimiters", b"", b"--b--\r\n"),
    ("unannounced lines", b"", b"--x\n"),
    ("unannounced lines in a body", b"--b\r\nA: b\r\n\r\nx", b"\n--x"),
    ("a header line", b"--b\r\nA: ", b"a"),
    ("header lines", b"--b\r\n", b"A: b\r\n"),
    ("header lines with delimiters", b"--b\r\n", b"a: --b\r\n"),
    ("header lines of dashes", b"--b\r\nA: b\r\n", b"--\r\n"),
    ("an empty line and half a field", b"--b\r\n\r\ncontent-", b"a"),
    ("empty lines", b"--b\r\n", b"\r\n"),
    ("empty lines behind a picture", b"--b\r\n\r\n\xff\xd8\xff\xd9", b"\r\n"),
    ("CR", b"--b\r\n\r\n\xff\xd8\xff\xd9", b"\r"),
    ("a preamble", b"", b"text\r\n"),
    ("a line of a preamble", b"", b"text "),
    ("a preamble that looks like fields", b"", b"content-type: text\r\n"),
    ("starts of pictures", b"--b\r\n\r\n", b"\xff\xd8\xff"),
    ("starts of pictures without multipart", b"", b"\xff\xd8\xff"),
    ("starts of pictures with a length", b"--b\r\nContent-Length: 99999999\r\n\r\n", b"\xff\xd8\xff"),
    ("pictures", b"--b\r\n\r\n", b"\xff\xd8\xff\xd9"),
    ("pictures with a byte between", b"--b\r\n\r\n", b"\xff\xd8\xff\xd9x"),
    ("pictures with a byte between, without multipart", b"", b"\xff\xd8\xff\xd9x"),
    ("parts of nothing but a start", b"", b"--b\r\nContent-Length: 9999\r\n\r\n\xff\xd8\xff"),
    ("a scan", b"--b\r\n\r\n\xff\xd8\xff\xda\x00\x02", b"scan\xff\x00"),
    ("fill bytes", b"--b\r\n\r\n\xff\xd8\xff", b"\xff"),
    ("padding between markers", b"--b\r\n\r\n\xff\xd8\xff\xfe\x00\x02", b"\0"),
    ("an epilogue", b"--b\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n", b"--"),
    ("junk behind a body", b"--b\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9", b"\xffjunk--"),
];

fn endless(beginning: &[u8], piece: &[u8], bytes: usize) -> Vec<u8> {
    let mut input = beginning.to_vec();
    input.extend(piece.iter().cycle().take(bytes));
    input
}

#[test]
fn time_grows_with_the_input_whatever_it_holds() {
    for (name, beginning, piece) in ENDLESS {
        // More than a mebibyte, for which a delimiter is searched.
        for (read, bytes) in [(usize::MAX, 5 << 18), (1, 1 << 15)] {
            let (short, long) = (endless(beginning, piece, bytes), endless(beginning, piece, 4 * bytes));
            let (mut once, mut four) = (Duration::MAX, Duration::MAX);
            // Others use the processors too: the best of a few is what it costs.
            let is_linear = (0..8).any(|_| {
                once = once.min(cost(&short, read).1);
                four = four.min(cost(&long, read).1);
                four < 9 * once + Duration::from_millis(100)
            });
            assert!(is_linear, "{name}, reads of {read}: {once:?}, then {four:?} for four times as much");
        }
    }
}

#[test]
fn no_byte_is_walked_often() {
    for (name, beginning, piece) in ENDLESS {
        for read in [usize::MAX, 1000] {
            let input = endless(beginning, piece, 1 << 20);
            let (work, _) = cost(&input, read);
            assert!(work <= 3 * input.len() as u64, "{name}: {work} bytes walked of {}", input.len());
        }
    }
}

/// Pictures hidden in the segments of other pictures, all of them open to the end of the input.
#[test]
fn hidden_pictures_are_not_walked_to_the_same_end_again_and_again() {
    let cost_of = |segments: usize| {
        let mut input = b"--b\r\n\r\n\xff\xd8".to_vec();
        for _ in 0..segments {
            let start = input.len();
            input.extend_from_slice(b"\xff\xe1\xff\xff");
            while start + 2 + 65535 - input.len() > 40 {
                // Its only segment ends where the one around it ends.
                input.extend_from_slice(b"\r\n--b\r\n\r\n\xff\xd8\xff\xe1");
                let left = start + 2 + 65535 - input.len();
                input.extend_from_slice(&(left as u16).to_be_bytes());
            }
            input.resize(start + 2 + 65535, 0);
        }
        input.extend_from_slice(b"\xff\xda\x00\x02");
        input.resize(input.len() + segments * 65536, b's');
        (cost(&input, usize::MAX).0, input.len() as u64)
    };
    for segments in [4, 32] {
        let (work, bytes) = cost_of(segments);
        assert!(work <= 12 * bytes + (4 << 20), "{work} bytes walked of {bytes}");
    }
}
