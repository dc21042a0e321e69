//! `mjpeg monitor` against clients, lists and cameras that misbehave.

use crate::kit;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD, part};
use kit::http;
use kit::monitor::{address, change, end, monitor};
use kit::mount::Mount;
use kit::run::{Server, mjpeg, run, start_with_input};
use tempfile::TempDir;

#[test]
fn clients_that_keep_their_places_do_not_keep_a_scrape_out() {
    let monitor = monitor(&["--listen=0"]);
    let address = address(&monitor);
    // As many that send half a request as ones that take no answer: of each more than twice the places there are.
    let slow: Vec<TcpStream> = (0..300)
        .map(|n| {
            let mut client = TcpStream::connect(&address).unwrap();
            let request = if n % 2 == 0 { "GET /state HT" } else { "GET /state HTTP/1.1\r\nHost: x\r\n\r\n" };
            client.write_all(request.as_bytes()).unwrap();
            client
        })
        .collect();
    let start = Instant::now();
    for _ in 0..20 {
        let (head, body) = http::get(&address, "/metrics");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(String::from_utf8(body).unwrap().contains("mjpeg_monitor_probes_total"));
    }
    // Less than the deadline of a head: no place had to become free by itself.
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    drop(slow);
    end(monitor);
}

#[test]
fn pages_of_others_cannot_start_probes_whatever_their_browser_says() {
    let monitor = monitor(&["--listen=0"]);
    let address = address(&monitor);
    let ask = |path: &str, fields: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{fields}\r\n");
        String::from_utf8(http::exchange(&address, request.as_bytes())).unwrap()[9..12].to_string()
    };
    // A target that is refused before anything is sent: 400 shows that the request itself was allowed.
    let probe = "/probe?target=file:///x";
    for (fields, expected) in [
        ("", "400"),
        ("Sec-Fetch-Site: none\r\n", "400"),
        ("Sec-Fetch-Site: same-origin\r\n", "400"),
        (&format!("Origin: http://{address}\r\n"), "400"),
        (&format!("Referer: http://{address}/\r\n"), "400"),
        ("Sec-Fetch-Site: cross-site\r\n", "403"),
        ("Sec-Fetch-Site: same-site\r\n", "403"),
        ("Sec-Fetch-Site: later\r\n", "403"),
        ("Origin: http://evil.example\r\n", "403"),
        ("Origin: http://127.0.0.1:1\r\n", "403"),
        ("Origin: null\r\n", "403"),
        ("Referer: http://evil.example/page\r\n", "403"),
        (&format!("Referer: http://{address}@evil.example/\r\n"), "403"),
    ] {
        assert_eq!(ask(probe, fields), expected, "{fields}");
    }
    // DNS rebinding: the name is another one, and the page is that of this name.
    let request =
        "GET /probe?target=file:///x HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n\r\n";
    assert!(http::exchange(&address, request.as_bytes()).starts_with(b"HTTP/1.1 421"));
    // A link to the page of states from elsewhere is no attack.
    assert_eq!(ask("/", "Sec-Fetch-Site: cross-site\r\n"), "200");
    end(monitor);
}

#[test]
fn hostile_requests_are_answered_and_the_watch_goes_on() {
    let monitor = monitor(&["--listen=0"]);
    let address = address(&monitor);
    let long = format!("GET /probe?target=http://{}/ HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(5000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X-A: b\r\n".repeat(500));
    for (request, statuses) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &["400", "405", "505"][..]),
        ("\0\u{1}\u{2}\u{3}\r\n\r\n", &["400"]),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000000\r\n\r\n", &["200", "400", "413"]),
        ("GET /%00%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: x\r\n\r\n", &["404", "400"]),
        ("GET /probe?target=%0d%0aX-Evil:1 HTTP/1.1\r\nHost: x\r\n\r\n", &["400"]),
        ("GET /probe?target=http://%00/ HTTP/1.1\r\nHost: x\r\n\r\n", &["400", "200"]),
        ("GET /probe?target=http://u:hush@/ HTTP/1.1\r\nHost: x\r\n\r\n", &["400", "200"]),
        ("GET /probe?target=gopher://x/ HTTP/1.1\r\nHost: x\r\n\r\n", &["400"]),
        ("GET /probe?target=http://127.0.0.1:1/&module=../../x HTTP/1.1\r\nHost: x\r\n\r\n", &["400"]),
        ("POST /probe HTTP/1.1\r\nHost: x\r\n\r\n", &["405"]),
        (&long, &["400", "414", "431", "200"]),
        (&many, &["200", "431"]),
    ] {
        let answer = http::exchange(&address, request.as_bytes());
        let text = String::from_utf8_lossy(&answer);
        assert!(statuses.iter().any(|it| text[9..].starts_with(it)), "{request:?}: {text}");
        assert!(
            !text.contains("X-Evil") || !text.split("\r\n\r\n").next().unwrap().contains("\nX-Evil"),
            "{text}"
        );
        assert!(!text.contains("hush"), "{text}");
    }
    assert!(http::get(&address, "/healthz").0.starts_with("HTTP/1.1 200"));
    end(monitor);
}

