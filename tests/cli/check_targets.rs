//! `mjpeg check` of several targets: `--targets`, `--jobs`, the table at the end.

use crate::kit;

use std::fs;
use std::sync::{Arc, Barrier};

use kit::camera::{Camera, HEAD, part};
use kit::picture::solid;
use kit::run::{Server, mjpeg, run};
use serde_json::Value;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn results_come_in_the_order_of_the_targets_and_the_highest_code_counts() {
    let server = Server::start(&kit::frames(), &["--fps", "30"]);
    let motion = kit::repository("fixtures/captures/motion.http");
    let html = Camera::sending("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", vec![b"<p>".to_vec()]);
    let targets = [&server.stream[..], "http://127.0.0.1:1/", &html.url, motion.to_str().unwrap()];
    let end = run(mjpeg(["check", "--frames", "20", "--format", "json"]).args(targets)).expect(4);
    let verdicts = lines(&end.text());
    let shown: Vec<&str> = verdicts.iter().map(|it| it["target"].as_str().unwrap()).collect();
    assert_eq!(shown, targets);
    let verdicts: Vec<&str> = verdicts.iter().map(|it| it["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts[..3], ["pass", "unreachable", "not_a_stream"]);
    server.stop();
}

#[test]
fn targets_are_read_at_the_same_time_but_not_more_than_jobs() {
    // Each camera sends its stream when all three have a viewer.
    let all = Arc::new(Barrier::new(3));
    let cameras: Vec<Camera> = (0..3)
        .map(|_| {
            let all = Arc::clone(&all);
            Camera::start(move |connection| {
                all.wait();
                connection.send(HEAD.as_bytes());
                connection.send(&part(&solid([9, 9, 9], 16, 16)));
                connection.send(b"--foo--\r\n");
            })
        })
        .collect();
    let urls: Vec<&str> = cameras.iter().map(|camera| &camera.url[..]).collect();
    let end = run(mjpeg(["check", "--jobs", "3", "--format", "json", "--frames", "1"]).args(urls)).expect(0);
    assert_eq!(lines(&end.text()).len(), 3);
    for jobs in ["0", "1001", "x"] {
        assert_eq!(run(&mut mjpeg(["check", "test:", "--jobs", jobs])).code(), Some(2), "{jobs}");
    }
}

#[test]
fn a_file_of_targets_has_names_and_options() {
    let server = Server::start(&kit::frames(), &["--fps", "30"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cameras.txt");
    let list = format!("# cameras\nfront {0} --frames 7\n\n'back door' {0} --size 640x480\n", server.stream);
    fs::write(&file, list).unwrap();
    let check = |more: &[&str]| run(mjpeg(["check", "--frames", "4", "--targets"]).arg(&file).args(more));
    let verdicts = lines(&check(&["--format", "json"]).expect(1).text());
    let of = |key: &str| verdicts.iter().map(|it| it[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("name"), ["front", "back door"]);
    assert_eq!(of("target"), [&server.stream[..], &server.stream]);
    assert_eq!(of("parts"), [7, 4]);
    assert_eq!(of("verdict"), ["pass", "fail"]);
    let text = check(&[]).expect(1).text();
    let (_, table) = text.split_once("\n\n").unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("target     verdict"), "{text}");
    assert!(rows[1].starts_with("front      pass") && rows[2].starts_with("back door  fail"), "{text}");
    fs::write(&file, "front rtsp://camera/\n").unwrap();
    let end = check(&[]).expect(6);
    assert!(end.err.contains("cameras.txt:1: ") && end.text().is_empty(), "{}", end.err);
    server.stop();
}

#[test]
fn one_target_has_no_table_and_standard_input_is_read_once() {
    let motion = kit::repository("fixtures/captures/motion.http");
    let end = run(&mut mjpeg(["check", motion.to_str().unwrap(), "--fail-on", "error"]));
    assert!(!end.text().contains("verdict"), "{}", end.text());
    for args in [&["-", "-"][..], &["-", "--targets", "-"]] {
        assert_eq!(run(mjpeg(["check"]).args(args)).code(), Some(2), "{args:?}");
    }
}
