//! `/probe` of `mjpeg monitor --listen`.

use crate::kit;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD};
use kit::http;
use kit::monitor::{address, end, monitor};
use kit::run::Server;
use tempfile::TempDir;

#[test]
fn a_probe_asks_only_hosts_that_are_allowed_and_tells_nothing_of_others() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let elsewhere = format!("http://localhost:{}/stream", server.address().rsplit_once(':').unwrap().1);
    let redirection = format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n");
    let camera = Camera::sending(&redirection, vec![b"secret words".to_vec()]);
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("modules.toml");
    fs::write(&config, "[modules.short]\nduration = '400ms'\n[modules.key]\nduration = '400ms'\nuser = 'u:hush'\nallow_targets = ['cam.example']\n").unwrap();
    let monitor = monitor(&["--listen=0", "--config", config.to_str().unwrap(), "--allow-target=127.0.0.1"]);
    let address = address(&monitor);
    let probe = |target: &str, more: &str| {
        let (head, body) = http::get(&address, &format!("/probe?target={target}{more}"));
        (head[9..12].to_string(), String::from_utf8(body).unwrap())
    };
    let (status, good) = probe(&server.stream, "&module=short");
    assert!(
        status == "200" && good.contains("\nprobe_success 1\n") && good.contains("\nmjpeg_up 1\n"),
        "{good}"
    );
    let (status, redirected) = probe(&camera.url, "&module=short");
    assert!(status == "200" && redirected.contains("\nmjpeg_up 0\n"), "{redirected}");
    assert!(
        redirected.contains("mjpeg_verdict{verdict=\"unreachable\"} 1") && !redirected.contains("secret"),
        "{redirected}"
    );
    // A host that is asked says the same words wherever it can.
    let refusing = Camera::sending(
        "HTTP/1.1 404 secret words\r\nServer: secret\r\nContent-Type: text/secret\r\n\r\n<title>secret</title>",
        Vec::new(),
    );
    let text = Camera::sending(
        &HEAD.replace("\r\n\r\n", "\r\nServer: secret\r\nX-secret: secret\r\n\r\n"),
        vec![
            b"secret words\r\n--foo\r\nContent-Type: secret\r\nX-secret: 1\r\n\r\nsecret\r\n--foo--\r\n"
                .to_vec(),
        ],
    );
    for camera in [refusing, text] {
        let (status, said) = probe(&camera.url, "&module=short");
        assert!(status == "200" && said.contains("\nprobe_success 0\n"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
    for (target, more, expected) in [
        (elsewhere.as_str(), "", "403"),
        ("file:///etc/passwd", "", "400"),
        ("/etc/passwd", "", "400"),
        ("test:", "", "400"),
        ("-", "", "400"),
        ("unix:/run/x", "", "400"),
        ("", "", "400"),
        (&server.stream, "&module=none", "400"),
        (&server.stream, "&module=key", "403"),
    ] {
        let (status, text) = probe(target, more);
        assert!(
            status == expected && !text.contains("root:") && !text.contains("hush"),
            "{target}: {status} {text}"
        );
    }
    // A timeout of Prometheus bounds the probe: the default module would take 5 s.
    let request = format!(
        "GET /probe?target={} HTTP/1.1\r\nHost: {address}\r\nX-Prometheus-Scrape-Timeout-Seconds: 0.9\r\n\r\n",
        server.stream
    );
    let start = Instant::now();
    let answer = String::from_utf8(http::exchange(&address, request.as_bytes())).unwrap();
    assert!(answer.contains("probe_success 1") && start.elapsed() < Duration::from_secs(2), "{answer}");
    let request = format!(
        "GET /probe?target={} HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: cross-site\r\n\r\n",
        server.stream
    );
    assert!(http::exchange(&address, request.as_bytes()).starts_with(b"HTTP/1.1 403"));
    let request = b"GET /state HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert!(http::exchange(&address, request).starts_with(b"HTTP/1.1 421"));
    end(monitor);
}

#[test]
fn a_refused_password_is_not_sent_at_each_probe() {
    const REFUSED: &str =
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    // A probe sends two requests: without the password, and with it. It takes its time to refuse.
    let camera = Camera::visits(4, move |number, _, connection| {
        counter.fetch_add(1, Ordering::SeqCst);
        if number == 2 {
            std::thread::sleep(Duration::from_millis(500));
        }
        connection.send(REFUSED.as_bytes());
    });
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("modules.toml");
    fs::write(&config, "[modules.key]\nuser = 'u:wrong'\nallow_targets = ['127.0.0.1']\n").unwrap();
    let monitor = monitor(&["--listen=0", "--config", config.to_str().unwrap()]);
    let address = address(&monitor);
    let probe = |target: &str| {
        let (head, body) = http::get(&address, &format!("/probe?target={target}&module=key"));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        String::from_utf8(body).unwrap()
    };
    let all: Vec<String> = std::thread::scope(|scope| {
        let probes: Vec<_> = (0..5).map(|_| scope.spawn(|| probe(&camera.url))).collect();
        probes.into_iter().map(|probe| probe.join().unwrap()).collect()
    });
    let requests = asked.load(Ordering::SeqCst);
    assert!(
        requests == 2 && all.iter().all(|it| it.contains("\nmjpeg_password_refused_seconds ")),
        "{all:?}"
    );
    let again = probe(&camera.url);
    assert_eq!(asked.load(Ordering::SeqCst), requests, "{again}");
    assert!(
        again.contains("\nmjpeg_password_refused_seconds ") && again.contains("\nmjpeg_up 0\n"),
        "{again}"
    );
    assert!(again.contains("mjpeg_verdict{verdict=\"unreachable\"} 1"), "{again}");
    // Another URL may have another password.
    probe(&camera.url.replace("http://", "http://u:right@"));
    assert!(asked.load(Ordering::SeqCst) > requests);
    end(monitor);
}
