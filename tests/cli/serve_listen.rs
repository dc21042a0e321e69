//! `mjpeg serve`: listeners, access control and status pages.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};

use kit::http::{self, Client};
use kit::peer;
use kit::run::{Server, mjpeg, run, start};

fn serve(args: &[&str]) -> Server {
    Server::start(&kit::frames(), args)
}

#[test]
fn a_unix_socket_serves_and_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("serve.sock");
    let mut command = mjpeg(["serve", "--unix"]);
    let server = start(command.arg(&path).arg(kit::frames()));
    assert_eq!(server.line(), format!("unix:{}", path.display()));
    let mut socket = UnixStream::connect(&path).unwrap();
    socket.write_all(b"GET /snapshot HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert_eq!(http::split(&answer).1, kit::contents(&kit::frames())[0]);
    server.signal("TERM");
    server.end().expect(0);
    assert!(!path.exists());
}

#[test]
fn a_stopping_server_leaves_what_another_program_has_put_at_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("serve.sock");
    for with_socket in [true, false] {
        let mut command = mjpeg(["serve", "--unix"]);
        let server = start(command.arg(&path).arg(kit::frames()));
        server.line();
        fs::remove_file(&path).unwrap();
        let other = with_socket.then(|| UnixListener::bind(&path).unwrap());
        if other.is_none() {
            fs::write(&path, "notes").unwrap();
        }
        server.signal("TERM");
        server.end().expect(0);
        assert!(path.exists(), "socket: {with_socket}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_port_alone_is_on_loopback() {
    for listen in ["0", ":0"] {
        let server = start(mjpeg(["serve", "--listen", listen]).arg(kit::frames()));
        let url = server.line();
        let port: u16 =
            url.strip_prefix("http://127.0.0.1:").unwrap().strip_suffix("/stream").unwrap().parse().unwrap();
        let file = fs::read_to_string(format!("/proc/{}/net/tcp", server.pid())).unwrap();
        assert!(file.contains(&format!(" 0100007F:{port:04X} 00000000:0000 0A ")), "{file}");
    }
    for listen in
        ["99999", ":99999", "127.0.0.1:65536", "256.0.0.1:1", "[::g]:1", "::1:80", "a b:1", "", "-1"]
    {
        let end = run(mjpeg(["serve", &format!("--listen={listen}")]).arg(kit::frames())).expect(2);
        assert!(end.err.contains("--listen"), "{}", end.err);
    }
}

#[test]
fn a_public_listener_prints_one_url_and_reports_the_other_addresses() {
    // No packet is sent: the system only selects the address that it would send from.
    let own_address = |local: &str, remote: &str| {
        let socket = UdpSocket::bind(local).ok()?;
        socket.connect(remote).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let (v4, v6) = (own_address("0.0.0.0:0", "192.0.2.1:9"), own_address("[::]:0", "[2001:db8::1]:9"));
    for (listen, loopback, own) in [("0.0.0.0:0", "127.0.0.1", [v4, None]), ("[::]:0", "[::1]", [v4, v6])] {
        let server = start(mjpeg(["serve", "--auth", "a:b", "--listen", listen]).arg(kit::frames()));
        let url = server.line();
        let port = url.strip_prefix(&format!("http://{loopback}:")).unwrap().strip_suffix("/stream").unwrap();
        let port: u16 = port.parse().unwrap();
        for address in own.into_iter().flatten().filter(|ip| !ip.is_loopback()) {
            server.says(&format!("also at http://{}/stream\n", SocketAddr::new(address, port)));
        }
        server.signal("TERM");
        let end = server.end().expect(0);
        assert_eq!(end.text().lines().count(), 1, "{}", end.text());
        assert!(!end.err.contains(&format!("also at http://{loopback}")) && !end.err.contains("[fe80"));
    }
}

#[test]
fn later_minor_versions_of_http_1_get_an_answer() {
    let server = serve(&[]);
    let status = |version: &str| {
        let request = format!("GET /snapshot {version}\r\nHost: localhost\r\n\r\n");
        http::split(&http::exchange(server.address(), request.as_bytes())).0[..12].to_string()
    };
    for (version, expected) in [
        ("HTTP/1.0", "HTTP/1.1 200"),
        ("HTTP/1.2", "HTTP/1.1 200"),
        ("HTTP/1.9", "HTTP/1.1 200"),
        ("HTTP/2.0", "HTTP/1.1 505"),
        ("HTTP/0.9", "HTTP/1.1 505"),
        ("HTTP/1.10", "HTTP/1.1 400"),
        ("HTTQ/1.1", "HTTP/1.1 400"),
    ] {
        assert_eq!(status(version), expected, "{version}");
    }
}

#[test]
fn the_url_of_an_ipv6_address_has_brackets() {
    let mut command = mjpeg(["serve", "--listen", "[::1]:0"]);
    let server = start(command.arg(kit::frames()));
    let url = server.line();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/stream").unwrap();
    assert!(address.starts_with("[::1]:"), "{url}");
    assert!(http::get(address, "/").0.starts_with("HTTP/1.1 200 "));
}

#[test]
fn an_inherited_socket_is_used() {
    let Some(_) = peer::find("python3") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let inherit = "os.dup2(s.fileno(), 3); os.set_inheritable(3, True)\n\
        os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n\
        os.execv(sys.argv[1], sys.argv[1:])";
    let start_with = |socket: &str| {
        let script = format!("import os, socket, sys\n{socket}\n{inherit}");
        let mut python = peer::command("python3").unwrap();
        start(python.args(["-c", &script, env!("CARGO_BIN_EXE_mjpeg"), "serve"]).arg(kit::frames()))
    };
    let tcp = "s = socket.socket(); s.bind(('127.0.0.1', 0))";
    let server = start_with(&format!("{tcp}; s.listen()"));
    let url = server.line();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/stream").unwrap();
    assert!(Client::watch(address, "/stream").part().is_some());

    let unix = format!("s = socket.socket(socket.AF_UNIX); s.bind('{}'); s.listen()", path.display());
    let server = start_with(&unix);
    assert_eq!(server.line(), format!("unix:{}", path.display()));
    server.signal("TERM");
    server.end().expect(0);
    assert!(path.exists(), "the server must not remove a socket that it did not create");

    let end = start_with(tcp).end().expect(6);
    assert!(end.err.contains("descriptor 3 of LISTEN_FDS: it does not listen"), "{}", end.err);
}

#[test]
fn a_public_listener_without_a_password_causes_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users");
    fs::write(&file, "me:secret\n").unwrap();
    for (args, warned) in [(vec![], true), (vec!["--auth-file", file.to_str().unwrap()], false)] {
        let mut command = mjpeg(["serve", "--listen", "0.0.0.0:0"]);
        let server = start(command.args(args).arg(kit::frames()));
        assert!(server.line().starts_with("http://127.0.0.1:"));
        server.signal("TERM");
        let end = server.end().expect(0);
        assert_eq!(end.err.contains("everyone who can reach this machine"), warned, "{}", end.err);
        assert!(!end.err.contains("secret"));
    }
}

#[test]
fn pages_of_an_allowed_origin_may_read_responses() {
    let server = serve(&["--cors", "https://a.example"]);
    let request = |method: &str, path: &str| {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\n\r\n");
        http::split(&http::exchange(server.address(), request.as_bytes())).0
    };
    for (method, path) in [("GET", "/snapshot"), ("HEAD", "/stream"), ("OPTIONS", "/stream"), ("GET", "/no")]
    {
        let head = request(method, path);
        assert_eq!(http::field(&head, "Access-Control-Allow-Origin"), Some("https://a.example"), "{head}");
        assert_eq!(http::field(&head, "Vary"), Some("Origin"), "{head}");
    }
    assert!(request("OPTIONS", "/stream").contains("Access-Control-Allow-Methods: GET, HEAD, OPTIONS"));
    assert!(!http::get(serve(&[]).address(), "/").0.contains("Access-Control"));
    run(mjpeg(["serve", "--cors", "a\r\nb"]).arg(kit::frames())).expect(2);
}

#[test]
fn requests_for_foreign_host_names_are_refused() {
    let status = |server: &Server, host: &str| {
        let request = format!("GET /snapshot HTTP/1.1\r\nHost: {host}\r\n\r\n");
        http::split(&http::exchange(server.address(), request.as_bytes())).0[9..12].to_string()
    };
    let server = serve(&[]);
    assert_eq!(status(&server, "localhost:1"), "200");
    assert_eq!(status(&server, "rebound.example"), "421");
    let server = serve(&["--allow-host", "cam.example", "--allow-host", "other.example"]);
    for (host, expected) in [("cam.example:80", "200"), ("other.example", "200"), ("rebound.example", "421")]
    {
        assert_eq!(status(&server, host), expected, "{host}");
    }
}

#[test]
fn bytes_from_peers_are_escaped_in_messages() {
    let server = serve(&["--verbose"]);
    for request in ["GET /\x1b]0;title\x07 HTTP/1.1\r\nHost: \x1b[31m\r\n\r\n", "\x1b[2J\r\n\r\n"] {
        http::exchange(server.address(), request.as_bytes());
    }
    // The target of a viewer is in a message. It turns the direction of text.
    drop(Client::watch(server.address(), "/stream?\u{202e}x"));
    server.run.says(r"watches /stream?\u{202e}x");
    let end = server.stop();
    assert!(end.err.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{:?}", end.err);
}

#[test]
fn state_metrics_and_health_agree() {
    let server = serve(&["--fps", "30", "--layout", "trailing"]);
    let mut client = Client::watch(server.address(), "/stream?layout=early");
    let parts = (0..40).map_while(|_| client.part()).count();
    let (head, body) = http::get(server.address(), "/state");
    assert_eq!(http::field(&head, "Content-Type"), Some("application/json"));
    let state: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(state["schema"], "mjpeg.state/1");
    assert_eq!(state["viewers"][0]["layout"], "early");
    assert!(state["viewers"][0]["frames_sent"].as_u64() >= Some(parts as u64), "{state}");
    assert!((state["fps"].as_f64().unwrap() - 30.0).abs() < 1.0, "{state}");
    let (head, metrics) = http::get(server.address(), "/metrics");
    assert!(http::field(&head, "Content-Type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(String::from_utf8(metrics.clone()).unwrap().contains("\nmjpeg_serve_viewers 1\n"));
    assert_eq!(http::get(server.address(), "/healthz").1, b"ok\n");
    if let Some(mut promtool) = peer::command("promtool") {
        promtool.args(["check", "metrics"]).stdin(std::process::Stdio::piped());
        let mut promtool = kit::run::start_with_input(&mut promtool);
        promtool.child().stdin.take().unwrap().write_all(&metrics).unwrap();
        let end = promtool.end().expect(0);
        assert_eq!((&end.text()[..], &end.err[..]), ("", ""));
    }
}

#[test]
fn the_health_check_fails_while_the_source_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let server = Server::start(&file, &["--silence", "300ms", "--repeat", "100ms"]);
    let health = || http::get(server.address(), "/healthz").0[9..12].to_string();
    assert_eq!(health(), "503");
    server.run.says("camera.jpg");
    fs::write(&file, &kit::contents(&kit::frames())[0]).unwrap();
    kit::eventually("a frame", || (health() == "200").then_some(()));
    kit::eventually("silence, though the frame is repeated", || (health() == "503").then_some(()));
}

#[test]
fn a_signal_ends_the_wait_for_a_file_of_an_option() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (pipe, header) = (pipe.to_str().unwrap(), format!("@{}", pipe.display()));
    for options in [
        ["test:", "--auth-file", pipe],
        ["http://127.0.0.1:1/", "--password-file", pipe],
        ["http://127.0.0.1:1/", "--netrc-file", pipe],
        ["http://127.0.0.1:1/", "--header", &header],
    ] {
        let server = start(mjpeg(["serve", "--listen", "127.0.0.1:0"]).args(options));
        // Opening a pipe for writing succeeds as soon as it is read.
        let _writer = kit::eventually("the pipe is read", || {
            let mut open = fs::OpenOptions::new();
            open.write(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(pipe).ok()
        });
        server.signal("INT");
        server.end();
    }
    let error = run(&mut mjpeg(["serve", "test:", "--auth-file", "/dev/zero"])).expect(6);
    assert!(error.err.contains("more than 1048576 bytes"), "{}", error.err);
}