#[test]
fn a_camera_cannot_stop_the_command_for_its_fault_by_a_long_text() {
    let folder = TempDir::new().unwrap();
    let told = folder.path().join("told");
    let script = r#"printf "%s %s %s\n" "$MJPEG_TO" "$MJPEG_MESSAGE" "$MJPEG_JSON" > "$0""#;
    let command = format!("sh -c '{script}' {}", told.display());
    // Each of these is six characters in JSON.
    let answer = format!("HTTP/1.1 404 {}\r\n\r\n", "\x1b".repeat(60_000));
    let camera = Camera::visits(1, move |_, _, connection| connection.send(answer.as_bytes()));
    let monitor = monitor(&[&camera.url, "--window=300ms", "--on-change", &command]);
    assert_eq!(change(&monitor)["to"], "bad");
    let text =
        kit::eventually("the command", || fs::read_to_string(&told).ok().filter(|it| it.ends_with("}\n")));
    assert!(text.starts_with("bad http://") && text.contains("HTTP status 404 \\x1b"), "{text}");
    end(monitor);
}

#[test]
fn a_camera_that_is_removed_loses_its_connection_at_once() {
    // It sends one part and then nothing: `--idle` would keep the connection for a minute.
    let jpeg = fs::read(kit::repository("fixtures/frames/frame-000001.jpg")).unwrap();
    let (left, has_left) = channel();
    let silent = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        connection.send(&part(&jpeg));
        connection.wait_for_the_viewer_to_leave();
        left.send(()).unwrap();
    });
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("cameras.txt");
    fs::write(&list, format!("silent {}\nother {}\n", silent.url, server.stream)).unwrap();
    let monitor = monitor(&["--targets", list.to_str().unwrap(), "--idle=60s", "--window=300ms"]);
    let mut names: Vec<_> = (0..2).map(|_| change(&monitor)["name"].as_str().unwrap().to_string()).collect();
    names.sort();
    assert_eq!(names, ["other", "silent"]);
    fs::write(&list, format!("other {}\n", server.stream)).unwrap();
    monitor.signal("HUP");
    monitor.says("read again: 0 new, 1 left");
    has_left.recv_timeout(Duration::from_secs(5)).expect("the connection stays");
    end(monitor);
}

#[test]
fn a_list_that_does_not_answer_stops_neither_the_watch_nor_the_end() {
    let server = Server::start(&kit::frames(), &["--fps", "20", "--fault", "cut-picture@60"]);
    let Some(mount) = Mount::new() else { return };
    fs::write(mount.below().join("cameras.txt"), format!("front {}\n", server.stream)).unwrap();
    let list = mount.path().join("cameras.txt");
    let monitor = monitor(&["--targets", list.to_str().unwrap(), "--window=300ms", "--listen=0"]);
    assert_eq!(change(&monitor)["to"], "good");
    mount.signal("STOP");
    monitor.signal("HUP");
    monitor.signal("HUP");
    monitor.says("the targets are still being read");
    // A change is still said.
    assert_eq!(change(&monitor)["to"], "bad");
    assert!(http::get(&address(&monitor), "/healthz").0.starts_with("HTTP/1.1 200"));
    end(monitor);
}

