//! `mjpeg serve`: passwords, and clients that guess them.

use crate::kit;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use kit::http;
use kit::peer;
use kit::run::{End, Server, mjpeg, run, start};

fn serve(args: &[&str]) -> Server {
    Server::start(&kit::frames(), args)
}

fn curl(args: &[&str]) -> End {
    run(Command::new("curl").args(["-sS", "-o", "-", "-w", "%{http_code}", "--max-time", "10"]).args(args))
}

#[test]
fn every_path_requires_the_password() {
    let (Some(_), Some(_)) = (peer::find("curl"), peer::find("ffmpeg")) else { return };
    let server = serve(&["--auth", "me:s3 cr:et"]);
    for path in ["/", "/stream", "/snapshot", "/state", "/metrics", "/healthz", "/nothing"] {
        assert!(curl(&[&server.url(path)]).text().ends_with("401"), "{path}");
    }
    let url = server.url("/state");
    for method in ["--basic", "--digest", "--anyauth"] {
        assert!(curl(&[method, "-u", "me:s3 cr:et", &url]).text().ends_with("200"), "{method}");
    }
    let start = Instant::now();
    assert!(curl(&["-u", "me:guess", &url]).text().ends_with("401"));
    assert!(start.elapsed() > Duration::from_millis(500), "the answer to a wrong password is delayed");
    // A CORS preflight request has no credentials and needs none.
    assert!(curl(&["-X", "OPTIONS", &url]).text().ends_with("200"));

    let is_denied = |address: &str, path: &str| {
        for method in ["GET", "HEAD"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let answer = http::exchange(address, request.as_bytes());
            assert!(answer.starts_with(b"HTTP/1.1 401 "), "{method} {path}: {}", answer.escape_ascii());
        }
    };
    let paths = ["/", "/stream", "/snapshot", "/state", "/metrics", "/healthz", "/nothing", "/mjpeg"];
    let queries = ["/?action=stream", "/?action=snapshot", "/stream?layout=sideways"];
    paths.iter().chain(&queries).for_each(|path| is_denied(server.address(), path));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("farm.toml");
    fs::write(&file, "[[camera]]\nname = 'door'\nsource = 'test:160x120'\n").unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--auth", "me:s3 cr:et"];
    let farm = kit::run::start(mjpeg(["serve", "--farm"]).arg(&file).args(listen));
    let line = farm.line();
    let address = line.trim_start_matches("http://").trim_end_matches('/');
    for path in ["/", "/state", "/targets", "/metrics", "/healthz", "/nothing", "/door"] {
        is_denied(address, path);
    }
    paths.iter().chain(&queries).for_each(|path| is_denied(address, &format!("/door{path}")));
    farm.says("1 camera, listed at");
    drop(farm);

    let stream = server.stream.replace("http://", "http://me:s3%20cr%3Aet@");
    let frame = ["-frames:v", "1", "-f", "null", "-"];
    run(Command::new("ffmpeg").args(["-v", "error", "-i", &stream]).args(frame)).expect(0);
    let end = server.stop();
    assert!(!end.err.contains("s3"), "{}", end.err);
}

#[test]
fn parallel_guesses_of_one_address_are_answered_one_after_the_other() {
    const GUESSES: usize = 300;
    // `me:guess`, `me:right`.
    let (wrong, right) = ("bWU6Z3Vlc3M=", "bWU6cmlnaHQ=");
    let server = serve(&["--auth", "me:right"]);
    let request = |password: &str| {
        format!("GET /snapshot HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {password}\r\n\r\n")
    };
    let status = |answer: &[u8]| String::from_utf8_lossy(&answer[9..12]).into_owned();
    let begin = Instant::now();
    let answer = http::exchange(server.address(), request(right).as_bytes());
    assert_eq!(status(&answer), "200");
    let mut sockets: Vec<_> = (0..GUESSES).map(|_| http::connect(server.address())).collect();
    for socket in &mut sockets {
        socket.write_all(request(wrong).as_bytes()).unwrap();
    }
    // A right password is not delayed meanwhile.
    let start = Instant::now();
    assert_eq!(status(&http::exchange(server.address(), request(right).as_bytes())), "200");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    let (mut denied, mut refused) = (0, 0);
    for socket in &mut sockets {
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        match status(&answer).as_str() {
            "401" => denied += 1,
            "429" => {
                let (head, _) = http::split(&answer);
                let after: u64 = http::field(&head, "Retry-After").unwrap().parse().unwrap();
                assert!((1..=10).contains(&after), "{head}");
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(denied + refused, GUESSES);
    // One answer each second.
    let seconds = begin.elapsed().as_secs_f64();
    assert!(denied >= 5 && denied as f64 <= seconds + 1.0, "{denied} guesses checked in {seconds} s");
}

#[test]
fn a_client_that_only_guesses_is_refused_without_a_check() {
    // `me:guess`, `me:right`.
    let (wrong, right) = ("bWU6Z3Vlc3M=", "bWU6cmlnaHQ=");
    let server = start(mjpeg(["serve", "--auth", "me:right", "--listen", "[::]:0"]).arg(kit::frames()));
    let stream = server.line();
    let port = stream.rsplit_once(':').unwrap().1.strip_suffix("/stream").unwrap();
    let ask = |host: &str, password: &str| {
        let mut socket = http::connect(&format!("{host}:{port}"));
        let head =
            format!("GET /snapshot HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {password}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        socket
    };
    let status = |mut socket: TcpStream| {
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[9..]).into_owned()
    };
    // A guesser does not wait for answers.
    let guesses: Vec<TcpStream> = (0..30).map(|_| ask("127.0.0.1", wrong)).collect();
    kit::eventually("guesses are refused", || {
        guesses
            .iter()
            .any(|socket| socket.set_nonblocking(true).is_ok() && socket.peek(&mut [0]).is_ok())
            .then_some(())
    });
    drop(guesses);
    assert_eq!(status(ask("127.0.0.1", right)), "429", "a check would say at once whether a guess is right");
    // Other clients are served as ever.
    assert_eq!(status(ask("[::1]", right)), "200");
    assert_eq!(status(ask("[::1]", wrong)), "401");
    // It names the other addresses of the machine.
    let _ = server.err();
}
