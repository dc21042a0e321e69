//! Text of hostile servers: what a terminal acts on, what ends a line and what cannot be seen reaches no output as it is.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use kit::camera::{Camera, part};
use kit::http;
use kit::monitor::{address, end, monitor};
use kit::run::{Server, mjpeg, run};
use tempfile::TempDir;

/// ESC, BEL, NUL, a lone CR, backspace, C1 as UTF-8 and as one byte, half a character, overrides of direction, ends of lines, and
/// what cannot be seen.
const EVIL: &[u8] = b"\x1b[31m\x1b]0;t\x07\0\rx\x08\x7f\xc2\x9b31m\x9b\xff\xc3(\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\xe2\x80\xa9\xc2\x85\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81";

/// Whether a character may reach a terminal or a log.
fn is_harmless(c: char) -> bool {
    let is_seen = !c.is_control()
        && !matches!(c, '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
    is_seen || c == '\n'
}

/// The answer to the request for this path.
fn answer(path: &str) -> Vec<u8> {
    let evil = String::from_utf8_lossy(EVIL).into_owned();
    let jpeg = &kit::contents(&kit::frames())[0];
    let comment =
        [&jpeg[..2], b"\xff\xfe", &(EVIL.len() as u16 + 2).to_be_bytes(), EVIL, &jpeg[2..]].concat();
    let stream = |reason: &[u8], fields: &[u8], boundary: &[u8], of_part: &[u8]| {
        let head = [
            b"HTTP/1.1 200 ",
            reason,
            b"\r\nContent-Type: multipart/x-mixed-replace; boundary=\"",
            boundary,
            b"\"\r\n",
            fields,
            b"Connection: close\r\n\r\n",
        ];
        let part = part(&comment);
        let behind = part.strip_prefix(b"--foo\r\n").unwrap();
        let frame = [b"--", boundary, b"\r\n", of_part, behind].concat();
        [head.concat(), frame.repeat(3)].concat()
    };
    let named = [b"X-", EVIL, b": v\r\nX-V: ", EVIL, b"\r\nServer: ", EVIL, b"\r\n"].concat();
    let stamp = [b"X-Timestamp: ", EVIL, b"\r\nX-", EVIL, b": ", EVIL, b"\r\n"].concat();
    match path {
        "/reason" => stream(EVIL, b"", b"foo", b""),
        "/fields" => stream(b"OK", &named, b"foo", &stamp),
        "/boundary" => stream(b"OK", b"", EVIL, b""),
        "/page" => {
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html{evil}\r\n\r\n<title>{evil}</title>").into()
        }
        "/refusal" => format!("HTTP/1.1 404 {evil}\r\nContent-Type: text/plain\r\n\r\n{evil}").into(),
        "/realm" => {
            format!("HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"{evil}\", nonce=\"{evil}\"\r\n\r\n")
                .into()
        }
        _ => format!("HTTP/1.1 302 Found\r\nLocation: ftp://{evil}/\r\nSet-Cookie: {evil}={evil}\r\n\r\n")
            .into(),
    }
}

/// Answers all requests until the test ends. Returns the start of its URLs.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let (mut request, mut room) = (Vec::new(), [0; 4096]);
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut room) {
                        Ok(n) if n > 0 => request.extend_from_slice(&room[..n]),
                        _ => return,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                // The client may have left.
                let _ = stream.write_all(&answer(request.split(' ').nth(1).unwrap_or_default()));
            });
        }
    });
    url
}

fn check_text(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_harmless(*c)) {
        let start = text[..at].char_indices().rev().nth(40).map_or(0, |(start, _)| start);
        panic!("{what}: {c:?} behind {:?}", &text[start..at]);
    }
}

/// All files that are text.
fn check_files(what: &str, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_files(what, &path);
        } else if path.extension().is_some_and(|it| it == "jsonl" || it == "html" || it == "toml") {
            check_text(&format!("{what}: {}", path.display()), &fs::read(&path).unwrap());
        }
    }
}

