//! `mjpeg bench clients` against our server, and against servers that misbehave.

use crate::kit;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kit::camera::HEAD;
use kit::picture::SMALLEST;
use kit::run::{End, Server, mjpeg, run, start};
use serde_json::Value;

/// A server for any number of viewers: each connection runs `script` with its number, counted from 0, and the head of its
/// request. All end when it is dropped.
struct Crowded {
    url: String,
    address: String,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Crowded {
    fn start(script: impl Fn(usize, &str, &mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, script) = (Arc::clone(&is_over), Arc::new(script));
        let count = AtomicUsize::new(0);
        let accepting = std::thread::spawn(move || {
            let mut viewers = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (script, is_over) = (Arc::clone(&script), Arc::clone(&over));
                viewers.push(std::thread::spawn(move || {
                    let mut peer = Peer { stream, is_over };
                    let request = peer.request();
                    script(number, &request, &mut peer);
                }));
            }
            viewers.into_iter().for_each(|viewer| viewer.join().unwrap());
        });
        Self { url: format!("http://{address}/"), address, is_over, accepting: Some(accepting) }
    }
}

impl Drop for Crowded {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It may wait for a connection.
        let _ = TcpStream::connect(&self.address);
        if let Some(accepting) = self.accepting.take()
            && !std::thread::panicking()
        {
            accepting.join().unwrap();
        }
    }
}

/// The server's side of a connection.
struct Peer {
    stream: TcpStream,
    is_over: Arc<AtomicBool>,
}

impl Peer {
    fn request(&mut self) -> String {
        let (mut head, mut byte) = (Vec::new(), [0]);
        let _ = self.stream.set_read_timeout(Some(Duration::from_secs(20)));
        while !head.ends_with(b"\r\n\r\n") && matches!(self.stream.read(&mut byte), Ok(1)) {
            head.push(byte[0]);
        }
        String::from_utf8_lossy(&head).into_owned()
    }

    /// Sends; `false` if the viewer has left or the test is over.
    fn send(&mut self, bytes: &[u8]) -> bool {
        !self.is_over.load(Ordering::SeqCst) && self.stream.write_all(bytes).is_ok()
    }

    /// Sends a part every `every` until the viewer leaves.
    fn stream(&mut self, part: &[u8], every: Duration) {
        while self.send(part) {
            std::thread::sleep(every);
        }
    }

    fn reset(&self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

fn jpeg() -> Vec<u8> {
    [b"\xff\xd8", SMALLEST].concat()
}

fn part() -> Vec<u8> {
    kit::camera::part(&jpeg())
}

fn bench(url: &str, args: &str) -> End {
    run(mjpeg(["bench", "clients", url]).args(args.split_whitespace()))
}

/// The rows of a run that ends with this code.
fn rows(url: &str, code: i32, args: &str) -> Vec<Value> {
    let end = bench(url, &format!("--quiet --format json {args}")).expect(code);
    let report: Value = serde_json::from_slice(&end.out).unwrap();
    assert_eq!(report["schema"], "mjpeg.bench.clients/1");
    report["rows"].as_array().unwrap().clone()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key}: {row}"))
}

#[test]
fn every_viewer_of_our_server_gets_every_frame_with_its_age_and_the_cost_of_the_server() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let pid = server.run.pid();
    let rows = rows(&server.stream, 0, &format!("-n 1,8 --duration 2s --fps 20 --pid {pid}"));
    assert_eq!(rows.len(), 2);
    for (row, clients) in rows.iter().zip([1.0, 8.0]) {
        assert_eq!(
            (number(row, "clients"), number(row, "served"), number(row, "cut")),
            (clients, clients, 0.0)
        );
        let frames = number(row, "frames") / clients;
        assert!((38.0..=42.0).contains(&frames), "{row}");
        assert!((18.0..=22.0).contains(&number(row, "fps_min")), "{row}");
        assert_eq!(number(row, "frames_due"), 40.0 * clients);
        // One interval is 50 ms.
        assert!((40.0..400.0).contains(&number(row, "gap_p99_ms")), "{row}");
        assert!(number(row, "gap_max_ms") >= number(row, "gap_p99_ms") * 0.99, "{row}");
        assert!(number(row, "first_frame_p50_ms") < 2000.0, "{row}");
        assert!(number(row, "age_p50_ms") < 200.0, "{row}");
        let server = &row["server"];
        assert!(number(server, "cpu_us_per_frame") > 1.0 && number(server, "rss_mb") > 1.0, "{row}");
        assert!(number(server, "descriptors") > clients, "{row}");
    }
    let text = bench(&server.stream, &format!("-n 1,4 --duration 1s --quiet --pid {pid}")).expect(0).text();
    assert!(text.contains("from 1 to 4 viewers the server took "), "{text}");
}