#[test]
fn patterns_of_targets_that_cannot_be_meant_are_refused() {
    for (pattern, hint) in [
        ("10.1.*", "10.1.0.0/16"),
        ("10.0.0.0/0", "0.0.0.0/0"),
        ("10.1.2.3/16", "10.1.0.0/16"),
        ("*cams.example", "*.cams.example"),
        (".cams.example", "*.cams.example"),
        ("cam:0", "not a port"),
        ("*.*", "all hosts are `*`"),
    ] {
        let end = run(&mut mjpeg(["monitor", "--listen", "0", "--allow-target", pattern])).expect(2);
        assert!(end.err.contains(hint), "{pattern}: {}", end.err);
    }
}

/// The memory of a process: that of its own (anonymous), and all that is resident, in bytes.
fn memory(pid: u32) -> (u64, u64) {
    let of = |name: &str| kit::process::number(pid, name).unwrap() * 1024;
    (of("RssAnon"), of("VmRSS"))
}

/// A monitor of so many cameras of a farm: `(anonymous, resident)` memory when all have a verdict, and after some more windows.
fn watched(count: usize, windows: u64) -> [(u64, u64); 2] {
    let folder = TempDir::new().unwrap();
    let frames = kit::frames();
    // Pictures of 10 kB, and of 25 and 50 kB.
    let farm: String = (0..4)
        .map(|kind| {
            let (first, last) = (count * kind / 4 + 1, count * (kind + 1) / 4);
            let (source, fps) = match kind {
                0 => ("test:640x480".into(), 5),
                1 => ("test:1024x768".into(), 5),
                2 => (frames.display().to_string(), 15),
                _ => (frames.display().to_string(), 5),
            };
            let name = format!("cam[{first:03}-{last:03}]");
            match first > last {
                true => String::new(),
                false => format!("[[camera]]\nname = '{name}'\nsource = '{source}'\nfps = {fps}\n"),
            }
        })
        .collect();
    let (file, list) = (folder.path().join("farm.toml"), folder.path().join("cameras.txt"));
    fs::write(&file, farm).unwrap();
    let farm = start_with_input(
        mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]).arg(&file).stdin(Stdio::null()),
    );
    let url = farm.line();
    let base = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_string();
    fs::write(&list, http::get(&base, "/targets").1).unwrap();
    let monitor = monitor(&["--targets", list.to_str().unwrap(), "--window=2s", "--quiet", "--listen=0"]);
    (0..count).for_each(|_| assert_eq!(change(&monitor)["to"], "good"));
    let address = address(&monitor);
    let judged = || {
        let text = String::from_utf8(http::get(&address, "/metrics").1).unwrap();
        let of_first = "mjpeg_monitor_windows_total{name=\"cam001\",verdict=\"pass\"} ";
        text.lines().find_map(|line| line.strip_prefix(of_first)?.parse::<u64>().ok()).unwrap_or_default()
    };
    // The first answers need memory for their text, in each of the heaps that threads share; later ones have it.
    for _ in 0..40 {
        judged();
    }
    let first = memory(monitor.pid());
    kit::eventually("some windows", || (judged() >= windows).then_some(()));
    let last = memory(monitor.pid());
    end(monitor);
    farm.says("listed at");
    farm.signal("TERM");
    farm.end().expect(0);
    [first, last]
}

/// `cargo test --release --test cli -- --ignored a_hundred_cameras`.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
#[test]
#[ignore = "takes a minute and both cores; figures are those of a release build"]
fn a_hundred_cameras_need_less_than_twenty_megabytes() {
    let [one, _] = watched(1, 3);
    let [first, last] = watched(100, 8);
    println!("one: {one:?}; a hundred: {first:?}, {last:?} (anonymous, resident)");
    assert!(last.1 <= 20_000_000, "resident: {last:?}");
    assert!((last.0 - one.0) / 99 <= 130_000, "for each camera: {last:?} {one:?}");
    // It does not grow from window to window.
    assert!(last.0 <= first.0 + first.0 / 10, "{first:?} {last:?}");
}
