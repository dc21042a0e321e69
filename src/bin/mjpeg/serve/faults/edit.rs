//! Changes of pieces of text: heads of parts and of responses, delimiters.

use super::item::Tag;

/// Changes a piece; `None` leaves it as it is.
pub type Edit = fn(&Target<'_>) -> Option<Vec<Out>>;

/// The piece that a fault may change.
#[derive(Debug)]
pub struct Target<'a> {
    /// What it is.
    pub tag: Tag,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The number of its part.
    pub part: u64,
    /// The argument of the fault.
    pub argument: u64,
    /// The head of the response.
    pub response: &'a [u8],
    /// The largest body so far, of the parts before this one.
    pub largest: usize,
}

/// What a piece becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// The piece itself.
    Same,
    /// These bytes in its place.
    As(Vec<u8>),
    /// Other bytes.
    New(Tag, Vec<u8>),
}

impl Target<'_> {
    /// Whether it is a piece of this kind.
    pub fn is(&self, tag: Tag) -> Option<()> {
        (self.tag == tag).then_some(())
    }

    /// The head of a part, changed.
    pub fn head(&self, change: &dyn Fn(&str) -> String) -> Option<Vec<Out>> {
        self.is(Tag::Head)?;
        let head = String::from_utf8_lossy(self.bytes);
        let changed = change(&head);
        (changed != head).then(|| vec![Out::As(changed.into_bytes())])
    }

    /// The head of a part with another value of a field.
    pub fn field(&self, name: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<Vec<Out>> {
        self.head(&|head| with_field(head, name, value))
    }

    /// The head of a part with another length of its body.
    pub fn length(&self, change: &dyn Fn(u64) -> Option<String>) -> Option<Vec<Out>> {
        self.field("Content-Length", &|value| value.parse().ok().and_then(change))
    }

    /// The delimiter, changed.
    pub fn delimiter(&self, change: &dyn Fn(&str) -> String) -> Option<Vec<Out>> {
        self.is(Tag::Delimiter)?;
        Some(vec![Out::As(change(&String::from_utf8_lossy(self.bytes)).into_bytes())])
    }
}

/// Other bytes in the place of a piece.
pub fn instead(bytes: impl Into<Vec<u8>>) -> Option<Vec<Out>> {
    Some(vec![Out::As(bytes.into())])
}

/// The head with another value of a field; without the field, or if there is no other value, the same.
pub fn with_field(head: &str, name: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    with_line(head, name, &|line| {
        let (name, old) = line.split_once(':')?;
        let blanks = &old[..old.len() - old.trim_start().len()];
        Some(format!("{name}:{blanks}{}", value(old.trim())?))
    })
}

/// The head with another line in the place of a field, without its line end.
pub fn with_line(head: &str, name: &str, line: &dyn Fn(&str) -> Option<String>) -> String {
    let changed = || {
        let (at, text) = find(head, name)?;
        Some(format!("{}{}{}", &head[..at], line(text)?, &head[at + text.len()..]))
    };
    changed().unwrap_or_else(|| head.into())
}

/// The head without a field.
pub fn without_field(head: &str, name: &str) -> String {
    let Some((at, line)) = find(head, name) else { return head.into() };
    let rest = &head[at + line.len()..];
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    [&head[..at], rest].concat()
}

/// The head with lines before its fields, each with its line end.
pub fn with_lines(head: &str, lines: &str) -> String {
    [lines, head].concat()
}

/// The head with lines behind its fields, each with its line end.
pub fn with_last_lines(head: &str, lines: &str) -> String {
    let end = ["\r\n\r\n", "\n\n"].into_iter().find_map(|end| Some(head.find(end)? + end.len() / 2));
    let (fields, rest) = head.split_at(end.unwrap_or(head.len()));
    [fields, lines, rest].concat()
}

/// The head without the empty line behind its fields.
pub fn without_empty_line(head: &str) -> String {
    let mut at = 0;
    for line in head.split_inclusive('\n') {
        if at > 0 && without_line_end(line).is_empty() {
            return [&head[..at], &head[at + line.len()..]].concat();
        }
        at += line.len();
    }
    head.into()
}

/// The delimiter with more before the line end of its last line; without a line end, the same. A text may end in CRLF or LF.
pub fn with_last_line(delimiter: &str, more: &str) -> String {
    let line = without_line_end(delimiter);
    if line.len() == delimiter.len() {
        return delimiter.into();
    }
    [line, more, &delimiter[line.len()..]].concat()
}

