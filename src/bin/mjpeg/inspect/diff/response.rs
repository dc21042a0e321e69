//! The properties of a response head.

use mjpeg::http::{ContentType, Head};

use super::super::text::status_line;
use super::item::{Item, Value};

/// Fields whose value is a time, or of one connection: only whether they are there is compared.
const CHANGING: [&str; 6] = ["date", "expires", "last-modified", "set-cookie", "age", "etag"];
/// The properties of a response head.
pub fn items(head: &Head, is_in_chunks: bool) -> Vec<Item> {
    let mut items = Vec::new();
    let mut push = |name: String, value| items.push(Item { group: "response", name, value });
    push("status line".into(), Value::Text(status_line(head)));
    for (name, value) in head.fields().iter() {
        let name = String::from_utf8_lossy(name).into_owned();
        if name.eq_ignore_ascii_case("transfer-encoding") {
            // What the body has counts.
            continue;
        }
        let shown = String::from_utf8_lossy(value).into_owned();
        let lower = name.to_ascii_lowercase();
        let value = match &lower[..] {
            "content-type" => {
                let kind = content_type(value).unwrap_or_else(|| shown.clone());
                Value::Kind { shown, kind }
            }
            lower if CHANGING.contains(&lower) => Value::Kind { shown, kind: String::new() },
            _ => Value::Text(shown),
        };
        push(name, value);
    }
    let coding = if is_in_chunks { "chunked" } else { "none" };
    push("transfer coding".into(), Value::Text(coding.into()));
    if head.bare_lf {
        push("line ends".into(), Value::Text("LF alone".into()));
    }
    items
}

/// A content type without what is random in its boundary.
fn content_type(value: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(value).into_owned();
    let boundary = ContentType::parse(value).boundary?;
    let boundary = String::from_utf8_lossy(&boundary.value).into_owned();
    Some(text.replace(&boundary, &stable(&boundary)))
}

/// A boundary without what is random in it: long runs of letters and digits.
pub fn stable(boundary: &str) -> String {
    let pieces = boundary.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let stable = |piece: &str| {
        let run = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = run.chars().filter(char::is_ascii_digit).count();
        let is_random = run.len() >= 8 && digits > 1;
        if is_random { format!("<{}>{}", run.len(), &piece[run.len()..]) } else { piece.to_string() }
    };
    pieces.map(stable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_random_in_a_boundary_does_not_count() {
        for (boundary, shown) in [
            ("mjpeg-1a2b3c4d5e6f7a8b", "mjpeg-<16>"),
            ("boundarydonotcross", "boundarydonotcross"),
            ("--myboundary", "--myboundary"),
            ("7b3cc56e5f51db803f790dad720ed50a", "<32>"),
            ("a-12", "a-12"),
        ] {
            assert_eq!(stable(boundary), shown);
        }
        let kind = |value: &str| content_type(value.as_bytes());
        let one = kind("multipart/x-mixed-replace; boundary=x-12345678");
        assert_eq!(one, kind("multipart/x-mixed-replace; boundary=x-87654321"));
        assert_ne!(one, kind("multipart/x-mixed-replace;boundary=x-87654321"));
        assert_ne!(one, kind("multipart/x-mixed-replace; boundary=\"x-87654321\""));
    }
}
