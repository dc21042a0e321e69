//! The page with the states of all cameras.

use crate::listen::answer::Answer;

/// The page. It loads `state`.
const PAGE: &str = include_str!("page.html");

/// The page may run its inline script and style, and ask this server.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'";

/// The answer.
pub fn answer() -> Answer {
    Answer::new(200, "text/html; charset=utf-8", PAGE)
        .with("Content-Security-Policy", POLICY)
        .with("X-Content-Type-Options", "nosniff")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::answer::Body;

    #[test]
    fn the_page_loads_nothing_from_elsewhere_and_writes_no_foreign_text_as_markup() {
        let page = PAGE.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src=\"/"));
        for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert!(page.contains("textContent"));
        let head = String::from_utf8(answer().print(Body::Withheld)).unwrap();
        assert!(head.contains("\r\nContent-Security-Policy: default-src 'none'; img-src data:; "), "{head}");
    }
}
