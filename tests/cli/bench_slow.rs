//! `mjpeg bench slow` against our server, and against servers that let a slow viewer hurt the others.

use crate::kit;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kit::run::{End, Server, mjpeg, run};
use serde_json::Value;

/// What a server does with a viewer that does not take its bytes.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// It waits, and all others with it.
    Waits,
    /// It closes the connection after 40 ms.
    CutsOff,
    /// It sends nothing more to anybody, 400 ms after the first viewer has come.
    Stops,
}

/// A server with one thread for all viewers, whose pictures of 100 kB fill the buffers of the system soon.
struct OneThread {
    url: String,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl OneThread {
    fn start(manner: Manner) -> Self {
        Self::start_for(manner, Duration::MAX)
    }

    /// It ends so long after the first viewer has come.
    fn start_for(manner: Manner, life: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let jpeg = [
            b"\xff\xd8",
            &[&b"\xff\xfe\x80\x00"[..], &[b' '; 0x7ffe]].concat().repeat(3)[..],
            kit::picture::SMALLEST,
        ]
        .concat();
        let part = kit::camera::part(&jpeg);
        let thread = std::thread::spawn(move || {
            let mut viewers: Vec<TcpStream> = Vec::new();
            let mut came: Option<Instant> = None;
            while !over.load(Ordering::SeqCst) && came.is_none_or(|came| came.elapsed() < life) {
                if let Ok((mut viewer, _)) = listener.accept() {
                    came.get_or_insert_with(Instant::now);
                    viewer.set_nonblocking(false).unwrap();
                    socket2::SockRef::from(&viewer).set_send_buffer_size(64 << 10).unwrap();
                    viewer.set_write_timeout(Some(Duration::from_millis(40))).unwrap();
                    viewer.write_all(kit::camera::HEAD.as_bytes()).unwrap();
                    viewers.push(viewer);
                }
                let age = came.map_or(Duration::ZERO, |came| came.elapsed());
                if manner == Manner::Stops && age > Duration::from_millis(400) {
                    std::thread::sleep(Duration::from_millis(25));
                    continue;
                }
                viewers.retain_mut(|viewer| send(viewer, &part, manner, &over));
                std::thread::sleep(Duration::from_millis(25));
            }
        });
        Self { url, is_over, thread: Some(thread) }
    }
}

/// Sends a part; `false` if the viewer has left or is cut off.
fn send(viewer: &mut TcpStream, part: &[u8], manner: Manner, over: &AtomicBool) -> bool {
    let mut rest = part;
    while !rest.is_empty() && !over.load(Ordering::SeqCst) {
        match viewer.write(rest) {
            Ok(n) => rest = &rest[n..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && manner == Manner::Waits => {}
            Err(_) => return false,
        }
    }
    true
}

impl Drop for OneThread {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take()
            && !std::thread::panicking()
        {
            thread.join().unwrap();
        }
    }
}

fn bench(url: &str, args: &str) -> End {
    run(mjpeg(["bench", "slow", url]).args(args.split_whitespace()))
}

fn report(url: &str, code: i32, args: &str) -> Value {
    parsed(&bench(url, &format!("--quiet --format json {args}")).expect(code))
}

fn parsed(end: &End) -> Value {
    let report: Value = serde_json::from_slice(&end.out).unwrap_or_else(|_| panic!("{}", &*end.err));
    assert_eq!(report["schema"], "mjpeg.bench.slow/1");
    report
}

/// How often a server is measured until B is isolated. A busy machine hurts B too.
const ATTEMPTS: usize = 3;
/// B waits longer than this if it waits for A, which is slow for 3 s.
const LONG_MS: f64 = 2000.0;

/// A server that isolates B from A, which is slow for 3 s. A server that does not, keeps B waiting for most of that time; a busy machine
/// keeps it waiting for less, in which case it is measured again. `each` looks at all reports.
fn isolates(url: &str, args: &str, each: impl Fn(&Value)) {
    for _ in 0..ATTEMPTS {
        let end = bench(url, &format!("--quiet --format json --duration 3s {args}"));
        let report = parsed(&end);
        each(&report);
        assert!(number(&report["b"]["gap_max_ms"]) < LONG_MS, "{report}");
        let is_isolated = report["verdict"] == "isolated";
        assert_eq!(end.code(), Some(i32::from(!is_isolated)), "{report}");
        if is_isolated {
            return;
        }
    }
    // The machine is too busy for more: B was hurt each time, but never for as long as A was slow.
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn our_server_isolates_a_viewer_that_does_not_read_and_sends_it_a_new_picture_afterwards() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    isolates(&server.stream, &format!("--pid {}", server.run.pid()), |report| {
        let a = &report["a"];
        assert_eq!((number(&a["frames"]), a.get("cut_off_after_ms")), (0.0, None), "{report}");
        // What the system had buffered is old: the frames of about three seconds at most.
        assert!(number(&a["age_max_ms"]) > 1000.0 && number(&a["stale_on_resume"]) >= 1.0, "{report}");
        assert!(number(&report["server"]["rss_mb_max"]) < 100.0, "{report}");
    });
}

#[test]
fn the_text_says_how_fast_a_reads_and_what_b_noticed() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let end = bench(&server.stream, "--duration 400ms --quiet --rate 20k");
    let text = end.text();
    assert!(text.contains("A reads 20.5 kB per second"), "{text}");
    match end.code() {
        Some(0) => assert!(text.ends_with("A was slow\n"), "{text}"),
        // A busy machine.
        code => assert!(code == Some(1) && text.contains("hurt: "), "{code:?} {text}"),
    }
}

