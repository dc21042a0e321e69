//! What may be secret, or identify one camera, in the text of a stream.

/// Fields whose values are keys or names of one client.
const SECRET: [&str; 5] =
    ["set-cookie", "www-authenticate", "authentication-info", "authorization", "proxy-authenticate"];
/// Words in the names of fields, and of elements of XML, whose values are keys, or identify one camera.
const SECRET_WORDS: [&str; 11] =
    ["serial", "mac", "uuid", "guid", "token", "session", "passw", "key", "nonce", "deviceid", "device-id"];
/// Bytes of a hardware address as text.
const ADDRESS: usize = 17;

/// A field line.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// Its name in lower case, without a blank before the colon.
    pub name: String,
    /// Where its value is in the line.
    pub start: usize,
    /// Its value.
    pub value: &'a [u8],
}

/// The field of a line. Some servers write a blank before the colon.
pub fn field(line: &[u8]) -> Option<Field<'_>> {
    let colon = memchr::memchr(b':', line)?;
    let name = std::str::from_utf8(&line[..colon]).ok()?.trim_end_matches([' ', '\t']);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    let behind = &line[colon + 1..];
    let start = line.len() - behind.trim_ascii_start().len();
    is_name.then(|| Field { name: name.to_ascii_lowercase(), start, value: behind.trim_ascii() })
}

/// Writes `x` for each letter and digit of what may be secret: values of fields, with their folded lines, texts of elements
/// of XML, and hardware addresses. Returns the names.
pub fn mask(text: &mut [u8]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).into_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    };
    // Whether a line that is folded continues a secret: RFC 9112 5.2.
    let mut is_in_secret = false;
    for line in text.split_inclusive_mut(|byte| *byte == b'\n') {
        let is_folded =
            line.first().is_some_and(|byte| b" \t".contains(byte)) && !line.trim_ascii().is_empty();
        if is_folded && is_in_secret {
            blank(line);
            continue;
        }
        is_in_secret = false;
        // A delimiter is no field.
        let found = field(line).filter(|_| !line.starts_with(b"--"));
        let has_address = !addresses(line).is_empty();
        if let Some(Field { name, start, value }) = found
            && (is_secret(&name) || has_address)
        {
            let end = start + value.len();
            add(&line[..name.len()]);
            blank_value(&name, &mut line[start..end]);
            is_in_secret = true;
        } else if has_address {
            for at in addresses(line) {
                blank(&mut line[at..at + ADDRESS]);
            }
            add(b"a hardware address");
        }
        for (name, start, end) in elements(line) {
            add(name.as_bytes());
            blank(&mut line[start..end]);
        }
    }
    names
}

fn is_secret(name: &str) -> bool {
    SECRET.contains(&name) || SECRET_WORDS.iter().any(|word| name.contains(word))
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80) {
        *byte = b'x';
    }
}

/// The name and the attributes of a cookie stay.
fn blank_value(name: &str, value: &mut [u8]) {
    let (mut start, mut end) = (0, value.len());
    if name == "set-cookie" {
        start = memchr::memchr(b'=', value).map_or(0, |at| at + 1);
        end = memchr::memchr(b';', value).unwrap_or(end).max(start);
    }
    blank(&mut value[start..end]);
}

/// Where six bytes are as `00:11:22:aa:bb:cc` or with hyphens.
fn addresses(text: &[u8]) -> Vec<usize> {
    let is_address = |window: &[u8]| {
        window.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => *byte == window[2] && b":-".contains(byte),
            _ => byte.is_ascii_hexdigit(),
        })
    };
    let windows = text.windows(ADDRESS).enumerate();
    windows.filter(|(_, window)| is_address(window)).map(|(at, _)| at).collect()
}

/// The elements of XML with secret names in a line: the name, and where the text is.
fn elements(line: &[u8]) -> Vec<(String, usize, usize)> {
    let element = |at: usize| {
        let rest = &line[at + 1..];
        let name = &rest[..memchr::memchr2(b'>', b'<', rest)?];
        let name = std::str::from_utf8(name).ok()?.split(' ').next()?.to_string();
        let start = at + 2 + memchr::memchr(b'>', rest)?;
        let end = start + memchr::memchr(b'<', &line[start..]).unwrap_or(line.len() - start);
        (is_secret(&name.to_ascii_lowercase()) && !name.starts_with('/') && !name.ends_with('/'))
            .then_some((name, start, end))
    };
    memchr::memchr_iter(b'<', line).filter_map(element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_servers_write_them() {
        for (text, masked, names) in [
            ("Set-Cookie: id=ab12/9; path=/\r\n", "Set-Cookie: id=xxxx/x; path=/\r\n", &["Set-Cookie"][..]),
            (
                "X-Token : a1\r\n  b2\r\n\tc\r\nA: b2\r\n",
                "X-Token : xx\r\n  xx\r\n\tx\r\nA: b2\r\n",
                &["X-Token"],
            ),
            ("X-Session-Id:\r\n abc\r\n\r\n", "X-Session-Id:\r\n xxx\r\n\r\n", &["X-Session-Id"]),
            ("X-Net: at 00:1a:2B:3c:4d:5e\n", "X-Net: xx xx:xx:xx:xx:xx:xx\n", &["X-Net"]),
            ("00-1a-2b-3c-4d-5e up", "xx-xx-xx-xx-xx-xx up", &["a hardware address"]),
            (
                "<id>7</id><serialNumber a='1'>Q7</serialNumber>\n<mac/>x1",
                "<id>7</id><serialNumber a='1'>xx</serialNumber>\n<mac/>x1",
                &["serialNumber"],
            ),
            ("--key: 1\r\nContent-Length: 17\r\n", "--key: 1\r\nContent-Length: 17\r\n", &[]),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            let found = mask(&mut bytes);
            assert_eq!(
                (String::from_utf8(bytes).unwrap().as_str(), &found[..]),
                (masked, &names.iter().map(ToString::to_string).collect::<Vec<_>>()[..])
            );
        }
    }

    #[test]
    fn any_bytes_are_text() {
        for bytes in [
            &b""[..],
            b"\n",
            b":\n",
            b"key:",
            b"key:\n \n",
            b"<key",
            b"<key>",
            b"<",
            b"\xff: \xff\n",
            b"Set-Cookie:=;\n",
        ] {
            let mut masked = bytes.to_vec();
            mask(&mut masked);
            assert_eq!(masked.len(), bytes.len());
        }
    }
}
