//! Bytes in hex, with their characters, one line for 8 or 16 of them.

use std::fmt::Write as _;

use super::region::Region;
use crate::paint::{Ink, Paint};

/// The width of a line with 16 bytes: name, offset, bytes, characters.
const WIDE: usize = 12 + 10 + 3 * 16 + 1 + 16;

/// A region in lines: its name, the offset, the bytes, and what they mean as characters.
pub fn lines(region: &Region, width: Option<usize>, paint: Paint) -> Vec<String> {
    let per_line = if width.is_none_or(|width| width >= WIDE) { 16 } else { 8 };
    let mut lines = Vec::new();
    for (n, bytes) in region.bytes.chunks(per_line).enumerate() {
        let name = if n == 0 { region.name } else { "" };
        let offset = region.offset.saturating_add((n * per_line) as u64);
        let mut line = format!("  {}", paint.ink(Ink::Name, format!("{name:10}")));
        let _ = write!(line, "{}  ", paint.ink(Ink::Dim, format!("{offset:08x}")));
        for run in runs(bytes) {
            let hex: String = run.iter().map(|byte| format!("{byte:02x} ")).collect();
            line += &painted(run[0], &hex, paint);
        }
        line += &"   ".repeat(per_line - bytes.len());
        line += " ";
        for run in runs(bytes) {
            let text: String = run.iter().map(|&byte| character(byte)).collect();
            line += &painted(run[0], &text, paint);
        }
        lines.push(line);
    }
    if region.left_out > 0 {
        lines.push(format!(
            "  {:10}{}",
            "",
            paint.ink(Ink::Dim, format!("{} more", counted(region.left_out)))
        ));
    }
    lines
}

fn counted(bytes: u64) -> String {
    mjpeg::counted::Counted(bytes, "byte").to_string()
}

/// Runs of bytes of the same kind.
fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.chunk_by(|a, b| ink(*a) == ink(*b))
}

fn painted(byte: u8, text: &str, paint: Paint) -> String {
    ink(byte).map_or_else(|| text.into(), |ink| paint.ink(ink, text))
}

/// The colour of a kind of bytes; `None` for those above 7F.
fn ink(byte: u8) -> Option<Ink> {
    match byte {
        0 => Some(Ink::Dim),
        b' ' | b'\t' | b'\r' | b'\n' => Some(Ink::Blank),
        0x21..=0x7e => Some(Ink::Text),
        0x01..=0x1f | 0x7f => Some(Ink::Control),
        0x80.. => None,
    }
}

fn character(byte: u8) -> char {
    if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '.' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_offset_the_bytes_and_their_characters() {
        let region =
            Region { name: "delimiter", offset: 4660, bytes: b"--foo\r\n\xff\xd8".to_vec(), left_out: 3 };
        assert_eq!(
            lines(&region, Some(80), Paint::Plain),
            [
                "  delimiter 00001234  2d 2d 66 6f 6f 0d 0a ff  --foo...",
                "            0000123c  d8                       .",
                "            3 bytes more"
            ]
        );
        let wide = lines(&region, None, Paint::Plain);
        assert_eq!(wide.len(), 2);
        assert!(wide[0].ends_with("d8                       --foo...."), "{wide:?}");
        let coloured = lines(&region, None, Paint::Coloured).join("\n");
        assert!(coloured.contains("\x1b[94m2d 2d 66 6f 6f \x1b[0m\x1b[32m0d 0a \x1b[0mff d8 "), "{coloured}");
    }
}
