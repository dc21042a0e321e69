//! A head as it was received, escaped, with its line ends.

use crate::output::printable;
use crate::paint::{Ink, Paint};

/// The lines of a head: each with its line end, `\r\n` or `\n`, and invalid UTF-8 as `\xNN`.
pub fn lines(head: &[u8], paint: Paint) -> Vec<String> {
    head.split_inclusive(|byte| *byte == b'\n').map(|line| one(line, paint)).collect()
}

fn one(line: &[u8], paint: Paint) -> String {
    let (text, end) = match line {
        [text @ .., b'\r', b'\n'] => (text, "\\r\\n"),
        [text @ .., b'\n'] => (text, "\\n"),
        text => (text, ""),
    };
    let end = paint.ink(Ink::Dim, end);
    match text.iter().position(|byte| *byte == b':') {
        Some(colon) => {
            let (name, value) = text.split_at(colon);
            format!("{}{}{end}", paint.ink(Ink::Text, escaped(name)), escaped(value))
        }
        None => format!("{}{end}", escaped(text)),
    }
}

/// Bytes as text that a terminal does not act on.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += &printable(chunk.valid());
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_shows_its_line_ends_and_no_control_characters() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\x1b[2J\n\xff: \xe9k\xc3\xa4\r\n\r\n";
        let shown = ["HTTP/1.1 200 OK\\r\\n", "A: b\\x1b[2J\\n", "\\xff: \\xe9k\u{e4}\\r\\n", "\\r\\n"];
        assert_eq!(lines(head, Paint::Plain), shown);
        assert_eq!(lines(b"X: \r", Paint::Plain), ["X: \\r"]);
    }
}
