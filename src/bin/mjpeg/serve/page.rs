//! The page that shows the stream.

use crate::listen::answer::Answer;

/// The page, whole: it needs nothing but the stream and, for fallbacks, `/snapshot`.
pub const PAGE: &str = include_str!("page.html");

/// What the page may do: run what is written in it and ask this server. It draws pictures from memory
/// (`blob:`) and brings its icon along (`data:`).
const POLICY: &str = "default-src 'none'; img-src 'self' blob: data:; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/// The answer that brings the page, without the page itself.
pub fn answer() -> Answer {
    Answer::new(200, "text/html; charset=utf-8", "")
        .with("Content-Security-Policy", POLICY)
        .with("X-Content-Type-Options", "nosniff")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::answer::Body;

    #[test]
    fn without_script_the_browser_shows_the_stream_by_itself() {
        assert!(PAGE.contains(r#"<noscript><img src="stream" alt="the stream"></noscript>"#));
    }

    #[test]
    fn the_page_names_no_other_host_and_its_policy_allows_none() {
        // The name of a namespace is no address.
        let page = PAGE.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains("//www.") && !page.contains("http:") && !page.contains("https:"));
        let head = String::from_utf8(answer().print(Body::Withheld)).unwrap();
        assert!(
            head.contains("\r\nContent-Security-Policy: default-src 'none'; img-src 'self' blob: data:; ")
        );
    }

    #[test]
    fn the_page_works_under_any_path() {
        // A proxy may serve it below a folder: an address that starts with a slash would leave that.
        assert!(!PAGE.contains("src=\"/") && !PAGE.contains("'/stream") && !PAGE.contains("'/snapshot"));
    }
}
