//! The frame of a page: its head, its style, and a place for the body.

use crate::output::printable;

const STYLE: &str = include_str!("style.css");

/// The policy allows nothing but our style and pictures inside the page. If the body had a fault in its escaping, no script
/// could run and nothing could be loaded.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A whole page. `title` is text, `body` is HTML.
pub fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        escaped(title)
    )
}

/// Text for HTML: inside of elements and of quoted attributes. Control characters are escaped as for a terminal, and what changes
/// the direction of text too.
pub fn escaped(text: &str) -> String {
    printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The same for text of ours in which pairs of backquotes mark code.
pub fn marked(text: &str) -> String {
    let (escaped, mut html) = (escaped(text), String::new());
    let mut rest = &escaped[..];
    while let Some((before, code, after)) = first_code(rest) {
        html += &format!("{before}<code>{code}</code>");
        rest = after;
    }
    html + rest
}

/// The text before the first pair of backquotes, that between them, and the rest.
fn first_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, behind) = text.split_once('`')?;
    let (code, after) = behind.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_in_escaped_text() {
        for (text, html) in [
            ("no code", "no code"),
            ("an `<img>` & `b`.", "an <code>&lt;img&gt;</code> &amp; <code>b</code>."),
            ("`a` and one ` more", "<code>a</code> and one ` more"),
            ("``", "<code></code>"),
        ] {
            assert_eq!(marked(text), html);
        }
    }

    #[test]
    fn a_page_loads_nothing() {
        let page = document("a <b>", "<p>text</p>");
        assert!(page.contains("<title>a &lt;b&gt;</title>") && page.contains("<p>text</p>"));
        for loading in ["http:", "https:", "//", "@import", "url(", "<script"] {
            assert!(!page.contains(loading), "{loading}");
        }
    }
}
