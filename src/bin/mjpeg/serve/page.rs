//! The page that shows the stream.

use crate::listen::answer::Answer;

/// The page. It loads only the stream and, as a fallback, `/snapshot`.
pub const PAGE: &str = include_str!("page.html");

/// The page with all cameras of a farm. It loads `state`, and snapshots of the cameras that are visible.
pub const WALL: &str = include_str!("wall.html");

/// The page may run its inline script and style and send requests to this server. It shows pictures from
/// memory (`blob:`) and contains its icon (`data:`).
const POLICY: &str = "default-src 'none'; img-src 'self' blob: data:; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/// The answer for the page, without its body.
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
    fn without_scripts_the_page_shows_the_stream_as_an_image() {
        assert!(PAGE.contains(r#"<noscript><img src="stream" alt="the stream"></noscript>"#));
    }

    #[test]
    fn the_page_names_no_other_host_and_its_policy_allows_none() {
        for page in [PAGE, WALL] {
            // The name of an XML namespace is not loaded.
            let page = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!page.contains("//www.") && !page.contains("http:") && !page.contains("https:"));
        }
        let head = String::from_utf8(answer().print(Body::Withheld)).unwrap();
        assert!(
            head.contains("\r\nContent-Security-Policy: default-src 'none'; img-src 'self' blob: data:; ")
        );
    }

    #[test]
    fn the_page_works_under_any_path() {
        // A proxy may serve the page under a path prefix, so its URLs must not start with a slash.
        for page in [PAGE, WALL] {
            assert!(!page.contains("src=\"/") && !page.contains("'/stream") && !page.contains("'/snapshot"));
            assert!(!page.contains("'/state"));
        }
    }

    #[test]
    fn the_wall_writes_no_foreign_text_as_markup() {
        assert!(
            !WALL.contains("innerHTML")
                && !WALL.contains("insertAdjacentHTML")
                && WALL.contains("textContent")
        );
    }
}
