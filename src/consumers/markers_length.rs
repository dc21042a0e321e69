//! Readers that look for SOI and Content-Length, without multipart.

use alloc::vec::Vec;

use super::cause::Cause;
use super::framing::Delivery;
use super::part_type::Kind;
use super::pictures::{EOI, SOI, find};
use super::stop::Stop;

/// Bytes of a value that are looked at.
const VALUE_BYTES: usize = 64;
/// The largest buffer of a reader that allocates what Content-Length says.
const BUFFER_BYTES: u64 = 100_000_000;

/// A picture whose last bytes have not come.
#[derive(Debug, Clone, Copy)]
struct Growing {
    start: usize,
    len: usize,
    announced: Announced,
    kind: Kind,
}

/// Each SOI starts a buffer of Content-Length bytes, also one inside a picture. The picture is shown with the
/// byte behind it.
pub(super) fn length_and_one(bytes: &[u8], reads: &[(usize, usize)]) -> (Vec<Delivery>, Stop) {
    let mut deliveries = Vec::new();
    let mut at = 0;
    let mut head = PartHead::at(0);
    let mut growing: Option<Growing> = None;
    for &(read_end, _) in reads {
        while at < read_end {
            // SOI that two reads divide is not seen.
            let soi = find(&bytes[..read_end], SOI, at);
            let full = growing.map(|growing| growing.start.saturating_add(growing.len).max(at));
            let next = soi.unwrap_or(read_end).min(full.unwrap_or(read_end)).min(read_end);
            at = next;
            if at >= read_end {
                break;
            }
            if soi == Some(at) {
                let announced =
                    growing.map_or_else(|| head.announced(bytes, at), |growing| growing.announced);
                let dies = |cause| Stop::Dies { cause, read: at };
                growing = match announced {
                    Announced::Nothing => return (deliveries, dies(Cause::LengthMissing)),
                    Announced::Refused => return (deliveries, dies(Cause::LengthInvalid)),
                    Announced::NotANumber => {
                        Some(Growing { start: at, len: 0, announced, kind: Kind::Blank })
                    }
                    Announced::Bytes(0) => None,
                    Announced::Bytes(len) => Some(match growing {
                        None => Growing { start: at, len, announced, kind: Kind::Image },
                        Some(growing) => Growing { len, kind: Kind::Blank, ..growing },
                    }),
                };
            }
            if let Some(picture) = growing.filter(|growing| at - growing.start >= growing.len) {
                let Growing { start, len, kind, .. } = picture;
                deliveries.push(Delivery { start, end: start + len, need: at + 1, kind });
                growing = None;
                head = PartHead::at(at + 1);
            }
            at += 1;
        }
    }
    (deliveries, Stop::Waits(Cause::LengthWrong))
}

/// What Content-Length says, read as a number of JavaScript.
#[derive(Debug, Clone, Copy)]
enum Announced {
    Nothing,
    Refused,
    NotANumber,
    Bytes(usize),
}

/// The lines before SOI, of which each is read once.
struct PartHead {
    line_start: usize,
    /// No line ends before this byte.
    searched: usize,
    announced: Announced,
}

impl PartHead {
    fn at(start: usize) -> Self {
        Self { line_start: start, searched: start, announced: Announced::Nothing }
    }

    /// What the lines before `end` say. The last one counts.
    fn announced(&mut self, bytes: &[u8], end: usize) -> Announced {
        while let Some(len) = memchr::memchr(b'\n', bytes.get(self.searched..end).unwrap_or_default()) {
            let line_end = self.searched + len;
            self.announced = length_of(&bytes[self.line_start..line_end]).unwrap_or(self.announced);
            (self.line_start, self.searched) = (line_end + 1, line_end + 1);
        }
        self.searched = self.searched.max(end);
        length_of(bytes.get(self.line_start..end).unwrap_or_default()).unwrap_or(self.announced)
    }
}

/// The value of a Content-Length line, up to a second colon.
fn length_of(line: &[u8]) -> Option<Announced> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = &value[..value.len().min(VALUE_BYTES)];
    let value = value.split(|&b| b == b':').next().unwrap_or_default();
    name.eq_ignore_ascii_case(NAME).then(|| number(value.trim_ascii()))
}