#[test]
fn dialects_are_counted_as_they_are_sent() {
    for dialect in [
        "esp32-cam-webserver",
        "gstreamer-multipartmux-tcpserversink",
        "tp-link-kasa-kc200",
        "vlc-mpjpeg-mux-default-mime",
        "panasonic-nphmotionjpeg",
    ] {
        let server = Server::start(&kit::frames(), &["--fps", "20", "--dialect", dialect]);
        let rows = rows(&server.stream, 0, "-n 3 --duration 2s");
        let fps = number(&rows[0], "fps_min");
        // A busy machine loses some frames; a dialect that is misread loses or doubles most of them.
        assert!((12.0..=22.0).contains(&fps), "{dialect}: {fps}");
    }
}

#[test]
fn a_server_that_refuses_the_eleventh_viewer_has_served_ten() {
    let server = Crowded::start(|number, _, peer| {
        if number < 10 {
            peer.send(HEAD.as_bytes());
            peer.stream(&part(), Duration::from_millis(50));
        } else {
            peer.send(b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let rows = rows(&server.url, 0, "-n 13 --duration 1s");
    assert_eq!((number(&rows[0], "served"), number(&rows[0], "cut")), (10.0, 0.0));
    assert_eq!(rows[0]["reasons"], serde_json::json!([{"reason": "HTTP status 503 Full", "viewers": 3}]));
    // A threshold asks for all of them.
    let missed = self::rows(&server.url, 3, "-n 2 --duration 500ms --min-fps 1");
    assert_eq!(missed[0]["missed"], serde_json::json!(["served", "min_fps"]), "the server serves no more");
}

#[test]
fn viewers_whose_stream_is_reset_are_cut_and_stalls_count_although_no_frame_ends_them() {
    let server = Crowded::start(|number, _, peer| {
        peer.send(HEAD.as_bytes());
        for _ in 0..10 {
            peer.send(&part());
            std::thread::sleep(Duration::from_millis(50));
        }
        match number {
            0 => peer.reset(),
            1 => {
                while peer.send(b"") && !peer.is_over.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            _ => peer.stream(&part(), Duration::from_millis(50)),
        }
    });
    let rows = rows(&server.url, 5, "-n 3 --duration 2s --fps 18 --max-gap 1s --max-loss 1");
    let row = &rows[0];
    assert_eq!((number(row, "served"), number(row, "cut")), (3.0, 1.0), "{row}");
    assert!(number(row, "gap_max_ms") > 1000.0 && number(row, "wait_p99_ms") > 1000.0, "{row}");
    assert!(number(row, "gap_p99_ms") < 500.0, "{row}");
    assert!(number(row, "frames_lost") > 20.0, "{row}");
    assert_eq!(row["missed"], serde_json::json!(["served", "max_gap", "max_loss"]), "{row}");
}

/// The gate of a build must not pass on a server that dies.
#[test]
fn a_run_with_a_broken_stream_fails_and_is_no_baseline() {
    type Script = fn(usize, &mut Peer);
    let cases: [(Script, i32, &str); 6] = [
        (|_, _| {}, 5, "the stream ended"),
        (|_, peer| peer.reset(), 5, "reset"),
        (
            |_, peer| {
                while peer.send(b"") {
                    std::thread::sleep(Duration::from_millis(20));
                }
            },
            5,
            "stalled: 2 viewers received no frame",
        ),
        (
            |_, peer| {
                peer.send(b"--foo\r\n\r\n\xff\xd8");
            },
            5,
            "the stream ended",
        ),
        // One of two: the other one has a stream.
        (
            |number, peer| {
                if number == 0 {
                    peer.stream(&part(), Duration::from_millis(20));
                }
            },
            5,
            "the stream ended",
        ),
        (|_, peer| peer.stream(&part(), Duration::from_millis(20)), 0, ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.json");
    for (number, (script, code, message)) in cases.into_iter().enumerate() {
        let server = Crowded::start(move |number, _, peer| {
            peer.send(HEAD.as_bytes());
            peer.send(&part());
            peer.send(&part());
            script(number, peer);
        });
        let args = format!("-n 2 --duration 400ms --quiet --format json --save-baseline {}", file.display());
        let end = bench(&server.url, &args).expect(code);
        assert!(end.err.contains(message), "{number}: {}", &*end.err);
        let report: Value = serde_json::from_slice(&end.out).unwrap();
        assert_eq!(report["rows"].as_array().unwrap().len(), 1, "{number}: {report}");
        assert_eq!(file.exists(), code == 0, "{number}");
        assert_eq!(end.err.contains("is not written"), code != 0, "{number}: {}", &*end.err);
    }
    let garbage = Crowded::start(|number, _, peer| {
        if number == 0 {
            peer.send(b"hello\r\n\r\n");
        } else {
            peer.send(HEAD.as_bytes());
            peer.stream(&part(), Duration::from_millis(20));
        }
    });
    bench(&garbage.url, "-n 3 --duration 400ms --quiet").expect(4);
}

/// A user of curl or ffprobe would not call it a success if the stream stops.
#[test]
fn a_stream_that_stops_or_pauses_for_long_is_stalled() {
    for (pause, args, code, message) in [
        (60_000, "--duration 5s", 5, "received no frame in the last "),
        (5500, "--duration 8s", 5, "received no frame for up to "),
        (5500, "--duration 8s --max-gap 10s", 0, ""),
    ] {
        let server = Crowded::start(move |_, _, peer| {
            peer.send(HEAD.as_bytes());
            for _ in 0..20 {
                peer.send(&part());
                std::thread::sleep(Duration::from_millis(50));
            }
            // The pace of the server, not a wait for something.
            for _ in 0..pause / 100 {
                if !peer.send(b"") {
                    return;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            peer.stream(&part(), Duration::from_millis(50));
        });
        let end = bench(&server.url, &format!("-n 2 --quiet {args}")).expect(code);
        assert!(end.err.contains(message), "{args}: {}", &*end.err);
    }
}

#[test]
fn a_snapshot_is_said_to_be_one_picture() {
    let server = Crowded::start(|_, _, peer| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
            jpeg().len()
        );
        peer.send(&[head.as_bytes(), &jpeg()].concat());
    });
    for command in ["clients", "chunks"] {
        let end =
            run(&mut mjpeg(["bench", command, &server.url, "--duration", "300ms", "--quiet"])).expect(4);
        assert!(end.err.contains("one picture"), "{command}: {}", &*end.err);
    }
}

#[test]
fn streams_without_lengths_or_with_wrong_ones_are_counted_too() {
    for length in ["", "Content-Length: 7\r\n", "Content-Length: 9223372036854775807\r\n"] {
        let server = Crowded::start(move |_, _, peer| {
            let head = format!("--foo\r\nContent-Type: image/jpeg\r\n{length}\r\n");
            peer.send(HEAD.as_bytes());
            peer.stream(&[head.as_bytes(), &jpeg(), b"\r\n"].concat(), Duration::from_millis(50));
        });
        let rows = rows(&server.url, 0, "-n 4 --duration 1s");
        assert_eq!(number(&rows[0], "served"), 4.0, "{length}");
        assert!(number(&rows[0], "fps_min") > 10.0, "{length:?} {}", rows[0]);
    }
}

#[test]
fn hostile_servers_end_with_the_code_for_what_they_are() {
    let endless_head = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 200 OK\r\n");
        while peer.send(&b"X: y\r\n".repeat(1000)) {}
    });
    let page = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>hello\n");
    });
    let endless_part = Crowded::start(|_, _, peer| {
        peer.send(HEAD.as_bytes());
        peer.send(b"--foo\r\n\r\n\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
        while peer.send(&[0x55; 60_000]) {}
    });
    let silent = Crowded::start(|_, _, peer| {
        while !peer.is_over.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let refusing = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 404 Not Found\r\n\r\n");
    });
    let moved = Crowded::start(|_, _, peer| {
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n");
    });
    for (server, code, message) in [
        (&endless_head, 4, "response head"),
        (&page, 4, ""),
        (&endless_part, 5, "no frame within 5 s"),
        (&silent, 5, "no frame within 5 s"),
        (&refusing, 3, "HTTP status 404 Not Found"),
        (&moved, 3, "give the URL that it leads to: /other"),
    ] {
        let mut run = start(mjpeg(["bench", "clients", &server.url]).args([
            "-n",
            "20",
            "--duration",
            "300ms",
            "--quiet",
        ]));
        let pid = run.pid();
        let mut most = 0;
        while !run.has_ended() {
            most = most.max(resident(pid));
            std::thread::sleep(Duration::from_millis(20));
        }
        let end = run.end();
        assert_eq!(end.code(), Some(code), "{message}: {}", &*end.err);
        assert!(end.err.contains(message), "{message}: {}", &*end.err);
        assert!(most < 350 << 20, "{message}: {most} bytes of memory");
    }
}

/// The resident memory of a process in bytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[test]
fn a_password_is_sent_to_a_server_that_asks() {
    let server = Crowded::start(|_, request, peer| {
        if request.contains("\r\nAuthorization: Basic dTpw\r\n") {
            peer.send(HEAD.as_bytes());
            peer.stream(&part(), Duration::from_millis(50));
        } else {
            peer.send(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n");
        }
    });
    let rows = rows(&server.url, 0, "-n 3 --duration 500ms --user u:p");
    assert_eq!(number(&rows[0], "served"), 3.0);
    let end = bench(&server.url, "-n 3 --duration 500ms --quiet").expect(3);
    assert!(end.err.contains("hint: give a user and a password"), "{}", &*end.err);
    let digest = Server::start(&kit::frames(), &["--fps", "20", "--auth", "u:p"]);
    let rows = self::rows(&digest.stream, 0, "-n 3 --duration 500ms --user u:p");
    assert_eq!(number(&rows[0], "served"), 3.0);
}

#[test]
fn viewers_come_at_the_rate_and_churn_replaces_those_that_leave() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let rows = rows(&server.stream, 0, "-n 6 --ramp 20/s --churn 400ms --duration 2s");
    let row = &rows[0];
    // Six places for two seconds, 0.4 s each.
    assert!((20.0..60.0).contains(&number(row, "arrivals")), "{row}");
    assert_eq!(number(row, "cut") + row["reasons"].as_array().map_or(0, Vec::len) as f64, 0.0, "{row}");
    assert!(number(row, "served") >= number(row, "arrivals") - 2.0, "{row}");
}

#[test]
fn another_machine_is_measured_only_on_request_and_wrong_values_are_usage_errors() {
    for (url, args, why) in [
        ("http://192.0.2.1/", "", "add --yes-load-this-host"),
        ("http://[2001:db8::1]/", "", "add --yes-load-this-host"),
        // No name server is asked.
        ("http://camera.invalid/", "", "add --yes-load-this-host"),
        ("http://localhost.example/", "", "add --yes-load-this-host"),
        ("https://127.0.0.1/", "", "https:// is not supported"),
        ("http://127.0.0.1/", "-n 0", "expected a whole number from 1 to 10000"),
        ("http://127.0.0.1/", "-n 10001", "expected a whole number from 1 to 10000"),
        ("http://127.0.0.1/", "--duration 0s", "shorter than a millisecond"),
        ("http://127.0.0.1/", "--duration 25h", "24 h at most"),
        ("http://127.0.0.1/", "-n 10000 --ramp 0.01", "24 h at most"),
        ("http://127.0.0.1/", "--churn 1ms -n 10000 --duration 1h", "more than a million"),
        ("http://127.0.0.1/", "--pid 0", "'--pid <PID>'"),
        ("http://127.0.0.1/", "--max-loss 101", "between 0 and 100"),
        ("http://127.0.0.1/", "--max-gap 0s", "shorter than a millisecond"),
        ("http://127.0.0.1/", "--min-fps 0", "'--min-fps <F>'"),
    ] {
        let end = bench(url, args);
        assert_eq!(end.code(), Some(2), "{url} {args}");
        assert!(end.err.contains(why), "{url} {args}: {}", &*end.err);
    }
    // Nothing listens on port 1.
    let end = bench("http://127.0.0.1:1/", "-n 2 --duration 300ms --quiet").expect(3);
    assert!(end.err.contains("connection refused: nothing listens there"), "{}", &*end.err);
    let end = bench("http://127.0.0.1:1/", "--pid 4294967295 --quiet").expect(6);
    assert!(end.err.contains("there is no such process"), "{}", &*end.err);
}

#[test]
fn csv_and_markdown_have_a_line_for_each_row_and_progress_is_shown_with_json() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let csv = bench(&server.stream, "-n 1,2 --duration 300ms --quiet --format csv").expect(0).text();
    assert!(csv.starts_with("clients,served,cut,frames,fps_p50,"), "{csv}");
    assert_eq!(csv.lines().count(), 3);
    let markdown = bench(&server.stream, "-n 1 --duration 300ms --quiet --format markdown").expect(0).text();
    assert!(markdown.starts_with("| clients | served | fps p50 |"), "{markdown}");
    let end = bench(&server.stream, "-n 1 --duration 6s --format json").expect(0);
    assert!(
        end.err.contains("1 clients: 1 served, 20.") || end.err.contains("1 clients: 1 served, 19."),
        "{}",
        &*end.err
    );
}
