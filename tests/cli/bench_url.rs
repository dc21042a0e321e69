//! `mjpeg bench chunks URL`: how a server sends, found out from the arrival of its bytes.

use crate::kit;

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use kit::camera::{Camera, HEAD, chunk, part};
use kit::picture::{SMALLEST, folder};
use kit::run::{End, Server, mjpeg, run};
use serde_json::Value;
use tempfile::TempDir;

/// A JPEG of this length.
fn jpeg(len: usize) -> Vec<u8> {
    let fill = len - 6 - SMALLEST.len();
    let comment = u16::try_from(fill + 2).unwrap().to_be_bytes();
    [&[0xff, 0xd8, 0xff, 0xfe], &comment[..], &vec![b' '; fill], SMALLEST].concat()
}

/// Pictures whose sizes have no common divisor.
fn pictures() -> TempDir {
    let jpegs: Vec<Vec<u8>> = [9_011, 7_103, 8_507, 10_009, 6_301].map(jpeg).into();
    folder(&jpegs.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn bench(url: &str, args: &str) -> End {
    run(mjpeg(["bench", "chunks", url, "--quiet"]).args(args.split_whitespace()))
}

fn report(url: &str, args: &str) -> Value {
    let end = bench(url, &format!("--format json {args}")).expect(0);
    let report: Value = serde_json::from_slice(&end.out).unwrap();
    assert_eq!(report["schema"], "mjpeg.bench.chunks.url/1");
    report
}

fn served(frames: &Path, args: &[&str]) -> Server {
    Server::start(frames, &[&["--fps", "20"], args].concat())
}

#[test]
fn our_server_sends_whole_parts_and_a_consumer_with_blocks_waits_for_them() {
    let frames = pictures();
    let server = served(frames.path(), &[]);
    let report = report(&server.stream, "--duration 3s --chunk 1k,256k");
    assert_eq!(report["sends"], "parts", "{report}");
    let cause = report["cause"].as_str().unwrap();
    match report["verdict"].as_str().unwrap() {
        "streams" => assert!(cause.contains("nothing to change"), "{report}"),
        // A busy machine.
        verdict => assert!(verdict == "bursts" && cause.contains("the machine is busy"), "{report}"),
    }
    let row = |read: &str, chunk: u64| {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|row| row["read"] == read && row["chunk_bytes"] == chunk).unwrap().clone()
    };
    // 30 frames of 8 kB fill a block of 256 kB.
    assert_ne!(row("fill", 1 << 18)["verdict"], "streams", "{report}");
    assert_eq!(row("short", 1 << 18)["verdict"], "ends", "{report}");
    assert!(row("fill", 1 << 18)["frames"].as_u64() < report["frames"].as_u64(), "{report}");
}

#[test]
fn a_server_that_fills_blocks_is_found_out_with_the_size() {
    let frames = pictures();
    for block in [4096, 16_384, 65_536] {
        let server = served(frames.path(), &["--fault", &format!("fill={block}")]);
        let report = report(&server.stream, "--duration 4s --fps 20");
        assert_eq!(report["sends"], "blocks", "{report}");
        assert_eq!(report["block_bytes"], block, "{report}");
        let verdict = report["verdict"].as_str().unwrap();
        // Eight parts fill the largest block, two or three the second one.
        assert!(verdict == "bursts" || (verdict == "late" && block < 65_536), "{report}");
        assert!(report["cause"].as_str().unwrap().contains(&format!("blocks of {block}")), "{report}");
    }
}

/// Three blocks in the time that was asked for are too few to know their size.
#[test]
fn a_measurement_goes_on_until_enough_blocks_have_come() {
    let frames = pictures();
    let server = served(frames.path(), &["--fault", "fill=262144"]);
    let report = report(&server.stream, "--duration 2s --fps 20");
    assert_eq!((&report["sends"], &report["block_bytes"]), (&"blocks".into(), &262_144.into()), "{report}");
    let seconds = report["duration_s"].as_f64().unwrap();
    assert!((2.0..=10.0).contains(&seconds), "{report}");
}

#[test]
fn a_server_that_keeps_the_end_of_a_part_back_is_found_out() {
    let camera = Camera::start(|connection| {
        connection.send(HEAD.as_bytes());
        let part = part(&jpeg(9_011));
        let (start, tail) = part.split_at(part.len() - 700);
        connection.send(start);
        while connection.try_send(&[tail, start].concat()) {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let report = report(&camera.url, "--duration 2s");
    assert_eq!(report["sends"], "tails", "{report}");
    // Bursts on a busy machine.
    assert!(["late", "bursts"].contains(&report["verdict"].as_str().unwrap()), "{report}");
    // The line end behind the picture is not of the frame.
    assert_eq!(report["held_bytes"], 698, "{report}");
}

#[test]
fn a_response_that_ends_without_an_error_names_the_smallest_part() {
    let camera = Camera::start(|connection| {
        let head = HEAD.replace("Connection: close", "Transfer-Encoding: chunked");
        connection.send(head.as_bytes());
        for len in [9_000, 9_000, 9_000, 5_000] {
            connection.send(&chunk(&part(&jpeg(len))));
            std::thread::sleep(Duration::from_millis(50));
        }
        connection.send(b"0\r\n\r\n");
        connection.wait_for_the_viewer_to_leave();
    });
    let report = report(&camera.url, "--duration 3s");
    assert_eq!((&report["verdict"], &report["frames"]), (&"ends".into(), &4.into()), "{report}");
    let cause = report["cause"].as_str().unwrap();
    assert!(cause.contains("a read shorter than its block") && cause.contains("after 4 frames"), "{cause}");
    assert!(cause.contains("of 5000 bytes, was the first one below 9000"), "{cause}");
}

#[test]
fn answers_that_are_no_stream_have_the_code_for_what_they_are() {
    let refusing = Camera::sending("HTTP/1.1 404 Not Found\r\n\r\n", vec![]);
    assert!(bench(&refusing.url, "").expect(3).err.contains("HTTP status 404"));
    let page = Camera::sending(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x",
        vec![],
    );
    assert_eq!(bench(&page.url, "").code(), Some(4));
    assert_eq!(bench("http://127.0.0.1:1/", "").code(), Some(3));
    // As `record` and `check` have it. `slow` connects twice.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stream", mute.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut connection in mute.incoming().flatten() {
            let _ = connection.read(&mut [0; 4096]);
        }
    });
    for command in ["chunks", "clients", "slow"] {
        let end = run(&mut mjpeg(["bench", command, &url, "--quiet"])).expect(5);
        assert!(end.err.contains("closed without a response head"), "{command}: {}", &*end.err);
    }
    for command in ["chunks", "clients", "path"] {
        let head = HEAD.replace("Connection: close", "Content-Encoding: gzip");
        let compressed =
            Camera::sending(&head, vec![b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03--foo".to_vec()]);
        let end = run(&mut mjpeg(["bench", command, &compressed.url])).expect(4);
        assert!(end.err.contains("the body is compressed"), "{command}: {}", &*end.err);
    }
    let half = Camera::start(|connection| {
        connection.send(HEAD.as_bytes());
        connection.send(&part(&jpeg(9_000))[..5_000]);
        connection.wait_for_the_viewer_to_leave();
    });
    let end = bench(&half.url, "--duration 500ms --format json").expect(5);
    let report: Value = serde_json::from_slice(&end.out).unwrap();
    assert_eq!(report["verdict"], "nothing", "{report}");
}

#[test]
fn options_of_our_own_pumps_are_usage_errors_with_a_url() {
    for args in ["--pump direct", "--jobs 2", "--read part", "--duration 0s", "--duration 2h"] {
        assert_eq!(bench("http://127.0.0.1:1/", args).code(), Some(2), "{args}");
    }
    for url in ["https://127.0.0.1/", "rtsp://127.0.0.1/", "http://"] {
        assert_eq!(bench(url, "").code(), Some(2), "{url}");
    }
    let frames = pictures();
    // Far between, so that a busy machine is no burst.
    let server = Server::start(frames.path(), &["--fps", "2"]);
    let csv = bench(&server.stream, "--duration 500ms --chunk 1k --format csv").expect(0).text();
    assert!(csv.starts_with("read,chunk_bytes,verdict,frames,gap_max_ms,delay_p50_ms\n"), "{csv}");
    let text = bench(&server.stream, "--duration 3s").expect(0).text();
    assert!(text.contains("streams: each part leaves whole"), "{text}");
}

#[test]
fn a_server_that_sends_a_few_bytes_at_a_time_is_named_as_one() {
    let camera = Camera::start(|connection| {
        connection.send(HEAD.as_bytes());
        let parts = part(&jpeg(600)).repeat(20);
        for piece in parts.chunks(40) {
            // The pace of the camera, not a wait for something.
            std::thread::sleep(Duration::from_millis(5));
            if !connection.try_send(piece) {
                break;
            }
        }
    });
    let report = report(&camera.url, "--duration 1s");
    assert_eq!(report["sends"], "pieces", "{report}");
    assert!(report["cause"].as_str().unwrap().contains("in pieces of "), "{report}");
}

#[test]
fn a_server_that_writes_a_part_with_two_calls_holds_no_tail_back() {
    let camera = Camera::start(|connection| {
        connection.send(HEAD.as_bytes());
        let part = part(&jpeg(9_011));
        let (start, end) = part.split_at(5_000);
        while connection.try_send(start) {
            // The pace of the camera, not a wait for something.
            std::thread::sleep(Duration::from_millis(25));
            connection.send(end);
            std::thread::sleep(Duration::from_millis(25));
        }
    });
    let report = report(&camera.url, "--duration 2s");
    assert_eq!(report["sends"], "pieces", "{report}");
    assert!(report["cause"].as_str().unwrap().contains("with several calls"), "{report}");
}
