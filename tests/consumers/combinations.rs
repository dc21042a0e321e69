//! Streams with several deviations at once.

/// Pictures of a stream.
pub const FRAMES: usize = 6;

/// A stream in the making: deviations change it before it is written.
#[derive(Debug, Clone)]
struct Recipe {
    status: &'static str,
    content_type: String,
    head_end: &'static str,
    is_chunked: bool,
    preamble: &'static [u8],
    delimiter: &'static str,
    delimiter_tail: &'static str,
    delimiter_count: usize,
    first_delimiter: bool,
    line_end: &'static str,
    part_type: &'static str,
    length: Length,
    length_of_one: bool,
    extra_fields: &'static str,
    blank_lines: usize,
    behind_body: Vec<u8>,
    before_delimiter: &'static str,
    flush: Flush,
    text_part: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Right,
    Off(i64),
    Text(&'static str),
    Missing,
}

/// What leaves together with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    LineEnd,
    Nothing,
    Delimiter,
}

/// One deviation.
struct Deviation {
    name: &'static str,
    apply: fn(&mut Recipe),
}

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        name: "boundary quoted",
        apply: |r| r.content_type = r.content_type.replace("foo", "\"foo\""),
    },
    Deviation {
        name: "boundary with dashes",
        apply: |r| r.content_type = r.content_type.replace("foo", "--foo"),
    },
    Deviation {
        name: "no boundary",
        apply: |r| r.content_type = r.content_type.replace("; boundary=foo", ""),
    },
    Deviation {
        name: "another boundary",
        apply: |r| r.content_type = r.content_type.replace("=foo", "=bar"),
    },
    Deviation { name: "boundary not last", apply: |r| r.content_type += "; charset=utf-8" },
    Deviation {
        name: "Boundary",
        apply: |r| r.content_type = r.content_type.replace("boundary", "Boundary"),
    },
    Deviation {
        name: "multipart/mixed",
        apply: |r| r.content_type = r.content_type.replace("x-mixed-replace", "mixed"),
    },
    Deviation { name: "head in LF", apply: |r| r.head_end = "\n" },
    Deviation { name: "HTTP/1.1", apply: |r| r.status = "HTTP/1.1 200 OK" },
    Deviation { name: "chunked", apply: |r| (r.status, r.is_chunked) = ("HTTP/1.1 200 OK", true) },
    Deviation { name: "CRLF first", apply: |r| r.preamble = b"\r\n" },
    Deviation { name: "two CRLF first", apply: |r| r.preamble = b"\r\n\r\n" },
    Deviation { name: "preamble", apply: |r| r.preamble = b"hello, world\r\n" },
    Deviation { name: "no first delimiter", apply: |r| r.first_delimiter = false },
    Deviation { name: "four dashes", apply: |r| r.delimiter = "----foo" },
    Deviation { name: "blank behind the delimiter", apply: |r| r.delimiter_tail = " " },
    Deviation { name: "delimiter twice", apply: |r| r.delimiter_count = 2 },
    Deviation { name: "LF", apply: |r| r.line_end = "\n" },
    Deviation { name: "no line end before the delimiter", apply: |r| r.before_delimiter = "" },
    Deviation { name: "two line ends before the delimiter", apply: |r| r.before_delimiter = "\r\n\r\n" },
    Deviation { name: "no type", apply: |r| r.part_type = "" },
    Deviation { name: "image/jpg", apply: |r| r.part_type = "Content-Type: image/jpg" },
    Deviation { name: "type with parameter", apply: |r| r.part_type = "Content-Type: image/jpeg; q=1" },
    Deviation { name: "type without blank", apply: |r| r.part_type = "Content-Type:image/jpeg" },
    Deviation { name: "type in upper case", apply: |r| r.part_type = "CONTENT-TYPE: IMAGE/JPEG" },
    Deviation { name: "no length", apply: |r| r.length = Length::Missing },
    Deviation { name: "length - 10", apply: |r| r.length = Length::Off(-10) },
    Deviation { name: "length + 10", apply: |r| r.length = Length::Off(10) },
    Deviation { name: "length + 2", apply: |r| r.length = Length::Off(2) },
    Deviation { name: "length 0", apply: |r| r.length = Length::Text("0") },
    Deviation { name: "length -1", apply: |r| r.length = Length::Text("-1") },
    Deviation { name: "length abc", apply: |r| r.length = Length::Text("abc") },
    Deviation { name: "one length wrong", apply: |r| r.length_of_one = true },
    Deviation { name: "a field without colon", apply: |r| r.extra_fields = "nonsense\r\n" },
    Deviation { name: "a folded field", apply: |r| r.extra_fields = "X-Note: a\r\n b\r\n" },
    Deviation { name: "a blank before a colon", apply: |r| r.extra_fields = "X-Note : a\r\n" },
    Deviation { name: "two blank lines", apply: |r| r.blank_lines = 2 },
    Deviation { name: "NULs behind the body", apply: |r| r.behind_body = vec![0; 40] },
    Deviation { name: "many NULs behind the body", apply: |r| r.behind_body = vec![0; 3000] },
    Deviation { name: "delimiter flushed", apply: |r| r.flush = Flush::Delimiter },
    Deviation { name: "line end not flushed", apply: |r| r.flush = Flush::Nothing },
    Deviation { name: "a text part", apply: |r| r.text_part = Some(2) },
    Deviation { name: "a text part first", apply: |r| r.text_part = Some(0) },
];

