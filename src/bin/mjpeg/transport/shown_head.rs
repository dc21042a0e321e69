//! A response head as it is shown.

use mjpeg::http::Head;

use super::secrets::Secrets;
use crate::redacted::without_parameters;

/// Fields of a response with a URL or a cookie: the values of their parameters are hidden by the names too.
const FIELDS_WITH_PARAMETERS: [&str; 5] = ["location", "content-location", "link", "refresh", "set-cookie"];

impl Secrets {
    /// The lines of a head to be shown: without the values, and without parameters of its URLs and cookies whose names say
    /// that they are secret.
    pub fn shown_lines(&self, head: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(head.len());
        for line in head.split_inclusive(|&byte| byte == b'\n') {
            let (name, value) = line.split_at(line.iter().position(|&byte| byte == b':').unwrap_or(0));
            let value = self.hidden_bytes(value);
            let has_parameters =
                FIELDS_WITH_PARAMETERS.iter().any(|it| it.as_bytes().eq_ignore_ascii_case(name));
            shown.extend_from_slice(&self.hidden_bytes(name));
            match std::str::from_utf8(&value) {
                Ok(text) if has_parameters => shown.extend_from_slice(without_parameters(text).as_bytes()),
                _ => shown.extend_from_slice(&value),
            }
        }
        shown
    }

    /// A response head to be shown like that.
    pub fn shown_head(&self, head: &Head) -> Head {
        let shown = self.shown_lines(head.bytes());
        if shown == head.bytes() {
            return head.clone();
        }
        match Head::parse(&shown) {
            Ok(Some(shown)) => shown,
            // A head without a status line, or with a value over several lines.
            _ => {
                let fields: Vec<(Vec<u8>, Vec<u8>)> = head
                    .fields()
                    .iter()
                    .map(|(name, value)| (name.to_vec(), self.hidden_bytes(value).into_owned()))
                    .collect();
                let fields = fields.iter().map(|(name, value)| (&name[..], &value[..]));
                Head::from_fields(head.version, head.status, &self.hidden(&head.reason), fields)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_shown_without_them() {
        let head = b"HTTP/1.1 302 to hush\r\nLocation: /x?pwd=a%0ab&y=1\r\nX: HU%53H hu%73h\r\n\r\n";
        let head = Head::parse(head).unwrap().unwrap();
        let mut secrets = Secrets::default();
        secrets.add(b"hush");
        let shown = secrets.shown_head(&head);
        assert_eq!(
            String::from_utf8_lossy(shown.bytes()),
            "HTTP/1.1 302 to (redacted)\r\nLocation: /x?pwd=(redacted)&y=1\r\nX: HU%53H (redacted)\r\n\r\n"
        );
        assert_eq!(shown.reason, "to (redacted)");
    }
}
