//! Field lines and response heads.

use mjpeg::http::{FieldFlaw, FieldLine, Head, split_fields};

/// They are kept behind the limit too.
const NEEDED: [&[u8]; 3] = [b"content-type", b"content-length", b"x-timestamp"];

pub fn check(input: &[u8]) {
    head(input);
    let input = block(input);
    let mut lines = Vec::new();
    split_fields(input, 64, &mut lines);
    assert!(lines.len() <= 64 + NEEDED.len());
    let mut at = 0;
    for line in &lines {
        let (name, value) = (line.name.clone(), line.value.clone());
        assert!(name.start <= name.end && value.start <= value.end && value.end <= input.len(), "{line:?}");
        // An empty name or value has no place.
        if !name.is_empty() {
            assert!(name.start >= at, "{line:?} behind byte {at}");
            at = name.end;
        }
        if !value.is_empty() {
            assert!(value.start >= at, "{line:?} behind byte {at}");
            at = value.end;
        }
        let is_line = |bytes: &[u8]| !bytes.contains(&b'\n');
        // A flaw of the first line stays the flaw of a folded field.
        assert!(line.flaw.is_some() || is_line(&input[value]));
        assert!(is_line(&input[name]));
    }

    let mut few = Vec::new();
    split_fields(input, 2, &mut few);
    for (few, line) in few.iter().zip(&lines).take(2) {
        assert_eq!(texts(input, few), texts(input, line));
    }
    for (n, line) in few.iter().enumerate().skip(2) {
        let name = input[line.name.clone()].to_ascii_lowercase();
        let is_it = |line: &FieldLine| input[line.name.clone()].eq_ignore_ascii_case(&name);
        assert!(NEEDED.contains(&&name[..]) && !few[..n].iter().any(is_it), "{line:?}");
    }

    // A line without a colon before them: what is sound reads the same beside what is not.
    // Only a folded first line would join it.
    if matches!(input.iter().find(|b| !b"\r\n".contains(b)), Some(b' ' | b'\t')) {
        return;
    }
    let with_bad_line = [b"bad\r\n", input].concat();
    let mut beside = Vec::new();
    split_fields(&with_bad_line, 65, &mut beside);
    assert_eq!(beside[0].flaw, Some(FieldFlaw::NoColon));
    assert_eq!(beside.len() - 1, lines.len());
    for (line, beside) in lines.iter().zip(&beside[1..]) {
        assert_eq!(texts(input, line), texts(&with_bad_line, beside));
    }
}

/// Up to the first empty line and with it: what is a head to the callers.
fn block(input: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(end) = input[at..].iter().position(|&b| b == b'\n') {
        let line = &input[at..at + end];
        at += end + 1;
        if matches!(line, b"" | b"\r") {
            return &input[..at];
        }
    }
    input
}

fn texts<'a>(head: &'a [u8], line: &FieldLine) -> (&'a [u8], &'a [u8], Option<FieldFlaw>) {
    (&head[line.name.clone()], &head[line.value.clone()], line.flaw)
}

/// A head is the same whatever follows it, and is not there before its last byte.
fn head(input: &[u8]) {
    let whole = Head::parse(input);
    let Ok(Some(head)) = &whole else { return };
    assert!(input[..head.len].ends_with(b"\n"));
    assert_eq!(Head::parse(&input[..head.len]), whole);
    for n in [0, head.len / 2, head.len - 1] {
        assert_eq!(Head::parse(&input[..n]), Ok(None), "first {n} bytes");
    }
}
