//! The files of `mjpeg bench`: plots, pages, histograms and baselines.

use crate::kit;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use kit::run::{End, Server, mjpeg, run, start};
use serde_json::Value;

/// `bench NAME URL` with these options, and files in `folder`.
fn bench(args: &[&str], folder: &Path, files: &[(&str, &str)]) -> End {
    let mut command = mjpeg(["bench"]);
    command.args(args);
    for (option, name) in files {
        command.arg(option).arg(folder.join(name));
    }
    run(&mut command)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

const FILES: &[(&str, &str)] =
    &[("--plot", "a.svg"), ("--report", "a.html"), ("--hdr", "a.hdr"), ("--save-baseline", "a.json")];

#[test]
fn each_measurement_of_a_stream_writes_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Path::new("test:320x240"), &["--fps", "30"]);
    let url = &server.stream[..];
    for args in [
        &["clients", url, "-n", "1,3", "--duration", "400ms", "--quiet"][..],
        &["slow", url, "--duration", "400ms", "--quiet"],
        &["path", url, "--duration", "400ms"],
        &["chunks", url, "--duration", "400ms"],
    ] {
        let end = bench(args, folder.path(), FILES);
        // A loaded machine may hurt B.
        assert!(matches!(end.code(), Some(0 | 1)), "{args:?}: {}", &*end.err);
        let svg = read(folder.path(), "a.svg");
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{args:?}: {svg}");
        let page = read(folder.path(), "a.html");
        assert!(page.contains("<svg ") && page.contains("prefers-color-scheme: dark"), "{args:?}");
        for outside in ["<script", "src=\"http", "href=\"http", "@import", "url("] {
            assert!(!page.contains(outside), "{args:?}: {outside}");
        }
        let baseline: Value = serde_json::from_str(&read(folder.path(), "a.json")).unwrap();
        assert_eq!(baseline["command"], args[0]);
        assert!(baseline["figures"].as_object().is_some_and(|it| it.len() > 3), "{baseline}");
        let merged = bench(&["merge", "--format", "json"], folder.path(), &[]);
        assert_eq!(merged.code(), Some(2), "without a file: {}", &*merged.err);
        let log = folder.path().join("a.hdr").display().to_string();
        let rows = |files: &[&str]| -> Vec<Value> {
            let merged =
                bench(&[&["merge", "--format", "json"][..], files].concat(), folder.path(), &[]).expect(0);
            let object: Value = serde_json::from_slice(&merged.out).unwrap();
            object["rows"].as_array().unwrap().clone()
        };
        let (once, twice) = (rows(&[&log]), rows(&[&log, &log]));
        assert!(!once.is_empty() && once.len() == twice.len());
        for (one, two) in once.iter().zip(&twice) {
            assert_eq!(one["count"].as_u64().unwrap() * 2, two["count"].as_u64().unwrap());
            assert_eq!(one["p99_ms"], two["p99_ms"]);
        }
    }
}

#[test]
fn a_baseline_finds_what_is_worse_and_refuses_other_settings() {
    let folder = tempfile::tempdir().unwrap();
    let fast = Server::start(Path::new("test:320x240"), &["--fps", "30"]);
    let slow = Server::start(Path::new("test:320x240"), &["--fps", "10"]);
    let args = |url: &'static str| ["path", url, "--duration", "1s"];
    let url = |server: &Server| -> &'static str { Box::leak(server.stream.clone().into_boxed_str()) };
    bench(&args(url(&fast)), folder.path(), &[("--save-baseline", "b.json")]).expect(0);
    let end = bench(
        &[&args(url(&slow))[..], &["--fail-on-regression=20", "--format", "json"]].concat(),
        folder.path(),
        &[("--baseline", "b.json")],
    )
    .expect(1);
    let object: Value = serde_json::from_slice(&end.out).unwrap();
    let figures = object["baseline"]["figures"].as_array().unwrap();
    let fps = figures.iter().find(|it| it["name"] == "fps").unwrap();
    assert_eq!(fps["is_regression"], true, "{object}");
    let end = bench(&["path", url(&slow), "--duration", "2s"], folder.path(), &[("--baseline", "b.json")]);
    assert_eq!(end.code(), Some(6));
    assert!(end.err.contains("--duration was 1s then and is 2s now"), "{}", &*end.err);
    let end = bench(&["slow", url(&slow)], folder.path(), &[("--baseline", "b.json")]);
    assert!(end.code() == Some(6) && end.err.contains("it is of bench path"), "{}", &*end.err);
}