fn number(value: &[u8]) -> Announced {
    let Ok(text) = core::str::from_utf8(value) else { return Announced::NotANumber };
    let hex = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let number = match hex {
        _ if text.is_empty() => Ok(0),
        Some(digits) => i128::from_str_radix(digits, 16),
        None => text.parse::<i128>(),
    };
    match number {
        Err(_) => Announced::NotANumber,
        Ok(number) if !(0..=i128::from(u32::MAX) - 1).contains(&number) => Announced::Refused,
        Ok(number) => usize::try_from(number).map_or(Announced::Refused, Announced::Bytes),
    }
}

/// The buffer of a reader that copies what it takes for one picture.
#[derive(Debug, Clone, Copy, Default)]
struct Buffer {
    /// Its size, from Content-Length.
    size: u64,
    /// The bytes at its start, which are neighbours in the stream.
    start: usize,
    end: usize,
    filled: u64,
    is_reading: bool,
    /// It starts with zeros.
    is_blank: bool,
}

impl Buffer {
    fn add(&mut self, start: usize, end: usize) {
        if self.filled == 0 {
            (self.start, self.end) = (start, end);
        } else if self.end == start {
            self.end = end;
        }
        self.filled += (end - start) as u64;
    }

    fn delivery(&self, need: usize, kind: Kind) -> Delivery {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let end = self.end.min(self.start.saturating_add(size));
        let kind = if self.is_blank && kind == Kind::Image { Kind::Blank } else { kind };
        Delivery { start: self.start, end, need, kind }
    }
}

/// Content-Length gives the size of the buffer; EOI or a full buffer ends the picture.
pub(super) fn same_read(bytes: &[u8], reads: &[(usize, usize)]) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    let mut current: Option<Buffer> = None;
    let mut read_start = 0;
    for &(read_end, _) in reads {
        let read = &bytes[read_start..read_end];
        let (soi, eoi) = (find(read, SOI, 0), find(read, EOI, 0));
        let behind = eoi.map_or(read.len(), |eoi| eoi + 2);
        if let Some(buffer) = current.as_mut().filter(|buffer| buffer.is_reading || soi.is_some()) {
            let from = match (soi, eoi) {
                (Some(soi), Some(eoi)) if soi < eoi => soi,
                _ => 0,
            };
            // A buffer that was shown is filled again; that of a head which came alone is new.
            let is_new = buffer.is_reading || buffer.filled == 0;
            buffer.add(read_start + from, read_start + behind);
            if eoi.is_some() || buffer.filled == buffer.size {
                let kind = if is_new { Kind::Image } else { Kind::Again };
                if buffer.size < BUFFER_BYTES {
                    deliveries.push(buffer.delivery(read_end, kind));
                }
                buffer.is_reading = false;
            } else {
                buffer.is_reading = true;
            }
        }
        if let Some(size) = length_in(read) {
            let mut buffer = Buffer { size, ..Buffer::default() };
            if let Some(soi) = soi {
                let end = eoi.filter(|&eoi| eoi > soi).map(|eoi| eoi + 2);
                buffer.add(read_start + soi, read_start + end.unwrap_or(read.len()));
                if end.is_some() {
                    let kind = if size > BUFFER_BYTES { Kind::Blank } else { Kind::Image };
                    deliveries.push(buffer.delivery(read_end, kind));
                    let filled = if size < BUFFER_BYTES { (read.len() - soi) as u64 } else { 0 };
                    buffer = Buffer {
                        size,
                        filled,
                        is_blank: filled > 0,
                        start: read_end,
                        end: read_end,
                        ..Buffer::default()
                    };
                } else {
                    buffer.is_reading = true;
                }
            }
            current = Some(buffer);
        }
        read_start = read_end;
    }
    deliveries
}

/// The digits behind `Content-Length:` in one read.
fn length_in(read: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"content-length:";
    let mut from = 0;
    // The colon is rare: no byte is looked at twice.
    while let Some(colon) = memchr::memchr(b':', read.get(from..)?).map(|at| from + at) {
        from = colon + 1;
        let is_length = from >= NAME.len() && read[from - NAME.len()..from].eq_ignore_ascii_case(NAME);
        if !is_length {
            continue;
        }
        let digits = read[from..].trim_ascii_start();
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if count > 0 {
            let fold = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            return Some(digits[..count].iter().fold(0, fold));
        }
    }
    None
}
