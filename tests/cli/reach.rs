//! How a URL is reached: fields, redirections, Unix sockets, waiting, and the errors of all of them.

use crate::kit;

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::{Duration, Instant};

use kit::camera::{Camera, Connection, HEAD, part};
use kit::run::{End, Server, mjpeg, run, start};

/// Checks `target` for a short time.
pub fn check(target: &str, args: &[&str]) -> End {
    run(mjpeg(["check", target, "--frames", "3", "--quiet"]).args(args))
}

/// Sends a whole stream.
pub fn stream(camera: &mut Connection) {
    camera.send(HEAD.as_bytes());
    kit::contents(&kit::frames())[..3].iter().for_each(|jpeg| camera.send(&part(jpeg)));
}

#[test]
fn fields_are_in_title_case_and_own_ones_replace_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fields");
    fs::write(&file, "X-Key: k1\n\nCookie: a=b\n").unwrap();
    let camera = Camera::asked(|request, camera| {
        for line in ["Host: 127.0.0.1:", "Accept: */*\r\n", "Connection: close\r\n"] {
            assert!(request.contains(&format!("\r\n{line}")), "{line} {request}");
        }
        for line in ["Authorization: Bearer t0ken", "user-agent: VLC", "X-Key: k1", "Cookie: a=b"] {
            assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} {request}");
        }
        assert!(
            !request.contains("User-Agent") && request.starts_with("GET /stream HTTP/1.1\r\nHost"),
            "{request}"
        );
        stream(camera);
    });
    let from_file = format!("@{}", file.display());
    let args =
        ["--header", "Authorization: Bearer t0ken", "--header", "user-agent: VLC", "--header", &from_file];
    let end = check(&camera.url, &args).expect(0);
    assert!(!end.text().contains("t0ken") && !end.err.contains("t0ken"));
}

#[test]
fn what_is_done_already_is_no_hint_and_times_are_rounded() {
    const BUSY: &[u8] = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    let busy = |count| Camera::visits(count, |_, _, camera| camera.send(BUSY));
    let camera = busy(1);
    assert!(check(&camera.url, &[]).expect(3).err.contains("hint: --wait 1m"));
    let camera = busy(1);
    let end = check(&camera.url, &["--wait", "1ms"]).expect(3);
    assert!(end.err.contains("503 Busy") && !end.err.contains("hint"), "{}", end.err);
    let camera = busy(2);
    let folder = tempfile::tempdir().unwrap();
    let args = ["--reconnect", "1", "--reconnect-delay", "1ms", "--concat"];
    let end = run(mjpeg(["record", &camera.url]).args(args).arg(folder.path().join("x"))).expect(3);
    assert!(end.err.contains("503 Busy") && !end.err.contains("--wait"), "{}", end.err);
    // The rest of a time limit is a measured time.
    let silent = Camera::start(Connection::wait_for_the_viewer_to_leave);
    let end = run(&mut mjpeg(["check", &silent.url, "--duration", "700ms"])).expect(5);
    assert!(end.err.contains("no response head within ") && !end.err.contains("us"), "{}", end.err);
}

