//! What is wrong with the scheme of a target, and what may be meant.

use std::net::Ipv4Addr;
use std::path::Path;

use mjpeg::check::nearest_word;
use mjpeg::http::decimal;

use crate::redacted::shown_path;

/// Why a URL with this scheme is refused.
pub fn unsupported(scheme: &str) -> String {
    match nearest_word(scheme, &["http", "https"]) {
        Some(near) => format!("the scheme {scheme}:// is not supported; did you mean {near}://?"),
        None => format!("the scheme {scheme}:// is not supported; http:// and https:// are"),
    }
}

/// Why a text is neither a URL nor the name of a file: it begins like a URL, but with a part of `://` only.
pub fn misspelt(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let scheme = ["https", "http"].into_iter().find(|scheme| {
        lower.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(':') || rest.starts_with("//"))
    })?;
    Some(format!("a URL starts with {scheme}://; write ./ before the name of a file"))
}

/// Why a text that has to be a URL is none.
pub fn missing(text: &str) -> String {
    misspelt(text).unwrap_or_else(|| {
        let instead = url_of(Path::new(text)).map(|url| format!("; did you mean {url}?"));
        format!("it does not start with http:// or https://{}", instead.unwrap_or_default())
    })
}

/// What to write instead of a missing file that looks like a URL without its scheme, or like the test pattern.
pub fn hint(path: &Path) -> Option<String> {
    let word = path.to_str().and_then(|text| text.split_once(':')).map(|(word, _)| word);
    let is_near = word.and_then(|word| nearest_word(word, &["test"])).is_some_and(|_| word != Some("t"));
    if is_near || path.as_os_str() == "test" {
        return Some("the test pattern is test: or test:640x480".into());
    }
    if word == Some("unix") {
        return Some("a server on a Unix socket: --unix-socket PATH http://localhost/stream".into());
    }
    let of_port = path.to_str().and_then(|text| {
        let port = text.strip_prefix(':').unwrap_or(text);
        decimal::<u16>(port)
            .map(|port| format!("a server on a port of this machine: http://127.0.0.1:{port}/"))
    });
    of_port.or_else(|| url_of(path).map(|url| format!("if it is a URL, write {url}")))
}

/// The URL that a path is without its scheme. It shows no password.
pub fn url_of(path: &Path) -> Option<String> {
    looks_like_a_host(path).then(|| format!("http://{}", shown_path(path)))
}

/// `camera.local/stream`, `10.0.0.7`, `cam:8080/video`, but not `frames/1.jpg`.
fn looks_like_a_host(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return false };
    let authority = text.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    let has_port = port.is_some_and(|port| decimal::<u16>(port).is_some());
    let is_address = name.parse::<Ipv4Addr>().is_ok();
    let has_dot = name.trim_matches('.').contains('.') && text.contains(['/', '?']);
    // `cam/stream`, unless there is a directory of that name.
    let is_bare = port.is_none() && text.contains('/') && !text.ends_with('/') && path.extension().is_none();
    let may_be_host = is_bare && !Path::new(name).exists();
    is_name && (has_port || is_address || name == "localhost" || has_dot || may_be_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_recognised() {
        for (path, is_host) in [
            ("camera.local/stream", true),
            ("10.0.0.7", true),
            ("cam:8080/video", true),
            ("u:p@cam:81/", true),
            ("localhost", true),
            ("cam/stream", true),
            ("cam/video/1", true),
            ("src/nothing", false),
            ("frames/1.jpg", false),
            ("frames/", false),
            ("capture.http", false),
            ("../a.b/c", false),
            ("./x", false),
            ("", false),
        ] {
            assert_eq!(looks_like_a_host(Path::new(path)), is_host, "{path}");
        }
    }

    #[test]
    fn a_mistyped_scheme_has_a_suggestion() {
        for (scheme, meant) in
            [("htp", "http://?"), ("htpps", "https://?"), ("HTTPX", "http://?"), ("ttp", "http://?")]
        {
            assert!(unsupported(scheme).contains(meant), "{}", unsupported(scheme));
        }
        for scheme in ["rtsp", "ftp", "file", "ws"] {
            assert!(!unsupported(scheme).contains("did you mean"), "{scheme}");
        }
        for (text, scheme) in [("http:/cam/", "http"), ("HTTPS:cam", "https"), ("https//cam/", "https")] {
            assert!(misspelt(text).is_some_and(|why| why.contains(&format!("{scheme}://"))), "{text}");
        }
        for text in ["httpd/frames", "https", "./http:x", "frames"] {
            assert_eq!(misspelt(text), None, "{text}");
        }
        for pattern in ["tset:", "test"] {
            assert!(hint(Path::new(pattern)).is_some_and(|hint| hint.contains("test:640x480")), "{pattern}");
        }
        for port in ["8080", ":8080"] {
            assert!(hint(Path::new(port)).is_some_and(|hint| hint.ends_with("http://127.0.0.1:8080/")));
        }
        for name in ["frames", "99999", "tests"] {
            assert_eq!(hint(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_suggestion_shows_no_password() {
        let why = missing("127.0.0.1:81/a?pwd=hush");
        assert!(why.contains("http://127.0.0.1:81/a") && !why.contains("hush"), "{why}");
    }
}