#[test]
fn a_server_that_waits_for_a_slow_viewer_hurts_the_others() {
    let server = OneThread::start(Manner::Waits);
    let report = report(&server.url, 1, "--duration 3s --max-gap 1s --min-fps 15");
    assert_eq!(report["verdict"], "hurt", "{report}");
    assert!(number(&report["b"]["gap_max_ms"]) > LONG_MS, "{report}");
    assert!(number(&report["b"]["fps_before"]) > 5.0, "{report}");
    assert_eq!(report["missed"], serde_json::json!(["max_gap", "min_fps"]), "{report}");
    assert!(report["a"].get("age_max_ms").is_none(), "its frames carry no time: {report}");
}

#[test]
fn a_viewer_that_is_cut_off_is_noticed_although_it_does_not_read() {
    let server = OneThread::start(Manner::CutsOff);
    isolates(&server.url, "", |report| {
        let after = number(&report["a"]["cut_off_after_ms"]);
        assert!((40.0..2900.0).contains(&after), "{report}");
    });
}

#[test]
fn a_run_whose_streams_end_writes_no_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.json");
    std::fs::write(&file, "earlier").unwrap();
    // A is slow from the first second on.
    for (seconds, code, why) in [(0.5, 5, "ended before A became slow"), (2.0, 1, "B's stream ended")] {
        let server = OneThread::start_for(Manner::CutsOff, Duration::from_secs_f64(seconds));
        let args = format!("--quiet --duration 2s --save-baseline {}", file.display());
        let end = bench(&server.url, &args).expect(code);
        assert!(end.err.contains(why), "{}", &*end.err);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "earlier");
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    for (url, args) in [
        ("http://192.0.2.1/", ""),
        ("https://127.0.0.1/", ""),
        ("http://127.0.0.1/", "--duration 0s"),
        ("http://127.0.0.1/", "--duration 25h"),
        ("http://127.0.0.1/", "--rate 0"),
        ("http://127.0.0.1/", "--rate 2G"),
        ("http://127.0.0.1/", "--max-age 0s"),
    ] {
        assert_eq!(bench(url, args).code(), Some(2), "{url} {args}");
    }
    assert!(bench("http://127.0.0.1:1/", "--quiet").expect(3).err.contains("connection refused"));
}

#[test]
fn a_server_that_stops_before_a_is_slow_is_stalled_and_hurts_nobody() {
    let server = OneThread::start(Manner::Stops);
    let end = bench(&server.url, "--quiet --format json --duration 6s").expect(5);
    assert!(end.err.contains("B received no frame"), "{}", &*end.err);
    assert!(parsed(&end).get("verdict").is_none());
}