/// A name server that answers nothing. The C library waits for it for 30 s here.
#[test]
fn the_time_limit_of_a_connection_is_that_of_its_name_too() {
    let address = format!("127.53.{}.{}", std::process::id() / 250 % 250, std::process::id() % 250 + 1);
    let Ok(server) = UdpSocket::bind((address.as_str(), 53)) else {
        return skip("it may not listen on port 53");
    };
    if run(Command::new("unshare").args(["-rm", "true"])).code() != Some(0) {
        return skip("it may not mount");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("resolv.conf");
    fs::write(&file, format!("nameserver {address}\noptions timeout:30 attempts:1\n")).unwrap();
    let mounted = format!("mount --bind {} /etc/resolv.conf && exec \"$@\"", file.display());
    server.set_read_timeout(Some(kit::PATIENCE)).unwrap();
    for (command, args) in [
        ("check", &["--connect-timeout", "1s"][..]),
        ("inspect", &["--idle", "1s"]),
        (
            "record",
            &["--mkv", "x.mkv", "--connect-timeout", "1s", "--reconnect", "1", "--reconnect-delay", "1ms"],
        ),
        ("serve", &["--listen", "127.0.0.1:0", "--connect-timeout", "1s"]),
    ] {
        let begin = Instant::now();
        let mut shell = Command::new("unshare");
        shell.args(["-rm", "sh", "-c", &mounted, "sh", env!("CARGO_BIN_EXE_mjpeg"), command]);
        let end = run(shell.arg("http://camera.example/").args(args).current_dir(folder.path())).expect(3);
        assert!(end.err.contains("http://camera.example/: no address within 1s"), "{}", end.err);
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
        // It was asked.
        assert!(server.recv(&mut [0; 512]).unwrap() > 12);
    }
}

#[expect(clippy::print_stderr, reason = "a test that checks nothing must say so")]
fn skip(why: &str) {
    eprintln!("{why}: this test checks nothing");
}

#[test]
fn a_url_without_a_scheme_is_named_as_one() {
    let end = check("camera.local:8080/stream", &[]).expect(6);
    assert!(end.err.contains("hint: if it is a URL, write http://camera.local:8080/stream"), "{}", end.err);
    // There is a directory of that name.
    for path in ["src/here", "nothing/here.jpg"] {
        assert!(!check(path, &[]).expect(6).err.contains("hint"), "{path}");
    }
}

#[test]
fn files_of_options_that_cannot_be_read_are_a_local_failure() {
    for option in ["--password-file", "--netrc-file"] {
        let end = check("http://127.0.0.1:9/", &[option, "/nowhere/file"]).expect(6);
        assert!(end.err.contains(option) && end.err.contains("/nowhere/file"), "{}", end.err);
    }
    let end = check("http://127.0.0.1:9/", &["--header", "@/nowhere/file"]).expect(6);
    assert!(end.err.contains("--header @/nowhere/file"), "{}", end.err);
    let end = check("https://127.0.0.1:9/", &["--cacert", "/nowhere/file"]).expect(6);
    assert!(end.err.contains("/nowhere/file"), "{}", end.err);
}

#[test]
fn redirections_are_resolved_like_in_a_browser_and_keep_cookies() {
    let camera = Camera::visits(4, |number, request, camera| {
        let line = request.lines().next().unwrap();
        let (expected, answer) = match number {
            1 => ("GET /stream HTTP/1.1", "Location: a/b/c?x=1\r\nSet-Cookie: id=7; Path=/\r\n"),
            2 => ("GET /a/b/c?x=1 HTTP/1.1", "Location: ?y=2\r\n"),
            3 => ("GET /a/b/c?y=2 HTTP/1.1", "Location: ../d\r\nSet-Cookie: other=8; Path=/elsewhere\r\n"),
            _ => ("GET /a/d HTTP/1.1", ""),
        };
        assert_eq!(line, expected);
        assert_eq!(request.contains("\r\nCookie: id=7\r\n"), number > 1, "{request}");
        match answer {
            "" => stream(camera),
            fields => {
                camera.send(format!("HTTP/1.1 302 Found\r\n{fields}Content-Length: 0\r\n\r\n").as_bytes());
            }
        }
    });
    check(&camera.url, &[]).expect(0);
}

#[test]
fn each_redirection_has_the_whole_time_for_its_answer() {
    let camera = Camera::visits(4, |number, _, camera| {
        // Each answer takes a part of the limit, all together take more: time is the input of this test.
        std::thread::sleep(Duration::from_millis(500));
        if number == 4 {
            stream(camera);
        } else {
            camera.send(b"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n");
        }
    });
    check(&camera.url, &["--idle", "1300ms"]).expect(0);
}

#[test]
fn a_refusal_shows_status_type_and_first_line() {
    for (answer, expected, hint) in [
        (
            "404 Not Found\r\nContent-Type: text/html\r\n\r\n<html><title>No such camera</title>",
            "HTTP status 404 Not Found (text/html: \"No such camera\")",
            "common paths",
        ),
        (
            "403 Forbidden\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n\r\ntoo many\r\n0\r\n\r\n",
            "HTTP status 403 Forbidden (text/plain: \"too man\")",
            "refuses",
        ),
        ("401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n", "HTTP status 401 No", "--user USER:PASSWORD"),
        ("500 Oops\r\nContent-Type: image/jpeg\r\n\r\nabc", "HTTP status 500 Oops (image/jpeg)", "--wait"),
        ("503 Busy\r\nRetry-After: 20\r\n\r\n", "HTTP status 503 Busy", "again in 20 s"),
        (
            "403 No\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n\x1b[2J",
            "403 No (text/plain: \"\\x1b[2J\")",
            "refuses",
        ),
    ] {
        let head = format!("HTTP/1.1 {answer}");
        let camera = Camera::sending(&head, Vec::new());
        let end = check(&camera.url, &[]).expect(3);
        assert!(end.err.contains(expected), "{expected}\n{}", end.err);
        assert!(end.err.contains("hint: ") && end.err.contains(hint), "{hint}\n{}", end.err);
    }
}

#[test]
fn redirections_end_after_ten() {
    let camera = Camera::visits(11, |number, _, camera| {
        camera.send(
            format!("HTTP/1.1 302 Found\r\nLocation: /{number}\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        );
    });
    let end = check(&camera.url, &[]).expect(3);
    assert!(end.err.contains("more than 10 redirections"), "{}", end.err);
}

#[test]
fn a_page_that_does_not_end_does_not_hold_the_message_up() {
    let camera = Camera::start(|camera| {
        camera.send(b"HTTP/1.1 404 No\r\nContent-Type: text/plain\r\nContent-Length: 999\r\n\r\nnot here\n");
        camera.wait_for_the_viewer_to_leave();
    });
    let began = Instant::now();
    let end = check(&camera.url, &["--idle", "60s"]).expect(3);
    assert!(end.err.contains("\"not here\""), "{}", end.err);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn wait_tries_again_until_a_rebooting_camera_answers() {
    let camera = Camera::visits(3, |number, _, camera| match number {
        // The connection is closed without an answer.
        1 => {}
        2 => camera.send(b"HTTP/1.1 503 Starting\r\nRetry-After: 1\r\n\r\n"),
        _ => stream(camera),
    });
    let begin = Instant::now();
    check(&camera.url, &["--wait", "30s"]).expect(0);
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[test]
fn a_relay_asks_again_when_the_server_asks_it_to() {
    let (visited, visits) = std::sync::mpsc::channel();
    let camera = Camera::visits(3, move |number, _, camera| {
        visited.send(Instant::now()).unwrap();
        if number == 2 {
            camera.send(b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
        } else {
            stream(camera);
        }
    });
    let relay = Server::start(camera.url.as_ref(), &["--upstream", "always"]);
    let times: Vec<Instant> = (0..3).map(|_| visits.recv_timeout(kit::PATIENCE).unwrap()).collect();
    // Without the field, the second pause is 0.5 s.
    assert!(times[2] - times[1] >= Duration::from_secs(3), "{times:?}");
    assert!(relay.run.err().contains("503 Busy"), "{}", relay.run.err());
}

#[test]
fn wait_gives_up_after_its_time_and_at_once_on_errors_that_stay() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let begin = Instant::now();
    let end = check(&format!("http://{address}/"), &["--wait", "800ms"]).expect(3);
    assert!(end.err.contains("connection refused"), "{}", end.err);
    // A pause varies by a quarter; one that would end behind the limit is not begun.
    assert!(begin.elapsed() >= Duration::from_millis(350), "{:?}", begin.elapsed());
    let camera = Camera::sending("HTTP/1.1 404 Not Found\r\n\r\n", Vec::new());
    check(&camera.url, &["--wait", "1h"]).expect(3);
}

#[test]
fn a_signal_ends_the_wait() {
    let (visited, is_visited) = std::sync::mpsc::channel();
    let camera = Camera::visits(1, move |_, _, camera| {
        camera.send(b"HTTP/1.1 503 Starting\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n");
        visited.send(()).unwrap();
    });
    let waiting = start(&mut mjpeg(["record", &camera.url, "-", "--frames", "1", "--wait", "1h"]));
    is_visited.recv_timeout(kit::PATIENCE).unwrap();
    waiting.signal("TERM");
    let end = waiting.end();
    assert_eq!(end.status.signal(), Some(15), "{} {}", end.status, end.err);
}

#[test]
fn an_address_that_does_not_answer_ends_with_the_connect_timeout() {
    // The queue of this listener is full: connections are not answered.
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut queued = Vec::new();
    while let Ok(connection) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queued.push(connection);
        assert!(queued.len() < 16, "the queue does not fill up");
    }
    let begin = Instant::now();
    let end =
        check(&format!("http://{address}/"), &["--connect-timeout", "300ms", "--idle", "25s"]).expect(3);
    assert!(end.err.contains("no connection within 300ms"), "{}", end.err);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn a_unix_socket_replaces_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let serve = start(mjpeg(["serve", "--fps", "50", "--unix"]).arg(&path).arg(kit::frames()));
    serve.line();
    let socket = path.to_str().unwrap();
    check("http://localhost/stream", &["--unix-socket", socket]).expect(0);
    let end = check("http://localhost/stream", &["--unix-socket", "/nowhere/socket"]).expect(3);
    assert!(end.err.contains("No such file"), "{}", end.err);
    // A relay has the same options.
    let mut relay =
        mjpeg(["serve", "http://localhost/stream", "--listen", "127.0.0.1:0", "--unix-socket", socket]);
    let relay = start(&mut relay);
    check(&relay.line(), &[]).expect(0);
}

#[test]
fn an_ipv6_address_is_reached_with_and_without_a_zone() {
    let Ok(probe) = TcpListener::bind("[::1]:0") else { return };
    drop(probe);
    let serve = start(mjpeg(["serve", "--fps", "50", "--listen", "[::1]:0"]).arg(kit::frames()));
    let url = serve.line();
    assert!(url.starts_with("http://[::1]:"), "{url}");
    check(&url, &[]).expect(0);
    // Interface 1 is the loopback. It has no link-local address, but a zone by number is accepted.
    check(&url.replace("[::1]", "[::1%251]"), &[]).expect(0);
    // A name with several addresses, of which only one answers.
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    check(&server.stream.replace("127.0.0.1", "localhost"), &[]).expect(0);
}
