//! URLs as they are shown: without passwords.

use std::net::Ipv6Addr;
use std::path::Path;

use crate::percent;

/// What replaces a password.
pub const REDACTED: &str = "(redacted)";
/// Names of query parameters that have a password or what replaces one, in lower case. `usr` and `user` are not among them.
const WHOLE_NAMES: [&str; 20] = [
    "pw",
    "pas",
    "loginpas",
    "psk",
    "pin",
    "userpin",
    "key",
    "privatekey",
    "streamkey",
    "sig",
    "sid",
    "jwt",
    "bearer",
    "signature",
    "otp",
    "ticket",
    "senha",
    "mdp",
    "creds",
    "cred",
];
/// The same for parts of names: `loginpassword`, `usr_pwd`, `X-Amz-Credential`, `access_token`, `authbasic`.
const PARTS_OF_NAMES: [&str; 9] =
    ["pass", "pwd", "psw", "secret", "token", "sess", "credential", "authori", "userpw"];

/// How often a value is decoded: a redirection to a login page has the first URL as a value, which may have another one.
const DEPTH: usize = 3;
/// Longer values with percent-encoding are not looked at, and not shown.
const LONG: usize = 2048;

/// Text that may be a URL, with everything that may be a password replaced: in the authority, and the values of
/// parameters whose names say so. A password may contain an unescaped `/` or `?`, so without a password in the
/// authority the text up to the last `@` counts.
pub fn redacted(text: &str) -> String {
    let shown = without_userinfo(text);
    // A file may have such a name: `key=3/frames`.
    if !shown.contains("://") && !shown.contains('?') {
        return shown;
    }
    // A password in a URL as it was typed may contain blanks.
    shown.split_inclusive('&').map(parameter).collect()
}

/// A path that may be a URL whose scheme was mistyped.
pub fn shown_path(path: &Path) -> String {
    redacted(&path.display().to_string())
}

/// A sentence in which words may be URLs: the name of a file may be one by mistake.
pub fn in_words(text: &str) -> String {
    let shown = |word: &str| {
        if word.contains("://") && word.contains('@') { without_userinfo(word) } else { word.into() }
    };
    text.split_inclusive(char::is_whitespace).map(shown).collect()
}

/// A text of a server, which may repeat the path and query of the request.
pub fn without_parameters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        for piece in word.split_inclusive('&') {
            shown.push_str(&parameter(piece));
        }
    }
    shown
}

/// The values of parameters whose names say that they are secret, decoded: in a URL, and in URLs that are values in it.
pub fn secret_values(url: &str) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    add_secret_values(url, DEPTH, &mut values);
    values
}

fn add_secret_values(url: &str, depth: usize, values: &mut Vec<Vec<u8>>) {
    for piece in url.split('&') {
        for (at, _) in piece.match_indices('=') {
            let value = &piece[at + 1..];
            if is_secret(name_before(piece, at)) {
                // A server may end the value earlier than we do: at a semicolon, or as XiongMai at an underscore.
                let before_next = value.split_once('_').filter(|(_, rest)| rest.contains('='));
                let shorter = value.split([';', '#']).next();
                let forms = [Some(value), shorter, before_next.map(|(value, _)| value)];
                values.extend(forms.into_iter().flatten().map(percent::decoded));
                break;
            }
            if let Some((user, _)) = value.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')) {
                values.extend(user.split_once(':').map(|(_, password)| percent::decoded(password)));
            }
            let inner = String::from_utf8_lossy(&percent::decoded(value)).into_owned();
            if depth > 0 && inner != value && inner.len() <= LONG {
                add_secret_values(&format!("url={inner}"), depth - 1, values);
            }
        }
    }
}

/// A word up to the `&` at its end. The value reaches up to there: a password may contain `;`, `=`, `?`, `/` and `#`.
fn parameter(piece: &str) -> String {
    let end = piece.trim_end_matches(|c: char| c == '&' || c.is_whitespace()).len();
    for (at, _) in piece[..end].match_indices('=') {
        let name = name_before(piece, at);
        let value = &piece[at + 1..end];
        if !value.is_empty() && (is_secret(name) || has_userinfo(value) || hides_secret(value)) {
            return format!("{}={REDACTED}{}", &piece[..at], &piece[end..]);
        }
    }
    piece.into()
}

/// The name of the parameter whose `=` is at this offset.
fn name_before(piece: &str, at: usize) -> &str {
    piece[..at].rsplit(['/', '?', ';', '#', '=', '"', '\'']).next().unwrap_or_default()
}