#[test]
fn files_that_are_damaged_are_named_and_the_json_is_one_object() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let baseline = |value: &str| {
        format!(
            r#"{{"schema":"mjpeg.bench.baseline/1","command":"path","target":"","settings":{{"--duration":"10s","--frames":"none"}},"figures":{{"fps":{value}}},"noise":{{}}}}"#
        )
    };
    let bad = write("bad.json", "{");
    let negative = write("negative.json", &baseline("-1"));
    let huge = write("huge.json", &baseline("1e308"));
    let empty = write("empty.hdr", "");
    let header = write("header.hdr", "#[Histogram log format version 1.3]\n");
    let cut = write("cut.hdr", "1,2,3,HIST");
    let url = "http://127.0.0.1:1/";
    for (args, named) in [
        (&["clients", url, "--baseline", &bad][..], &bad[..]),
        (&["clients", url, "--pid", "999999999"], "no such process"),
        (&["slow", url, "--baseline", &bad], &bad),
        (&["chunks", url, "--baseline", &bad], &bad),
        (&["path", url, "--baseline", &bad], &bad),
        (&["path", url, "--baseline", &negative], "damaged: fps is -1e0"),
        (&["path", url, "--baseline", &huge], "damaged: fps is 1e308"),
        (&["merge", &empty], &empty),
        (&["merge", &header], &header),
        (&["merge", &cut], &cut),
    ] {
        let end = bench(&[args, &["--format", "json"]].concat(), folder.path(), &[]).expect(6);
        assert!(end.err.contains(named), "{args:?}: {}", &*end.err);
        let object: Value = serde_json::from_slice(&end.out).unwrap();
        assert!(object["schema"].is_string(), "{args:?}: {object}");
    }
}

/// The target does not exist, so a measurement would fail with 3.
#[test]
fn a_file_that_cannot_be_written_is_found_before_the_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let missing = PathBuf::from("no/such/folder/x");
    for (option, _) in FILES {
        for command in ["clients", "slow", "path", "chunks"] {
            let files = [(*option, missing.to_str().unwrap())];
            let end = bench(&[command, "http://127.0.0.1:1/"], folder.path(), &files);
            assert_eq!(end.code(), Some(6), "{command} {option}: {}", &*end.err);
            assert!(end.err.contains(&format!("cannot write {option} ")), "{}", &*end.err);
        }
    }
    let frames = kit::frames();
    let end = bench(&["chunks", frames.to_str().unwrap()], folder.path(), &[("--plot", "no/x")]).expect(6);
    assert!(end.err.contains("cannot write --plot "), "{}", &*end.err);
    let end = bench(&["path", "http://127.0.0.1:1/"], folder.path(), &[("--plot", "x"), ("--hdr", "x")]);
    assert_eq!(end.code(), Some(2), "{}", &*end.err);
}

#[test]
fn a_url_without_a_frame_is_stalled() {
    let camera = kit::camera::Camera::start(|connection: &mut kit::camera::Connection| {
        connection.send(kit::camera::HEAD.as_bytes());
        connection.send(b"--foo\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8");
        connection.wait_for_the_viewer_to_leave();
    });
    let end = run(&mut mjpeg(["bench", "chunks", &camera.url, "--duration", "300ms"]));
    assert_eq!(end.code(), Some(5), "{}", &*end.err);
}

/// The files take minutes.
#[test]
fn a_signal_ends_a_merge_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // A histogram with five digits up to the largest value: six million counts, which are all looked at.
    let large = "1,2,3,HISTEwAAAAMAAAAAAAAABQAAAAAAAAABf/////////8/8AAAAAAAAAIEAg==\n";
    fs::write(folder.path().join("large.hdr"), large.repeat(40)).unwrap();
    for (name, signal) in [("TERM", 15), ("INT", 2)] {
        let mut command = mjpeg(["bench", "merge", "--format", "json", "--hdr", "sum.hdr"]);
        let running = start(command.args(["large.hdr"; 100]).current_dir(folder.path()));
        kit::eventually("handlers of signals", || running.handles_signals().then_some(()));
        running.signal(name);
        let end = running.end();
        assert_eq!(end.status.signal(), Some(signal), "{}", &*end.err);
        let object: Value = serde_json::from_slice(&end.out).unwrap();
        assert_eq!(object["rows"], serde_json::json!([]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
