//! An answer that is a page or another text, and not a stream.

use std::fmt;
use std::io::Read;

use memchr::memmem;
use mjpeg::http::{Dechunker, Head, decimal};

use super::refusal::first_line;
use super::secrets::Secrets;

/// What an answer is that has no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    media_type: String,
    /// The title of HTML, or the first line of another text.
    line: Option<String>,
}

impl Page {
    /// The page whose response starts with `start`; `None` for an answer that is no text. `is_in_chunks`: the body comes in
    /// chunks. What it repeats of `secrets` is not shown.
    pub(super) fn of(head: &Head, start: &[u8], is_in_chunks: bool, secrets: &Secrets) -> Option<Self> {
        let media_type = media_type(head);
        if !is_text(&media_type) {
            return None;
        }
        let body = memmem::find(start, head.bytes()).map_or(start.len(), |at| at + head.bytes().len());
        let mut body = start[body..].to_vec();
        if is_in_chunks {
            let n = Dechunker::new().decode(&mut body).unwrap_or(0);
            body.truncate(n);
        }
        let line = first_line(&media_type, &body, secrets);
        Some(Self { media_type: secrets.shown(&media_type), line })
    }

    /// Whether the answer is a page if it is no stream.
    pub(super) fn may_be_of(head: &Head) -> bool {
        is_text(&media_type(head))
    }

    /// What to do, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        let is_own = self.media_type == "text/html" && self.line.as_deref() == Some("mjpeg");
        is_own.then_some("this looks like mjpeg's own page, try /stream")
    }
}

/// The start of the body behind this head, at most `most` bytes, without chunk framing. `read` has been read of the response;
/// the rest comes from `input`.
pub(super) fn body(head: &Head, mut read: Vec<u8>, most: usize, input: &mut dyn Read) -> Vec<u8> {
    let mut dechunker = head.is_chunked().then(Dechunker::new);
    let length = head.text("content-length").and_then(|value| decimal::<usize>(value.trim()));
    let most = if dechunker.is_none() { length.unwrap_or(most).min(most) } else { most };
    // The bytes of the head, and of interim heads before it.
    let start = memmem::find(&read, head.bytes()).map_or(read.len(), |at| at + head.bytes().len());
    read.drain(..start);
    let mut page = Vec::new();
    let mut room = [0; 4096];
    loop {
        let n = match &mut dechunker {
            Some(dechunker) => dechunker.decode(&mut read).unwrap_or(0),
            None => read.len(),
        };
        page.extend_from_slice(&read[..n]);
        let is_over = dechunker.as_ref().is_some_and(|it| it.is_done() || it.error().is_some());
        if page.len() >= most || is_over {
            page.truncate(most);
            return page;
        }
        match input.read(&mut room) {
            Ok(n) if n > 0 => read = room[..n].to_vec(),
            _ => return page,
        }
    }
}

fn media_type(head: &Head) -> String {
    let content_type = head.text("content-type").unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_text(media_type: &str) -> bool {
    ["text/", "html", "json", "xml"].iter().any(|it| media_type.contains(it))
}

/// For people: `the answer is text/html: "Camera 1"`.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer is {}", self.media_type)?;
        self.line.as_ref().map_or(Ok(()), |line| write!(f, ": \"{line}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_title() {
        let chunk = "Transfer-Encoding: chunked\r\n";
        for (kind, more, body, shown, is_own) in [
            ("text/html", "", "<title>Camera 1</title>", "the answer is text/html: \"Camera 1\"", false),
            (
                "Text/HTML; charset=utf-8",
                "",
                "<title>mjpeg</title>",
                "the answer is text/html: \"mjpeg\"",
                true,
            ),
            (
                "text/html",
                chunk,
                "14\r\n<title>mjpeg</title>\r\n0\r\n\r\n",
                "the answer is text/html: \"mjpeg\"",
                true,
            ),
            ("application/json", "", "{\"a\":1}\n", "the answer is application/json: \"{\"a\":1}\"", false),
            ("text/plain", "", "", "the answer is text/plain", false),
        ] {
            let text = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}\r\n{body}");
            let head = Head::parse(text.as_bytes()).unwrap().unwrap();
            let page = Page::of(&head, text.as_bytes(), !more.is_empty(), &Secrets::default()).unwrap();
            assert_eq!((page.to_string().as_str(), page.hint().is_some()), (shown, is_own));
        }
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n";
        assert_eq!(Page::of(&Head::parse(head).unwrap().unwrap(), head, false, &Secrets::default()), None);
    }
}
