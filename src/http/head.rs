//! The head of a response: status line and fields.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use memchr::memchr;

use super::fields::{FieldLine, Fields, split_fields};

/// Longest response head that is read, in bytes.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Most field lines that are kept of a response head.
const HEAD_FIELDS: usize = 256;

/// The protocol and version a status line names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `HTTP/1.0`
    Http10,
    /// `HTTP/1.1`
    Http11,
    /// `ICY`, of SHOUTcast and of cameras built on it.
    Icy,
    /// Another `HTTP/` version.
    Other,
}

/// A response head.
///
/// ```text
/// status-line = HTTP-version SP status-code SP [ reason-phrase ]       RFC 9112 4
/// ```
///
/// ```
/// use mjpeg::http::Head;
///
/// let input = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\n";
/// let head = Head::parse(input)?.expect("complete");
/// assert_eq!((head.status, head.len), (200, input.len() - 5));
/// assert_eq!(head.fields().len(), 1);
/// # Ok::<(), mjpeg::http::HeadError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Protocol and version.
    pub version: Version,
    /// The status code.
    pub status: u16,
    /// The reason phrase; bytes that are no UTF-8 are replaced.
    pub reason: String,
    /// Bytes of the whole head with its blank line: the body starts there.
    pub len: usize,
    /// At least one line ended in a bare LF.
    pub bare_lf: bool,
    bytes: Vec<u8>,
    lines: Vec<FieldLine>,
}

/// Why bytes are no response head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadError {
    /// byte 0: status-line > HTTP-version: not `HTTP/` and not `ICY`.
    Protocol,
    /// status-line > status-code: not three digits, at this byte.
    Status(usize),
    /// No blank line within this many bytes.
    TooLong(usize),
}

impl Head {
    /// Reads the head at the start of `bytes`; `None` when its blank line has not come yet.
    ///
    /// # Errors
    ///
    /// When `bytes` do not start with a status line, or no head ends within 64 KiB.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, HeadError> {
        if !could_be_status_line(bytes) {
            return Err(HeadError::Protocol);
        }
        let window = &bytes[..bytes.len().min(HEAD_BYTES)];
        let Some((len, bare_lf)) = find_end(window) else {
            return if bytes.len() >= HEAD_BYTES { Err(HeadError::TooLong(HEAD_BYTES)) } else { Ok(None) };
        };
        // find_end saw at least one line end.
        let line_end = memchr(b'\n', window).map_or(len, |n| n + 1);
        let (version, status, reason) = status_line(window[..line_end].trim_ascii_end())?;
        let bytes = window[line_end..len].to_vec();
        let mut lines = Vec::new();
        split_fields(&bytes, HEAD_FIELDS, &mut lines);
        Ok(Some(Self { version, status, reason, len, bare_lf, bytes, lines }))
    }

    /// A head from what an HTTP client has already parsed.
    pub fn from_fields<'a>(
        version: Version,
        status: u16,
        reason: &str,
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Self {
        let (mut bytes, mut lines) = (Vec::new(), Vec::new());
        for (name, value) in fields {
            let start = bytes.len();
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(b": ");
            let value_start = bytes.len();
            bytes.extend_from_slice(value);
            lines.push(FieldLine {
                name: start..start + name.len(),
                value: value_start..bytes.len(),
                flaw: None,
            });
            bytes.extend_from_slice(b"\r\n");
        }
        Self { version, status, reason: reason.into(), len: 0, bare_lf: false, bytes, lines }
    }

    /// The fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.bytes, &self.lines)
    }

    /// The value of the first field of that name, with bytes that are no UTF-8 replaced.
    pub fn text(&self, name: &str) -> Option<String> {
        self.fields().first(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether the body is said to be in chunks.
    pub fn is_chunked(&self) -> bool {
        self.fields().all("transfer-encoding").any(|value| {
            value.split(|&b| b == b',').any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked"))
        })
    }
}

/// Whether `bytes` can be the start of a response head, as far as they go.
fn could_be_status_line(bytes: &[u8]) -> bool {
    [&b"HTTP/"[..], b"ICY "].iter().any(|start| {
        let n = start.len().min(bytes.len());
        bytes[..n].eq_ignore_ascii_case(&start[..n])
    })
}

/// The number of bytes up to and with the first blank line, and whether any line end was a bare LF.
fn find_end(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut bare_lf) = (0, false);
    loop {
        let end = at + memchr(b'\n', &bytes[at..])?;
        let line = bytes[at..end].strip_suffix(b"\r");
        bare_lf |= line.is_none();
        if line.unwrap_or(&bytes[at..end]).is_empty() {
            return Some((end + 1, bare_lf));
        }
        at = end + 1;
    }
}

