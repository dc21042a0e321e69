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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Head {
    /// Protocol and version.
    pub version: Version,
    /// The status code.
    pub status: u16,
    /// The reason phrase. Bytes that are not UTF-8 are replaced.
    pub reason: String,
    /// Bytes of the whole head with its empty line. The body starts there.
    pub len: usize,
    /// At least one line ended in a bare LF.
    pub bare_lf: bool,
    bytes: Vec<u8>,
    /// Bytes of the status line with its line end.
    status_line_len: usize,
    lines: Vec<FieldLine>,
}

/// Why bytes are not a response head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeadError {
    /// Bytes from the start of the head to the place of the fault.
    pub offset: usize,
    /// What is wrong there.
    pub kind: HeadErrorKind,
}

/// What can be wrong with a response head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadErrorKind {
    /// The bytes start with neither `HTTP/` nor `ICY`.
    Protocol,
    /// The status code is not three digits.
    Status,
    /// No empty line within [`HEAD_BYTES`].
    TooLong,
    /// The input ends before the empty line.
    Cut,
}

impl HeadErrorKind {
    /// The production of RFC 9112 that the bytes break.
    pub fn production(self) -> &'static str {
        match self {
            Self::Protocol => "status-line > HTTP-version",
            Self::Status => "status-line > status-code",
            Self::TooLong | Self::Cut => "HTTP-message",
        }
    }
}

impl Head {
    /// Reads the head at the start of `bytes`; `None` when its empty line has not come yet.
    ///
    /// # Errors
    ///
    /// When `bytes` do not start with a status line, or no head ends within 64 KiB.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, HeadError> {
        HeadSearch::default().parse(bytes)
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
        Self {
            version,
            status,
            reason: reason.into(),
            len: 0,
            bare_lf: false,
            bytes,
            status_line_len: 0,
            lines,
        }
    }

    /// The head as received, from the status line to the empty line. Of a head from
    /// [`Head::from_fields`], the field lines alone.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.bytes[self.status_line_len..], &self.lines)
    }

    /// The value of the first field of that name. Bytes that are not UTF-8 are replaced.
    pub fn text(&self, name: &str) -> Option<String> {
        self.fields().first(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether the head announces the chunked coding.
    pub fn is_chunked(&self) -> bool {
        self.fields().all("transfer-encoding").any(|value| {
            value.split(|&b| b == b',').any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked"))
        })
    }
}

/// Searches the end of a head whose bytes arrive piece by piece. It reads each byte once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeadSearch {
    /// Where the first line starts that has not ended yet.
    line_start: usize,
    /// Bytes that were searched for a line end.
    searched: usize,
    bare_lf: bool,
}

impl HeadSearch {
    /// [`Head::parse`] for `bytes` that start with the bytes of the call before.
    pub(crate) fn parse(&mut self, bytes: &[u8]) -> Result<Option<Head>, HeadError> {
        if !could_be_status_line(bytes) {
            return Err(HeadError { offset: 0, kind: HeadErrorKind::Protocol });
        }
        let window = &bytes[..bytes.len().min(HEAD_BYTES)];
        let Some(len) = self.find_end(window) else {
            let too_long = HeadError { offset: HEAD_BYTES, kind: HeadErrorKind::TooLong };
            return if bytes.len() >= HEAD_BYTES { Err(too_long) } else { Ok(None) };
        };
        let head = &window[..len];
        // `find_end` saw at least one line end.
        let status_line_len = memchr(b'\n', head).map_or(len, |at| at + 1);
        let (version, status, reason) = status_line(head[..status_line_len].trim_ascii_end())?;
        let mut lines = Vec::new();
        split_fields(&head[status_line_len..], HEAD_FIELDS, &mut lines);
        let bytes = head.to_vec();
        Ok(Some(Head { version, status, reason, len, bare_lf: self.bare_lf, bytes, status_line_len, lines }))
    }

    /// The number of bytes up to and with the first empty line.
    fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(at) = memchr(b'\n', bytes.get(self.searched..)?) {
            let end = self.searched + at;
            let line = &bytes[self.line_start..end];
            let line = line.strip_suffix(b"\r").unwrap_or_else(|| {
                self.bare_lf = true;
                line
            });
            (self.line_start, self.searched) = (end + 1, end + 1);
            if line.is_empty() {
                return Some(end + 1);
            }
        }
        self.searched = bytes.len();
        None
    }
}

/// Whether `bytes` can be the start of a response head, as far as they go.
fn could_be_status_line(bytes: &[u8]) -> bool {
    [&b"HTTP/"[..], b"ICY "].iter().any(|start| {
        let n = start.len().min(bytes.len());
        bytes[..n].eq_ignore_ascii_case(&start[..n])
    })
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
    let status = digits
        .ok_or(HeadError { offset: start, kind: HeadErrorKind::Status })?
        .iter()
        .fold(0, |n, d| n * 10 + u16::from(d - b'0'));
    let reason = String::from_utf8_lossy(line[start + 3..].trim_ascii()).into_owned();
    Ok((version, status, reason))
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "response head: byte {}: {}: ", self.offset, self.kind.production())?;
        f.write_str(match self.kind {
            HeadErrorKind::Protocol => "not an HTTP response",
            HeadErrorKind::Status => "three digits expected",
            HeadErrorKind::TooLong => "no empty line up to here",
            HeadErrorKind::Cut => "the input ends before the empty line",
        })
    }
}

impl core::error::Error for HeadError {}

#[cfg(test)]
mod tests;
