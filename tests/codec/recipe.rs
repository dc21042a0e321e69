//! Streams written down as text: what is sent, then what the parser must tell of it.
//!
//! ```text
//! # a comment
//! "--foo\r\nContent-Length: 2288\r\n\r\n"    bytes; escapes \r \n \t \" \\ \xNN
//! frame 3                                     the picture fixtures/streams/frames/3.jpg
//! frame 3 0..100                              a piece of it
//! small 2                                     a picture of 41 bytes, of that number
//! times 3000 "\0"                             the same bytes again and again
//! noise 500                                   bytes that look like the inside of a picture
//! chunks 37                                   from here on in chunks of that many bytes, a flush ends one too
//! picture 4                                   the picture fixtures/frames/frame-000004.jpg
//! flush                                       what came so far leaves the sender
//! = events                                    the rest of the file
//! ```

use super::fixtures;

/// What a recipe says.
pub struct Recipe {
    pub stream: Vec<u8>,
    /// Bytes of the stream before each flush.
    pub flushes: Vec<usize>,
    /// The lines behind `= events`.
    pub expected: String,
    /// All before that.
    pub text: String,
}

impl Recipe {
    pub fn parse(source: &str) -> Self {
        let (text, expected) = source.split_once("= events\n").unwrap_or((source, ""));
        let (mut stream, mut flushes, mut chunked_from) = (Vec::new(), Vec::new(), None);
        for line in text.lines() {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            match verb {
                "" | "#" => {}
                "flush" => flushes.push(stream.len()),
                "frame" | "picture" => {
                    let (number, range) = rest.split_once(' ').unwrap_or((rest, ""));
                    let frame = match verb {
                        "frame" => fixtures::frame(number),
                        _ => fixtures::picture(number_in(number)),
                    };
                    let (from, to) = range.split_once("..").unwrap_or(("0", ""));
                    let to = if to.is_empty() { frame.len() } else { number_in(to) };
                    stream.extend_from_slice(&frame[number_in(from)..to]);
                }
                "small" => stream.extend_from_slice(&small(number_in(rest))),
                "noise" => stream.extend(noise(number_in(rest))),
                "times" => {
                    let (count, bytes) = rest.split_once(' ').expect("times COUNT \"BYTES\"");
                    stream.extend(unescape(bytes).repeat(number_in(count)));
                }
                "chunks" => chunked_from = Some((stream.len(), number_in(rest))),
                _ if line.starts_with('"') => stream.extend(unescape(line)),
                _ => panic!("not a line of a recipe: {line}"),
            }
        }
        if let Some((from, size)) = chunked_from {
            let content = stream.split_off(from);
            let mut start = from;
            flushes.push(from + content.len());
            for flush in flushes.iter_mut().filter(|flush| **flush >= from) {
                for chunk in content[start - from..*flush - from].chunks(size) {
                    stream.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    stream.extend_from_slice(chunk);
                    stream.extend_from_slice(b"\r\n");
                }
                start = core::mem::replace(flush, stream.len());
            }
            stream.extend_from_slice(b"0\r\n\r\n");
        }
        Self { stream, flushes, expected: expected.to_string(), text: text.to_string() }
    }
}

/// A picture with a number in its comment and a scan with a stuffed byte and a restart marker.
pub fn small(number: usize) -> Vec<u8> {
    let mut picture = b"\xff\xd8\xff\xfe\x00\x0cpicture ".to_vec();
    picture.extend_from_slice(format!("{number:02}").as_bytes());
    picture.extend_from_slice(b"\xff\xda\x00\x08\x01\x01\x00\x00?\x00");
    picture.extend_from_slice(b"scan\xff\x00\r\n--\xff\xd0\xfe\xff\xd9");
    picture
}

fn noise(bytes: usize) -> impl Iterator<Item = u8> {
    let mut state = 1u32;
    (0..bytes).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // No FF: it is the rest of a scan, not the start of anything.
        ((state >> 16) % 255) as u8
    })
}

fn number_in(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("not a number: {text}"))
}

fn unescape(quoted: &str) -> Vec<u8> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("text in quotes");
    let (mut out, mut chars) = (Vec::new(), inner.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        out.push(match chars.next().expect("a character behind the backslash") {
            'r' => b'\r',
            'n' => b'\n',
            't' => b'\t',
            '0' => 0,
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
            }
            c @ ('"' | '\\') => c as u8,
            c => panic!("unknown escape \\{c}"),
        });
    }
    out
}
