//! Answers that are no stream: the status, and what the page behind it says.

use std::time::Duration;

use anyhow::anyhow;
use mjpeg::http::Head;

use super::challenge::Challenge;
use super::credentials::Credentials;
use super::open_error::{OpenError, OpenErrorKind};
use super::retry_after;
use super::secrets::Secrets;

/// Most bytes of a page that are read to find its first line.
pub const PAGE_BYTES: usize = 16 << 10;
/// Longest line that is shown, in characters.
const LINE_CHARS: usize = 120;

/// What was done about authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// There is no password.
    NoPassword,
    /// A redirection led to another host, which does not get the password.
    Withheld,
    /// The password was sent.
    Password,
    /// There is a user, but no password: an empty one was sent.
    EmptyPassword,
    /// The Authorization of `--header` was sent.
    OwnField,
    /// The server wants something else than a user and a password.
    UnknownScheme,
    /// The answer to the challenge would have control characters, or be too long for a head.
    Unanswerable,
}

impl Tried {
    /// What was done if these credentials were sent.
    pub fn with(credentials: &Credentials) -> Self {
        if credentials.password.is_empty() { Self::EmptyPassword } else { Self::Password }
    }
}

/// Whether the command line asks for more tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// One answer is enough.
    OneTry,
    /// `--wait` or `--reconnect` is given.
    MoreTries,
}

/// The error for an answer with this head and the start of this body. `now`: since 1970-01-01 UTC. What it repeats of
/// `secrets` is not shown.
pub fn error(
    url: &str,
    head: &Head,
    page: &[u8],
    secrets: &Secrets,
    tried: Tried,
    patience: Patience,
    now: Duration,
) -> OpenError {
    let content_type = head.text("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_string();
    let line = first_line(&media_type, page, secrets).map(|line| format!("\"{line}\""));
    let media_type = secrets.shown(&media_type);
    let details: Vec<String> =
        [Some(media_type).filter(|it| !it.is_empty()), line].into_iter().flatten().collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(": ")) };
    let cause = anyhow!("{url}: HTTP status {}{details}", status(head, secrets));
    let was_sent = matches!(tried, Tried::Password | Tried::EmptyPassword | Tried::OwnField);
    let kind = match head.status {
        401 if was_sent => OpenErrorKind::Password,
        status => OpenErrorKind::Status(status),
    };
    let mut error = OpenError::new(kind, cause);
    error.retry_after = head.text("retry-after").and_then(|value| retry_after::delay(&value, now));
    let wants_token = head.fields().all("www-authenticate").all(|value| {
        Challenge::parse(&String::from_utf8_lossy(value)).iter().all(|challenge| challenge.scheme == "bearer")
    });
    let tried = match tried {
        Tried::NoPassword if wants_token && head.text("www-authenticate").is_some() => Tried::UnknownScheme,
        tried => tried,
    };
    match (hint(head.status, tried), error.retry_after) {
        (Some(hint), _) => error.hint(hint),
        (None, Some(delay)) => {
            let when = match delay.as_secs_f64().ceil() {
                0.0 => "now".into(),
                seconds => format!("in {seconds} s"),
            };
            error.hint(match patience {
                Patience::OneTry => format!("the server asks to try again {when}: --wait does that"),
                Patience::MoreTries => format!("the server asks to try again {when}"),
            })
        }
        (None, None) if is_temporary(head.status) && patience == Patience::OneTry => {
            error.hint("--wait 1m tries again until the server is ready")
        }
        (None, None) => error,
    }
}

/// Whether the same request may succeed later.
pub fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

fn hint(status: u16, tried: Tried) -> Option<&'static str> {
    match (status, tried) {
        (401, Tried::NoPassword) => {
            Some("give a user and a password: --user USER:PASSWORD or --password-file FILE")
        }
        (401, Tried::Password) => Some("the user or the password is wrong"),
        (401, Tried::OwnField) => Some("the server refuses the Authorization of --header"),
        (401, Tried::EmptyPassword) => {
            Some("the user is given without a password: --user USER:PASSWORD or --password-file FILE")
        }
        (401 | 403, Tried::Withheld) => Some(
            "a redirection led to another host, which does not receive the password; use this URL with --user",
        ),
        (401, Tried::UnknownScheme) => Some(
            "the server wants neither Digest nor Basic; a token can be sent with --header 'Authorization: ...'",
        ),
        (401, Tried::Unanswerable) => Some(
            "the challenge of the server has control characters or is too long, so no request can repeat it",
        ),
        (304, _) => Some(
            "the server says that nothing has changed; leave out --header with If-Modified-Since or If-None-Match",
        ),
        (403, _) => Some("the server refuses this user, or this path"),
        (404, _) => Some("common paths: /stream, /video, /mjpg/video.mjpg, /?action=stream"),
        (407, _) => Some("the proxy wants a user and a password: --proxy http://USER:PASSWORD@HOST:PORT"),
        _ => None,
    }
}

