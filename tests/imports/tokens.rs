//! Rust source as tokens: identifiers and punctuation, without comments and without the contents of literals.

/// An identifier, `::`, or one character of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

pub fn tokens(source: &str) -> Vec<Token> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1);
    while let Some(first) = rest.chars().next() {
        let (len, kept) = next(rest, first);
        if kept {
            tokens.push(Token { text: rest[..len].to_string(), line });
        }
        line += rest[..len].matches('\n').count();
        rest = &rest[len..];
    }
    tokens
}

/// The length of the next piece of source, and whether it is a token that we keep.
fn next(rest: &str, first: char) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    if let Some(len) = literal(rest) {
        return (len, false);
    }
    if first.is_alphanumeric() || first == '_' {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return (end, !first.is_numeric());
    }
    (first.len_utf8(), !first.is_whitespace())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    at
}

/// The length of a string, byte string, raw string, character or lifetime at the start of `rest`.
fn literal(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let prefix = ["br", "cr", "b", "c", "r", ""]
        .into_iter()
        .find(|prefix| rest.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['"', '\'', '#'])))?;
    let at = prefix.len();
    let hashes = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
    if prefix.ends_with('r') && bytes.get(at + hashes) == Some(&b'"') {
        let close = format!("\"{}", "#".repeat(hashes));
        let open = at + hashes + 1;
        return Some(rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len()));
    }
    match bytes[at] {
        b'"' => Some(at + 1 + quoted(&rest[at + 1..], '"')),
        b'\'' if !prefix.ends_with('r') => {
            let inner = &rest[at + 1..];
            let mut characters = inner.chars();
            let (first, second) = (characters.next()?, characters.next());
            // 'a' and '\n' are characters, 'a without a second quote is a lifetime.
            let is_character = first == '\\' || second == Some('\'');
            Some(at + 1 + if is_character { quoted(inner, '\'') } else { 0 })
        }
        _ => None,
    }
}

/// The length up to and with the closing quote.
fn quoted(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    inner.len()
}

#[test]
fn literals_and_comments_are_no_tokens() {
    let source = r##"a // b
        /* c /* d */ e */ f "g \" h" r#"i " j"# b'k' '\'' '"' 'l' m::<'n> b"o" _p q2 3u8"##;
    let found: Vec<String> = tokens(source).into_iter().map(|token| token.text).collect();
    assert_eq!(found, ["a", "f", "m", "::", "<", "n", ">", "_p", "q2"]);
}