/// The same for each of its lines, except for empty ones before them.
pub fn with_each_line(delimiter: &str, more: &str) -> String {
    let (first, last) = delimiter.split_at(without_line_end(delimiter).rfind('\n').map_or(0, |at| at + 1));
    let changed = first
        .split_inclusive('\n')
        .map(|line| if without_line_end(line).is_empty() { line.into() } else { with_last_line(line, more) });
    changed.chain([with_last_line(last, more)]).collect()
}

/// A delimiter that begins with a line end, with other line ends in its place.
pub fn with_line_ends_before(delimiter: &str, line_ends: &str) -> Option<String> {
    let rest = delimiter.trim_start_matches(['\r', '\n']);
    (rest.len() < delimiter.len() && !rest.is_empty()).then(|| [line_ends, rest].concat())
}

/// The text without the CRLF or LF at its end.
fn without_line_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

/// Where the line of a field starts, and the line without its line end.
fn find<'a>(head: &'a str, name: &str) -> Option<(usize, &'a str)> {
    let mut at = 0;
    for line in head.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        let is_field = text.split_once(':').is_some_and(|(field, _)| field.trim().eq_ignore_ascii_case(name));
        if is_field {
            return Some((at, text));
        }
        at += line.len();
    }
    None
}

/// Changes the head of a response as text.
pub fn response(head: &mut Vec<u8>, change: &dyn Fn(&str) -> String) {
    *head = change(&String::from_utf8_lossy(head)).into_bytes();
}

/// Changes the Content-Type of a response.
pub fn content_type(head: &mut Vec<u8>, change: &dyn Fn(&str) -> String) {
    response(head, &|head| with_field(head, "Content-Type", &|value| Some(change(value))));
}

/// Inserts field lines behind the status line of a response, if it has a head. Each has its line end.
pub fn add_fields(head: &mut Vec<u8>, lines: &str) {
    if head.is_empty() {
        return;
    }
    // Another fault may have put an empty line before the status line.
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    let at = head[start..].iter().position(|byte| *byte == b'\n').map_or(0, |at| start + at + 1);
    head.splice(at..at, lines.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Content-Type: image/jpeg\r\ncontent-length:  17\r\n\r\n";

    #[test]
    fn fields_are_found_in_any_case_and_keep_their_form() {
        let longer = with_field(HEAD, "Content-Length", &|old| Some(format!("{old}0")));
        assert_eq!(longer, HEAD.replace("17", "170"));
        assert_eq!(without_field(HEAD, "CONTENT-TYPE"), "content-length:  17\r\n\r\n");
        assert_eq!(without_field(HEAD, "X"), HEAD);
        assert_eq!(with_field(HEAD, "X", &|_| Some("1".into())), HEAD);
        assert_eq!(
            with_line(HEAD, "content-length", &|_| Some("length 17".into())),
            HEAD.replace("content-length:  17", "length 17")
        );
    }

    #[test]
    fn lines_may_end_in_crlf_or_lf() {
        for end in ["\r\n", "\n"] {
            let of = |text: &str| text.replace('\n', end);
            assert_eq!(without_empty_line(&of("A: 1\nB: 2\n\n")), of("A: 1\nB: 2\n"));
            assert_eq!(without_empty_line(&of("\nA: 1\n\n")), of("\nA: 1\n"));
            assert_eq!(without_empty_line(&of("\n")), of("\n"));
            for (delimiter, last, each) in [
                ("--b\n", "--b2\n", "--b2\n"),
                ("\n--b\n", "\n--b2\n", "\n--b2\n"),
                ("--b--\n--b\n", "--b--\n--b2\n", "--b--2\n--b2\n"),
                ("\n", "2\n", "2\n"),
                ("--b", "--b", "--b"),
                ("", "", ""),
            ] {
                assert_eq!(with_last_line(&of(delimiter), "2"), of(last));
                assert_eq!(with_each_line(&of(delimiter), "2"), of(each));
            }
        }
        // The first line may have another one.
        assert_eq!(without_empty_line("A: 1\n\r\n"), "A: 1\n");
    }

    #[test]
    fn fields_are_added_behind_the_status_line() {
        let mut head = b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n".to_vec();
        add_fields(&mut head, "B: 2\r\n");
        assert_eq!(head, b"HTTP/1.1 200 OK\r\nB: 2\r\nA: 1\r\n\r\n");
    }
}
