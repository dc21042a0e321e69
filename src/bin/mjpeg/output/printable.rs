//! Text that may have bytes from the network, so that a terminal or a log shows all of it and acts on none.

use std::fmt::Write as _;

/// A value as JSON on one line. Characters that a terminal may act on are escaped, so that the line can be shown.
///
/// # Errors
///
/// When the value has no JSON form.
pub fn json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    // Outside of strings JSON is ASCII. serde_json escapes the C0 controls.
    Ok(text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_unprintable(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        out
    }))
}

/// DEL, C1 (a terminal may take U+009B for ESC [), what changes the direction of the text around it, what ends a line for some
/// programs (U+2028, U+2029), and what cannot be seen, such as the tags of U+E0000, or is no character, which XML cannot have (U+FFFE). The joiners U+200C and U+200D are part of
/// words in some scripts.
fn is_unprintable(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a terminal or a log shows this character and does nothing else.
pub fn is_shown(c: char) -> bool {
    !c.is_control() && !is_unprintable(c)
}

/// Escapes text that may hold bytes from the network, for a terminal and for one line: control characters become
/// `\n`, `\x1b` and so on.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if is_unprintable(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(printable("a\x1b[31mred\r\nb\u{9b}c\0"), "a\\x1b[31mred\\r\\nb\\u{9b}c\\x00");
        assert_eq!(printable("plain, käse, 日本"), "plain, käse, 日本");
    }

    #[test]
    fn text_is_one_line_and_all_of_it_is_seen() {
        for c in
            ['\u{ad}', '\u{200b}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2060}', '\u{feff}', '\u{e0041}']
        {
            let text = format!("a{c}b");
            assert_eq!(printable(&text), format!("a\\u{{{:x}}}b", c as u32));
            let line = json(&text).unwrap();
            assert!(line.is_ascii(), "{line}");
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
        assert_eq!(printable("می\u{200c}خواهم 👨\u{200d}👩"), "می\u{200c}خواهم 👨\u{200d}👩");
    }

    #[test]
    fn json_has_no_controls_and_means_the_same() {
        let text = "a\x1b\x7f\u{85}\u{9b}31m\u{202e}\u{2066}\u{200f}\u{61c}käse 日本 \"\\";
        let line = json(&text).unwrap();
        assert!(!line.chars().any(|c| c.is_control() || is_unprintable(c)), "{line}");
        assert!(line.contains("\\u007f\\u0085\\u009b31m\\u202e") && line.contains("käse 日本"), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
