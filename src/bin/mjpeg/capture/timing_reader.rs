//! Reads a timing file line by line. `docs/timing.md` describes the format.

use std::fmt;
use std::io::{self, BufRead, Read as _};
use std::time::Duration;

use mjpeg::http::decimal;

use super::read::{END, FIRST_LINE, Read, START};

/// The longest line, with its line end.
const LINE_BYTES: u64 = 256;

/// The reads of a capture, in order. It keeps one line in memory.
#[derive(Debug)]
pub struct TimingReader<R> {
    input: R,
    line: String,
    number: u64,
    last: Read,
    start: Option<Duration>,
    end: Option<(String, Duration)>,
}

/// Why a timing file cannot be used.
#[derive(Debug)]
pub enum Error {
    /// It cannot be read.
    Io(io::Error),
    /// Its first line is not that of a timing file.
    NotTiming,
    /// This line is not one of a timing file.
    Line(u64),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotTiming => write!(f, "it does not start with `{FIRST_LINE}`"),
            Self::Line(number) => write!(f, "line {number} is not a larger offset and a time"),
        }
    }
}

impl std::error::Error for Error {}

impl<R: BufRead> TimingReader<R> {
    /// A reader at the start of a timing file.
    ///
    /// # Errors
    ///
    /// When it is not one.
    pub fn new(input: R) -> Result<Self, Error> {
        let last = Read { end: 0, at: Duration::ZERO };
        let mut reader = Self { input, line: String::new(), number: 0, last, start: None, end: None };
        if !reader.next_line()? || reader.line != FIRST_LINE {
            return Err(Error::NotTiming);
        }
        Ok(reader)
    }

    /// The next read; `None` behind the last whole line.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not as the format says.
    pub fn next_read(&mut self) -> Result<Option<Read>, Error> {
        while self.next_line()? {
            if self.line.starts_with('#') {
                self.comment();
                continue;
            }
            let read = self
                .line
                .split_once(' ')
                .and_then(|(end, at)| Some(Read { end: decimal(end)?, at: seconds(at)? }));
            let read = read.filter(|read| read.end > self.last.end && read.at >= self.last.at);
            self.last = read.ok_or(Error::Line(self.number))?;
            return Ok(Some(self.last));
        }
        Ok(None)
    }

    /// When the first byte came, since 1970-01-01 UTC. Known from the first read on.
    pub fn start(&self) -> Option<Duration> {
        self.start
    }

    /// How the response ended, and when, since the first byte. Known behind the last read.
    pub fn end(&self) -> Option<(&str, Duration)> {
        self.end.as_ref().map(|(word, at)| (word.as_str(), *at))
    }

    /// Reads a line. A line without a line end is half written: it does not count.
    fn next_line(&mut self) -> Result<bool, Error> {
        self.line.clear();
        let n = self.input.by_ref().take(LINE_BYTES).read_line(&mut self.line).map_err(|error| {
            // Bytes that are not UTF-8 are no line of ours.
            let is_foreign = error.kind() == io::ErrorKind::InvalidData;
            if is_foreign { Error::Line(self.number + 1) } else { Error::Io(error) }
        })?;
        self.number += 1;
        if !self.line.ends_with('\n') {
            return if n as u64 == LINE_BYTES { Err(Error::Line(self.number)) } else { Ok(false) };
        }
        self.line.truncate(self.line.trim_end().len());
        Ok(true)
    }

    /// Comments that are not known mean nothing.
    fn comment(&mut self) {
        if let Some(start) = self.line.strip_prefix(START) {
            self.start = seconds(start);
        } else if let Some((word, at)) = self.line.strip_prefix(END).and_then(|rest| rest.split_once(' ')) {
            self.end = seconds(at).map(|at| (word.to_string(), at));
        }
    }
}

/// Seconds with a fraction or without one.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos = fraction.parse::<u32>().ok()? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    // A time of a million years would overflow sums of times.
    let seconds = whole.parse().ok().filter(|&seconds: &u64| seconds < 1 << 44)?;
    Some(Duration::new(seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::super::TimingWriter;
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn reads(text: &str) -> Result<Vec<(u64, u128)>, Error> {
        let mut reader = TimingReader::new(text.as_bytes())?;
        let mut reads = Vec::new();
        while let Some(read) = reader.next_read()? {
            reads.push((read.end, read.at.as_micros()));
        }
        Ok(reads)
    }

    #[test]
    fn what_is_written_is_read_and_a_cut_last_line_does_not_count() {
        let us = Duration::from_micros;
        let (mut writer, mut text) = (TimingWriter::default(), String::new());
        let expected = [(7, 0), (1 << 40, 1), ((1 << 40) + 1, 3_600_000_000)];
        for (end, at) in expected {
            writer.read(end, us(at) + us(77), |_| us(1_796_911_457_123_456), &mut text);
        }
        let expected = expected.map(|(end, at)| (end, u128::from(at)));
        assert_eq!(reads(&text).unwrap(), expected);
        let whole = text.len();
        writer.end("reset", Duration::from_secs(4_000), &mut text);
        let mut reader = TimingReader::new(text.as_bytes()).unwrap();
        while reader.next_read().unwrap().is_some() {}
        assert_eq!(reader.start(), Some(us(1_796_911_457_123_456)));
        assert_eq!(reader.end(), Some(("reset", Duration::from_secs(4_000) - us(77))));
        for cut in 17..whole {
            let read = reads(&text[..cut]).unwrap();
            assert!(read == expected[..read.len()] && read.len() < 3, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_not_a_timing_file_is_refused_with_its_line() {
        for (text, why) in [
            ("", "does not start with"),
            ("7 0.0\n", "does not start with"),
            ("# mjpeg timing 2\n", "does not start with"),
            ("# mjpeg timing 1\n7 0.1\n7 0.2\n", "line 3"),
            ("# mjpeg timing 1\n7 0.1\n8 0.0\n", "line 3"),
            ("# mjpeg timing 1\n\n", "line 2"),
            ("# mjpeg timing 1\n7 1e3\n", "line 2"),
            ("# mjpeg timing 1\n7 -1\n", "line 2"),
            ("# mjpeg timing 1\n7 99999999999999999999\n", "line 2"),
            ("# mjpeg timing 1\n99999999999999999999 1\n", "line 2"),
        ] {
            let error = reads(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
        }
        assert!(reads(&format!("# mjpeg timing 1\n# {}\n", "x".repeat(300))).is_err());
        assert_eq!(reads("# mjpeg timing 1\n# later versions say more\n7 2\n").unwrap(), [(7, 2_000_000)]);
    }

    proptest! {
        #[test]
        fn the_reads_of_any_text_rise(text in mutated::bytes(&[
                b"# mjpeg timing 1\n# start 2026-11-28T08:00:00Z\n100 0.000\n200 0.040\n4096 1.000000\n# end closed 2.5\n",
                b"# mjpeg timing 1\n1 0\n",
            ])) {
            if let Ok(mut reader) = TimingReader::new(&text[..]) {
                let mut last = Read { end: 0, at: Duration::ZERO };
                while let Ok(Some(read)) = reader.next_read() {
                    prop_assert!(read.end > last.end && read.at >= last.at);
                    last = read;
                }
            }
        }
    }
}
