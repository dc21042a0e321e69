//! `mjpeg bench clients`: what it measures.

use crate::kit;

use std::sync::atomic::Ordering;
use std::time::Duration;

use kit::camera::HEAD;
use kit::crowded::{Crowded, jpeg, part};
use kit::run::{End, Server, mjpeg, run};
use serde_json::Value;

/// Runs it with these arguments.
pub fn bench(url: &str, args: &str) -> End {
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
        ("http://127.0.0.1/", "--duration 0s", "expected at least 1ms"),
        ("http://127.0.0.1/", "--duration 25h", "24 h at most"),
        ("http://127.0.0.1/", "-n 10000 --ramp 0.01", "24 h at most"),
        ("http://127.0.0.1/", "--churn 1ms -n 10000 --duration 1h", "more than a million"),
        ("http://127.0.0.1/", "--pid 0", "'--pid <PID>'"),
        ("http://127.0.0.1/", "--max-loss 101", "between 0 and 100"),
        ("http://127.0.0.1/", "--max-gap 0s", "expected at least 1ms"),
        ("http://127.0.0.1/", "--min-fps 0", "'--min-fps <F>'"),
    ] {
        let end = bench(url, args);
        assert_eq!(end.code(), Some(2), "{url} {args}");
        assert!(end.err.contains(why), "{url} {args}: {}", &*end.err);
        if why.contains("--yes-load-this-host") {
            let end = run(&mut mjpeg(["bench", "slow", url])).expect(2);
            assert!(end.err.contains(why), "slow {url}: {}", &*end.err);
        }
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