fn status_line(line: &[u8]) -> Result<(Version, u16, String), HeadError> {
    let end = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    let version = match &line[..end] {
        b"HTTP/1.0" => Version::Http10,
        b"HTTP/1.1" => Version::Http11,
        icy if icy.eq_ignore_ascii_case(b"ICY") => Version::Icy,
        _ => Version::Other,
    };
    let start = end + line[end..].iter().take_while(|&&b| b == b' ').count();
    let digits = line.get(start..start + 3).filter(|d| d.iter().all(u8::is_ascii_digit));
    let status = digits.ok_or(HeadError::Status(start))?.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0'));
    let reason = String::from_utf8_lossy(line[start + 3..].trim_ascii()).into_owned();
    Ok((version, status, reason))
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol => {
                f.write_str("response head: byte 0: status-line > HTTP-version: not an HTTP response")
            }
            Self::Status(at) => {
                write!(f, "response head: byte {at}: status-line > status-code: three digits expected")
            }
            Self::TooLong(n) => write!(f, "response head: no blank line within {n} bytes"),
        }
    }
}

impl core::error::Error for HeadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_of_cameras() {
        use Version::*;
        for (line, version, status, reason) in [
            ("HTTP/1.1 200 OK", Http11, 200, "OK"),
            ("HTTP/1.0 200", Http10, 200, ""),
            ("ICY 200 OK", Icy, 200, "OK"),
            ("HTTP/1.0  401  Not  Today ", Http10, 401, "Not  Today"),
            ("HTTP/1.2 200 Okay", Other, 200, "Okay"),
        ] {
            let input = std::format!("{line}\r\nA: b\r\n\r\n");
            let head = Head::parse(input.as_bytes()).unwrap().unwrap();
            assert_eq!(
                (head.version, head.status, head.reason.as_str()),
                (version, status, reason),
                "{line}"
            );
        }
    }

    #[test]
    fn a_head_is_found_wherever_it_is_cut() {
        let input = b"HTTP/1.0 200 OK\nContent-Type: x\r\n\nbody";
        for n in 0..input.len() {
            let parsed = Head::parse(&input[..n]).unwrap();
            assert_eq!(parsed.is_some(), n >= input.len() - 4, "first {n} bytes");
        }
        let head = Head::parse(input).unwrap().unwrap();
        assert!(head.bare_lf);
        assert_eq!(head.text("content-type").as_deref(), Some("x"));
    }

    #[test]
    fn what_is_no_head_is_named() {
        assert_eq!(Head::parse(b"<html>"), Err(HeadError::Protocol));
        assert_eq!(Head::parse(b"HTTP/1.1 OK\r\n\r\n"), Err(HeadError::Status(9)));
        let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".repeat(20_000)].concat();
        assert_eq!(Head::parse(&endless), Err(HeadError::TooLong(HEAD_BYTES)));
    }

    #[test]
    fn the_chunked_coding_is_found_in_any_spelling() {
        for (value, chunked) in [("chunked", true), ("gzip, Chunked", true), ("identity", false)] {
            let input = std::format!("HTTP/1.1 200 OK\r\nTransfer-encoding: {value}\r\n\r\n");
            assert_eq!(Head::parse(input.as_bytes()).unwrap().unwrap().is_chunked(), chunked);
        }
    }
}