/// Whether the value of a parameter is a password, or lets a request in as one does.
pub fn is_secret(name: &str) -> bool {
    let name = String::from_utf8_lossy(&percent::decoded(name)).to_ascii_lowercase();
    let is_of_author = name.contains("author") && !name.contains("authori");
    WHOLE_NAMES.contains(&&name[..])
        || PARTS_OF_NAMES.iter().any(|part| name.contains(part))
        || (name.contains("auth") && !is_of_author)
        || ["_key", "-key", ".key", "apikey", "accesskey", "_pw", "_sig", "_pin"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// Whether the value of a parameter has a password among its own parameters, percent-encoded.
fn hides_secret(value: &str) -> bool {
    if !value.contains('%') || value.len() > LONG {
        return value.contains('%');
    }
    let mut text = value.to_string();
    for _ in 0..DEPTH {
        let decoded = String::from_utf8_lossy(&percent::decoded(&text)).into_owned();
        if decoded == text {
            return false;
        }
        let has_secret = |piece: &str| {
            let mut signs = piece.match_indices('=');
            signs.any(|(at, _)| at + 1 < piece.len() && is_secret(name_before(piece, at)))
        };
        if decoded.split('&').any(has_secret) {
            return true;
        }
        text = decoded;
    }
    false
}

/// Whether the value of a parameter is another URL, with a password.
fn has_userinfo(value: &str) -> bool {
    let value = String::from_utf8_lossy(&percent::decoded(value)).into_owned();
    value.contains("://") && without_userinfo(&value) != value
}

fn without_userinfo(text: &str) -> String {
    if let Some(shown) = without_userinfo_and_scheme(text) {
        return shown;
    }
    // Also of `http//user:password@host` and of `//user:password@host`.
    let slashes = text.find("//").filter(|&at| !text[..at].contains('/')).map(|at| at + 2);
    let start = slashes.unwrap_or_else(|| text.find(':').map_or(0, |colon| colon + 1));
    let authority_end = text[start..].find(['/', '?', '#']).map_or(text.len(), |end| start + end);
    let in_authority = text[start..authority_end].rfind('@').map(|at| start + at);
    let Some(at) = in_authority.or_else(|| text.rfind('@').filter(|&at| at > start)) else {
        return without_odd_port(text, start, authority_end).unwrap_or_else(|| text.into());
    };
    match text[start..at].find(':') {
        Some(colon) => format!("{}:{REDACTED}{}", &text[..start + colon], &text[at..]),
        None => text.into(),
    }
}

/// A port that cannot be one is the start of a password with a blank, if nobody wrote quotes: `http://USER:PASS` of
/// `http://USER:PASS WORD@HOST/`.
fn without_odd_port(text: &str, start: usize, end: usize) -> Option<String> {
    let authority = &text[start..end];
    if !text[..start].ends_with("://") {
        return None;
    }
    let host_end = authority.find(']').map_or(0, |bracket| bracket + 1);
    let colon = host_end + authority[host_end..].find(':')?;
    let port = &authority[colon + 1..];
    let is_port = port.is_empty() || port.parse::<u16>().is_ok() || authority.parse::<Ipv6Addr>().is_ok();
    (!is_port).then(|| format!("{}:{REDACTED}{}", &text[..start + colon], &text[end..]))
}

/// `USER:PASSWORD@HOST`, as a URL whose scheme was forgotten.
fn without_userinfo_and_scheme(text: &str) -> Option<String> {
    let (user, rest) = text.split_once(':')?;
    let (_, host) = rest.rsplit_once('@')?;
    let is_user = !user.contains('/') && !rest.starts_with('/');
    is_user.then(|| format!("{user}:{REDACTED}@{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_shows_no_password_of_a_url() {
        for (text, shown) in [
            ("cannot write http://a:b@c/x: no", "cannot write http://a:(redacted)@c/x: no"),
            ("\"https://a:(redacted)@c/\"\nnext", "\"https://a:(redacted)@c/\"\nnext"),
            ("http://cam:80/: the sender a:b@c of 5:6", "http://cam:80/: the sender a:b@c of 5:6"),
        ] {
            assert_eq!(in_words(text), shown);
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for (url, shown) in [
            ("http://a:secret@cam/x?y=a:b@c", "http://a:(redacted)@cam/x?y=a:b@c"),
            ("http://a:p@ss@cam:8080", "http://a:(redacted)@cam:8080"),
            ("http://user@cam/", "http://user@cam/"),
            ("http://a:pa/ss@cam/", "http://a:(redacted)@cam/"),
            (" http://a:secret@cam", " http://a:(redacted)@cam"),
            ("rtsp://a:secret@cam", "rtsp://a:(redacted)@cam"),
            ("http:/a:secret@cam", "http:/a:(redacted)@cam"),
            ("http://cam/x@y", "http://cam/x@y"),
            ("a:secret@cam:8080/x", "a:(redacted)@cam:8080/x"),
            ("a:se/cr@et@cam/x", "a:(redacted)@cam/x"),
            ("frames/a:b@c.jpg", "frames/a:b@c.jpg"),
            ("//a:secret@cam/", "//a:(redacted)@cam/"),
            ("HTTP//a:secret@cam/", "HTTP//a:(redacted)@cam/"),
            ("http;//a:secret@cam/", "http;//a:(redacted)@cam/"),
            ("http:\\\\a:secret@cam/", "http:(redacted)@cam/"),
            ("http://a:secret", "http://a:(redacted)"),
            ("http://a:99999/", "http://a:(redacted)/"),
            ("http://[::1]:secret?x", "http://[::1]:(redacted)?x"),
            ("http://cam:81/x", "http://cam:81/x"),
            ("http://cam:/x:y", "http://cam:/x:y"),
            ("http://[fe80::1%25eth0]:81/", "http://[fe80::1%25eth0]:81/"),
            ("http://::1:80/x", "http://::1:80/x"),
            ("frames//10:30.jpg", "frames//10:30.jpg"),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }

    #[test]
    fn parameters_with_a_password_are_not_shown() {
        for name in [
            "password",
            "pwd",
            "PASS",
            "passwd",
            "loginpas",
            "loginpass",
            "token",
            "access_token",
            "key",
            "api_key",
            "apikey",
            "auth",
            "authbasic",
            "oauth",
            "secret",
            "usr_pwd",
            "p%61ss",
            "sig",
            "X-Amz-Credential",
        ] {
            assert_eq!(
                redacted(&format!("http://cam/x?user=a&{name}=hush&b=1")),
                format!("http://cam/x?user=a&{name}=(redacted)&b=1")
            );
            assert_eq!(
                redacted(&format!("http://cam/x?{name}=hush")),
                format!("http://cam/x?{name}=(redacted)")
            );
        }
        for name in ["user", "usr", "keyframe", "monkey", "author", "res", "fps", "compression"] {
            let url = format!("http://cam/x?{name}=1&a=2");
            assert_eq!(redacted(&url), url);
        }
    }

    #[test]
    fn a_password_ends_at_the_next_parameter_only() {
        for (url, shown) in [
            ("http://cam/?pwd=a;b=c?d/e#f&x=1", "http://cam/?pwd=(redacted)&x=1"),
            ("http://cam/?user=a;pwd=b", "http://cam/?user=a;pwd=(redacted)"),
            ("http://cam/?x=1?pwd=b", "http://cam/?x=1?pwd=(redacted)"),
            ("http://cam/#token=b", "http://cam/#token=(redacted)"),
            ("http://cam/?pwd=&x=1", "http://cam/?pwd=&x=1"),
            ("http://cam/?pwd", "http://cam/?pwd"),
            ("http://u:p@cam/?pwd=b", "http://u:(redacted)@cam/?pwd=(redacted)"),
            // XiongMai: user and password in the path.
            ("http://cam/user=admin_password=b_channel=1", "http://cam/user=admin_password=(redacted)"),
            ("http://a/?src=http://u:p@cam/&x=1", "http://a/?src=http:(redacted)@cam/&x=1"),
            ("http://v@a/?src=http://u:p@cam/&x=1", "http://v@a/?src=(redacted)&x=1"),
            ("http://a/?src=http%3A%2F%2Fu%3Ap%40cam%2F&x=1", "http://a/?src=(redacted)&x=1"),
            ("cam/?pwd=b", "cam/?pwd=(redacted)"),
            ("http://cam/login?next=%2Fa%3Fuser%3Du%26pwd%3Dhush", "http://cam/login?next=(redacted)"),
            (
                "http://cam/?url=http%253A%252F%252Fc%252F%253Fpwd%253Dhush&x=1",
                "http://cam/?url=(redacted)&x=1",
            ),
            ("http://cam/login?next=%2Fa%3Fuser%3Du", "http://cam/login?next=%2Fa%3Fuser%3Du"),
            ("http://cam/?pwd=a hush", "http://cam/?pwd=(redacted)"),
            ("key=3/frames", "key=3/frames"),
        ] {
            assert_eq!(redacted(url), shown);
        }
        for (line, shown) in [
            ("Cannot GET /x?user=a&pwd=b here", "Cannot GET /x?user=a&pwd=(redacted) here"),
            ("No path", "No path"),
        ] {
            assert_eq!(without_parameters(line), shown);
        }
    }
}
