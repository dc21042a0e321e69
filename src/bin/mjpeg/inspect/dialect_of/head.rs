//! The head of the response as text with places, without what belongs to one camera or one connection.

use std::time::Duration;

use mjpeg::http::parse_date;

use super::escape::escaped;

/// A date this far from that of the response moves with it. Others are constants, such as an Expires in the past.
const NEAR: i64 = 24 * 60 * 60;
/// Fields that say nothing about one camera.
const COMMON: [&str; 12] = [
    "access-control-allow-origin",
    "cache-control",
    "connection",
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
/// Fields whose values are keys or names of one client.
const SECRET: [&str; 5] =
    ["set-cookie", "www-authenticate", "authentication-info", "authorization", "proxy-authenticate"];
/// Words in the names of fields whose values are keys, or identify one camera.
const SECRET_WORDS: [&str; 11] =
    ["serial", "mac", "uuid", "guid", "token", "session", "passw", "key", "nonce", "deviceid", "device-id"];

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
        let lines = || bytes.split_inclusive(|byte| *byte == b'\n');
        let now = lines().filter_map(|line| field(line).filter(|(name, _)| name == "date"));
        let now = now.filter_map(|(_, value)| parse_date(value)).next();
        let mut head = Self::default();
        for line in lines() {
            let line = head.line(line, now);
            head.lines.push(line);
        }
        head
    }

    fn line(&mut self, line: &[u8], now: Option<Duration>) -> String {
        let Some((name, value)) = field(line) else { return escaped(line) };
        let shown = String::from_utf8_lossy(&line[..name.len()]).into_owned();
        let start = line.len() - line[name.len() + 1..].len();
        let from = start + line[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let (before, behind) = (&line[..from.min(line.len())], &line[(from + value.len()).min(line.len())..]);
        if let Some(date) =
            parse_date(value).filter(|_| value.ends_with(b" GMT") && value.get(3) == Some(&b','))
        {
            let distance = now.map_or(0, |now| date.as_secs().cast_signed() - now.as_secs().cast_signed());
            let place = match distance {
                0 if name == "date" || now.is_some() => Some("{date}".to_string()),
                distance if now.is_some() && distance.abs() <= NEAR => Some(format!("{{date:{distance}}}")),
                _ => None,
            };
            if let Some(place) = place {
                return format!("{}{place}{}", escaped(before), escaped(behind));
            }
        }
        let is_secret = SECRET.contains(&&*name) || SECRET_WORDS.iter().any(|word| name.contains(word));
        if is_secret || has_hardware_address(value) {
            self.replaced.push(shown);
            return format!("{}{}{}", escaped(before), escaped(&blanked(&name, value)), escaped(behind));
        }
        if !COMMON.contains(&&*name) {
            self.kept.push(shown);
        }
        escaped(line)
    }
}

/// The name of a field in lower case, and its value.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = std::str::from_utf8(&line[..colon]).ok()?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| (name.to_ascii_lowercase(), line[colon + 1..].trim_ascii()))
}

/// A value with `x` for each letter and digit of what may be secret. The name and the attributes of a cookie stay.
fn blanked(name: &str, value: &[u8]) -> Vec<u8> {
    let blank = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .map(|byte| if byte.is_ascii_alphanumeric() || *byte >= 0x80 { b'x' } else { *byte })
            .collect()
    };
    if name != "set-cookie" {
        return blank(value);
    }
    let start = memchr::memchr(b'=', value).map_or(0, |at| at + 1);
    let end = memchr::memchr(b';', value).unwrap_or(value.len()).max(start);
    [&value[..start], &blank(&value[start..end]), &value[end..]].concat()
}

/// Whether a value has six bytes as `00:11:22:aa:bb:cc` or with hyphens.
fn has_hardware_address(value: &[u8]) -> bool {
    value.windows(17).any(|window| {
        window.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => *byte == window[2] && b":-".contains(byte),
            _ => byte.is_ascii_hexdigit(),
        })
    })
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
