//! The head of the response as text with places, without what belongs to one camera or one connection.

use std::time::Duration;

use mjpeg::http::parse_date;

use super::escape::escaped;
use super::private::{self, field};

/// A date this far from that of the response moves with it. Others are constants, such as an Expires in the past.
const NEAR: i64 = 24 * 60 * 60;
/// Fields that say nothing about one camera.
const COMMON: [&str; 13] = [
    "access-control-allow-origin",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "expires",
    "keep-alive",
    "max-age",
    "mime-version",
    "pragma",
    "transfer-encoding",
    "vary",
];

/// A response head.
#[derive(Debug, Default)]
pub struct Head {
    /// Its lines with places, each with its line end.
    pub lines: Vec<String>,
    /// The names of fields whose values were replaced, because they may be secret or identify the camera.
    pub replaced: Vec<String>,
    /// The names of fields that may identify the camera, or its firmware, and were kept.
    pub kept: Vec<String>,
}

impl Head {
    /// The head with these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut bytes = bytes.to_vec();
        let replaced = private::mask(&mut bytes);
        let lines = || bytes.split_inclusive(|byte| *byte == b'\n');
        let dates = lines().filter_map(|line| field(line).filter(|it| it.name == "date"));
        let now = dates.filter_map(|date| parse_date(date.value)).next();
        let mut head = Self { replaced, ..Self::default() };
        for line in lines() {
            head.lines.push(with_dates(line, now));
            head.keep(line);
        }
        head
    }

    /// Notes a line that may identify the camera, or its firmware, and is kept.
    pub fn keep(&mut self, line: &[u8]) {
        let Some(field) = field(line) else { return };
        let is_known = COMMON.contains(&&*field.name);
        let shown = String::from_utf8_lossy(&line[..field.name.len()]).into_owned();
        if !is_known && !self.replaced.contains(&shown) && !self.kept.contains(&shown) {
            self.kept.push(shown);
        }
    }
}

/// A line with places for the dates near `now`.
fn with_dates(line: &[u8], now: Option<Duration>) -> String {
    let place = || {
        let field = field(line)?;
        let is_date = field.value.ends_with(b" GMT") && field.value.get(3) == Some(&b',');
        let date = parse_date(field.value).filter(|_| is_date)?;
        let distance = date.as_secs().cast_signed() - now?.as_secs().cast_signed();
        let place = match distance {
            0 => "{date}".to_string(),
            distance if distance.abs() <= NEAR => format!("{{date:{distance}}}"),
            _ => return None,
        };
        let (before, behind) = (&line[..field.start], &line[field.start + field.value.len()..]);
        Some(format!("{}{place}{}", escaped(before), escaped(behind)))
    };
    place().unwrap_or_else(|| escaped(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_move_and_secrets_are_replaced() {
        let head = Head::of(
            b"HTTP/1.1 200 OK\r\nServer: cam/1\r\nDate: Sun, 22 Nov 2026 09:11:42 GMT\r\n\
              Expires: Sun, 22 Nov 2026 08:48:42 GMT\r\nLast-Modified: Mon, 3 Jan 2000 12:34:56 GMT\r\n\
              Set-Cookie: id=ab12/9; path=/\r\nX-Serial-No:  A1-77\r\nX-Net: at 00:1a:2B:3c:4d:5e {\r\n\r\n",
        );
        let expected = [
            "HTTP/1.1 200 OK\r\n",
            "Server: cam/1\r\n",
            "Date: {date}\r\n",
            "Expires: {date:-1380}\r\n",
            "Last-Modified: Mon, 3 Jan 2000 12:34:56 GMT\r\n",
            "Set-Cookie: id=xxxx/x; path=/\r\n",
            "X-Serial-No:  xx-xx\r\n",
            "X-Net: xx xx:xx:xx:xx:xx:xx {{\r\n",
            "\r\n",
        ];
        assert_eq!(head.lines, expected);
        assert_eq!(head.replaced, ["Set-Cookie", "X-Serial-No", "X-Net"]);
        assert_eq!(head.kept, ["Server", "Last-Modified"]);
    }

    #[test]
    fn any_bytes_are_a_head() {
        for bytes in
            [&b""[..], b"\n", b":\n", b"a", b"a:", b"a:\n", b"Date:\r\n", b"\xff: \xff\n", b"Set-Cookie:=;\n"]
        {
            Head::of(bytes);
        }
        assert_eq!(Head::of(b"A: \xe9\n").lines, ["A: {hex:e9}\n"]);
    }
}