/// The status of an answer with its reason, to be shown.
pub(super) fn status(head: &Head, secrets: &Secrets) -> String {
    format!("{:03} {}", head.status, secrets.shown(&head.reason)).trim_end().into()
}

/// The first line of a text: of HTML its title, or its first words.
pub(super) fn first_line(media_type: &str, page: &[u8], secrets: &Secrets) -> Option<String> {
    // First of all: what follows splits and cuts the text, and perhaps a password in it.
    let page = secrets.hidden_bytes(page);
    let text = String::from_utf8_lossy(&page);
    let media_type = media_type.to_ascii_lowercase();
    let start = text.trim_start().to_ascii_lowercase();
    let is_html = media_type.contains("html") || start.starts_with("<!doctype") || start.starts_with("<html");
    let is_text = is_html
        || media_type.starts_with("text/")
        || ["json", "xml", "javascript"].iter().any(|it| media_type.contains(it))
        || (media_type.is_empty() && std::str::from_utf8(&page).is_ok());
    if !is_text {
        return None;
    }
    let text = if is_html { title(&text).unwrap_or_else(|| without_tags(&text)) } else { text.into_owned() };
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = secrets.shown(line);
    let mut shown: String = line.chars().take(LINE_CHARS).collect();
    if shown.len() < line.len() {
        shown.push_str("...");
    }
    Some(shown)
}

fn title(html: &str) -> Option<String> {
    // The letters of ASCII only, so that offsets stay the same.
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find('<')?;
    let title = html[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

/// The text between the tags, with a line for each piece.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    for (n, piece) in html.split('<').enumerate() {
        let behind = if n == 0 { piece } else { piece.split_once('>').map_or("", |(_, behind)| behind) };
        text.push_str(behind);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    #[test]
    fn the_first_line_of_a_text_is_shown() {
        let long = "x".repeat(200);
        for (media_type, page, line) in [
            ("text/plain", "\r\n  No such stream \r\nmore", Some("No such stream".to_string())),
            ("text/html", "<html><head><TITLE>404\n Not Found</title>", Some("404 Not Found".into())),
            ("text/html", "<html><h1>no <b>way</b></h1>", Some("no".into())),
            ("", "<!DOCTYPE html><p>é</p>", Some("é".into())),
            ("application/json", "{\"error\": 1}", Some("{\"error\": 1}".into())),
            ("image/jpeg", "abc", None),
            ("text/plain", "", None),
            ("text/html", "<title", None),
            ("text/plain", &long, Some(format!("{}...", "x".repeat(120)))),
        ] {
            assert_eq!(
                first_line(media_type, page.as_bytes(), &Secrets::default()),
                line,
                "{media_type} {page}"
            );
        }
    }

    #[test]
    fn the_message_names_status_type_line_and_cure() {
        let head = b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain; charset=x\r\nRetry-After: 7\r\n\r\n";
        let head = Head::parse(head).unwrap().unwrap();
        let error = |head, page| {
            error(
                "http://cam/",
                head,
                page,
                &Secrets::default(),
                Tried::NoPassword,
                Patience::OneTry,
                Duration::ZERO,
            )
        };
        let busy = head;
        let error_of_busy = error(&busy, b"starting");
        assert_eq!(error_of_busy.to_string(), "http://cam/: HTTP status 503 Busy (text/plain: \"starting\")");
        assert_eq!(error_of_busy.retry_after, Some(Duration::from_secs(7)));
        assert!(error_of_busy.problem.hint.unwrap().contains("in 7 s: --wait"));
        let head = Head::parse(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n\r\n").unwrap().unwrap();
        assert!(error(&head, b"").problem.hint.unwrap().contains("try again now: "));
        let plain = Head::parse(b"HTTP/1.1 503 Busy\r\n\r\n").unwrap().unwrap();
        assert!(error(&plain, b"").problem.hint.unwrap().contains("--wait"));
        // Not what is done already.
        for head in [&busy, &head, &plain] {
            let again = Patience::MoreTries;
            let error = super::error(
                "http://cam/",
                head,
                b"",
                &Secrets::default(),
                Tried::NoPassword,
                again,
                Duration::ZERO,
            );
            assert!(!error.problem.hint.unwrap_or_default().contains("--wait"));
        }
    }

    proptest! {
        #[test]
        fn a_page_of_any_bytes_has_a_short_line(page in mutated::bytes(&[
                b"<!DOCTYPE html><html><title>404 Not &amp; Found</title><body>x</body></html>",
                b"<html><h1>no <b>way</b></h1>",
                b"{\"error\": \"secret words\"}\n",
            ])) {
            let mut secrets = Secrets::default();
            secrets.add(b"secret");
            for media_type in ["text/html", "", "application/json"] {
                let line = first_line(media_type, &page, &secrets).unwrap_or_default();
                prop_assert!(line.chars().count() <= LINE_CHARS + 3 && !line.contains('\n'), "{}", line);
                prop_assert!(!line.contains("secret"), "{}", line);
            }
        }
    }
}