/// A stream, and the deviations in it.
pub struct Combination {
    pub names: Vec<&'static str>,
    pub head: Vec<u8>,
    /// Each is sent at once.
    pub sends: Vec<Vec<u8>>,
}

impl Combination {
    /// Combines two to four deviations, as `seed` has it.
    pub fn of(seed: u64, frames: &[Vec<u8>]) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as usize % below
        };
        let count = 2 + random(3);
        let mut recipe = Recipe::plain();
        let mut names = Vec::new();
        while names.len() < count {
            let deviation = &DEVIATIONS[random(DEVIATIONS.len())];
            if !names.contains(&deviation.name) {
                names.push(deviation.name);
                (deviation.apply)(&mut recipe);
            }
        }
        let (head, sends) = recipe.write(&frames[..FRAMES]);
        Self { names, head, sends }
    }
}

impl Recipe {
    fn plain() -> Self {
        Self {
            status: "HTTP/1.0 200 OK",
            content_type: "multipart/x-mixed-replace; boundary=foo".into(),
            head_end: "\r\n",
            is_chunked: false,
            preamble: b"",
            delimiter: "--foo",
            delimiter_tail: "",
            delimiter_count: 1,
            first_delimiter: true,
            line_end: "\r\n",
            part_type: "Content-Type: image/jpeg",
            length: Length::Right,
            length_of_one: false,
            extra_fields: "",
            blank_lines: 1,
            behind_body: Vec::new(),
            before_delimiter: "\r\n",
            flush: Flush::LineEnd,
            text_part: None,
        }
    }

    fn write(&self, frames: &[Vec<u8>]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let end = self.head_end;
        let coding = if self.is_chunked { format!("Transfer-Encoding: chunked{end}") } else { String::new() };
        let head = format!("{}{end}Content-Type: {}{end}{coding}{end}", self.status, self.content_type);
        let gap = self.before_delimiter.replace("\r\n", self.line_end).into_bytes();
        let mut sends = Vec::new();
        let mut send = self.preamble.to_vec();
        for (i, frame) in frames.iter().enumerate() {
            let delimiter = self.delimiter_lines(i);
            let is_flushed = self.flush == Flush::Delimiter && i > 0;
            if is_flushed {
                let last: &mut Vec<u8> = sends.last_mut().expect("a frame before this one");
                last.extend_from_slice(&delimiter);
            } else {
                send.extend_from_slice(&delimiter);
            }
            if self.text_part == Some(i) {
                send.extend_from_slice(&self.text_and_delimiter(&gap));
            }
            send.extend_from_slice(self.part_head(i, frame.len()).as_bytes());
            send.extend_from_slice(frame);
            send.extend_from_slice(&self.behind_body);
            if self.flush == Flush::Nothing {
                sends.push(core::mem::replace(&mut send, gap.clone()));
            } else {
                send.extend_from_slice(&gap);
                sends.push(core::mem::take(&mut send));
            }
        }
        if self.is_chunked {
            for send in &mut sends {
                let chunk = [format!("{:x}\r\n", send.len()).as_bytes(), send, b"\r\n"].concat();
                *send = chunk;
            }
            sends.push(b"0\r\n\r\n".to_vec());
        }
        (head.into_bytes(), sends)
    }

    fn delimiter_lines(&self, i: usize) -> Vec<u8> {
        if i == 0 && !self.first_delimiter {
            return Vec::new();
        }
        format!("{}{}{}", self.delimiter, self.delimiter_tail, self.line_end)
            .repeat(self.delimiter_count)
            .into_bytes()
    }

    fn text_and_delimiter(&self, gap: &[u8]) -> Vec<u8> {
        let end = self.line_end;
        let text = format!("Content-Type: text/plain{end}Content-Length: 5{end}{end}hello");
        [text.as_bytes(), gap, &self.delimiter_lines(1)].concat()
    }

    fn part_head(&self, i: usize, len: usize) -> String {
        let end = self.line_end;
        let mut head = String::new();
        if !self.part_type.is_empty() {
            head += &format!("{}{end}", self.part_type);
        }
        head += &self.extra_fields.replace("\r\n", end);
        let off = if self.length_of_one && i == 3 { 10 } else { 0 };
        match self.length {
            Length::Right => head += &format!("Content-Length: {}{end}", len + off),
            Length::Off(by) => head += &format!("Content-Length: {}{end}", len as i64 + by),
            Length::Text(text) => head += &format!("Content-Length: {text}{end}"),
            Length::Missing => {}
        }
        head + &end.repeat(self.blank_lines)
    }
}