#[test]
fn no_output_has_a_character_of_a_server_that_a_terminal_or_a_log_acts_on() {
    let server = server();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let report = folder.path().join("report.html");
    let (out_name, report) = (out.to_str().unwrap(), report.to_str().unwrap());
    let other = kit::repository("fixtures/captures/motion.http");
    let other = other.to_str().unwrap();
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["record", "URL", out_name, "--quiet"],
        vec!["record", "URL", out_name, "--quiet", "--format=json"],
        vec!["inspect", "URL"],
        vec!["inspect", "URL", "--headers"],
        vec!["inspect", "URL", "--hex=64", "--all"],
        vec!["inspect", "URL", "--jpeg"],
        vec!["inspect", "URL", "--format=json"],
        vec!["inspect", "URL", "--dialect-of"],
        vec!["inspect", "URL", "--diff", "URL"],
        vec!["inspect", "URL", "--diff", other],
        vec!["bench", "path", "URL", "--duration=300ms"],
        vec!["bench", "clients", "URL", "-n1", "--duration=300ms"],
        vec!["bench", "slow", "URL", "--duration=300ms"],
        vec!["bench", "chunks", "URL", "--duration=300ms"],
    ];
    for format in ["text", "json", "junit", "github", "nagios", "prometheus", "markdown"] {
        commands.push(vec!["check", "URL", "--format", format, "--report", report]);
    }
    for path in ["/reason", "/fields", "/boundary", "/page", "/refusal", "/realm", "/redirection"] {
        let url = server.replace("http://", "http://user:secret@") + path;
        for command in &commands {
            // Not from the run before.
            let _ = fs::remove_dir_all(&out);
            let words = command.iter().map(|word| if *word == "URL" { &url[..] } else { *word });
            let end = run(&mut mjpeg(words));
            let what = format!("{path}: {command:?}");
            assert!(matches!(end.code(), Some(0..=6)), "{what}: {} {}", end.status, end.err);
            assert!(!end.err.contains("unexpected argument"), "{what}: {}", end.err);
            check_text(&format!("{what}: stdout"), &end.out);
            check_text(&format!("{what}: stderr"), end.err.as_bytes());
            check_files(&what, folder.path());
        }
    }
}

#[test]
fn a_message_has_an_end_however_much_a_server_says() {
    let answer = format!("HTTP/1.1 404 {}\r\n\r\n", "no ".repeat(20_000));
    for command in ["check", "record", "inspect"] {
        let camera = Camera::sending(&answer, Vec::new());
        let end = run(mjpeg([command, &camera.url]).args((command == "record").then_some("-"))).expect(3);
        assert!(end.err.contains("HTTP status 404 no no ") && end.err.contains("...\n"), "{}", end.err);
        let longest = end.err.lines().map(str::len).max();
        assert!(longest < Some(2100), "{command}: {longest:?}");
    }
    // Also in a hint.
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: /{}\r\n\r\n", "x".repeat(60_000));
    let camera = Camera::sending(&answer, Vec::new());
    let end =
        run(&mut mjpeg(["bench", "clients", &camera.url, "-n1", "--duration=300ms", "--quiet"])).expect(3);
    assert!(end.err.contains("hint: give the URL that it leads to: /xxx"), "{}", end.err);
    let longest = end.err.lines().map(str::len).max();
    assert!(longest < Some(2100), "{longest:?}");
}

#[test]
fn no_output_of_a_relay_has_such_a_character() {
    let server = server();
    for path in ["reason", "fields", "boundary", "page", "refusal", "realm", "redirection"] {
        let url = format!("{server}/{path}");
        let relay =
            Server::start(url.as_ref(), &["--upstream=always", "--no-probe", "--silence=500ms", "--verbose"]);
        // The servers end their streams, or have none.
        relay.run.says(&server);
        for page in ["/state", "/metrics", "/healthz", "/snapshot", "/"] {
            let (head, body) = http::get(relay.address(), page);
            check_text(&format!("{path}: {page}"), head.replace("\r\n", "\n").as_bytes());
            // Pictures are as received.
            if !head.contains("Content-Type: image/") {
                check_text(&format!("{path}: {page}"), &body);
            }
        }
        check_text(path, relay.run.err().as_bytes());
    }
}

#[test]
fn no_output_of_a_monitor_has_such_a_character() {
    let server = server();
    let paths = ["reason", "fields", "boundary", "page", "refusal", "realm", "redirection"];
    let urls: Vec<String> = paths.iter().map(|path| format!("{server}/{path}")).collect();
    let mut args = vec!["--listen=0", "--window=300ms"];
    args.extend(urls.iter().map(String::as_str));
    let monitor = monitor(&args);
    let address = address(&monitor);
    for _ in paths {
        let line = monitor.line();
        assert!(line.starts_with("{\"schema\":\"mjpeg.monitor/1\""), "{line}");
        check_text("stdout", line.as_bytes());
    }
    for path in ["/", "/state", "/metrics", "/probe?target="] {
        let path = if path.ends_with('=') { format!("{path}{server}/page") } else { path.into() };
        check_text(&path, &http::get(&address, &path).1);
    }
    check_text("stderr", monitor.err().as_bytes());
    end(monitor);
}
