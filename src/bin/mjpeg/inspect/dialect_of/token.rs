//! Texts taken apart into numbers, dates and what is between them.

use mjpeg::http::parse_date;

/// Bytes of a date as RFC 9110 5.6.7 prefers it.
const DATE_BYTES: usize = 29;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// What is no number and no date.
    Text(Vec<u8>),
    /// A date.
    Date,
    /// Blanks and digits.
    Number(usize, String),
}

/// The pieces of a text.
pub fn tokens(text: &[u8]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let is_date = rest.get(3) == Some(&b',')
            && rest
                .get(..DATE_BYTES)
                .is_some_and(|date| date.ends_with(b" GMT") && parse_date(date).is_some());
        let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
        let digits = rest[blanks..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Digits behind a letter belong to a name.
        let is_in_word = blanks == 0 && plain.last().is_some_and(u8::is_ascii_alphanumeric);
        if is_date {
            flush(&mut plain, &mut tokens);
            tokens.push(Token::Date);
            at += DATE_BYTES;
        } else if digits > 0 && !is_in_word {
            flush(&mut plain, &mut tokens);
            let number = String::from_utf8_lossy(&rest[blanks..blanks + digits]).into_owned();
            tokens.push(Token::Number(blanks, number));
            at += blanks + digits;
        } else {
            let taken = blanks.max(digits).max(1);
            plain.extend_from_slice(&rest[..taken]);
            at += taken;
        }
    }
    flush(&mut plain, &mut tokens);
    tokens
}

fn flush(plain: &mut Vec<u8>, tokens: &mut Vec<Token>) {
    if !plain.is_empty() {
        tokens.push(Token::Text(std::mem::take(plain)));
    }
}
