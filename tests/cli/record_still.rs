//! `mjpeg record TARGET still.jpg --frames 1`, and what a summary says in words.

use crate::kit;

use std::fs;
use std::path::Path;
use std::time::Instant;

use kit::run::{mjpeg, run, start};

#[test]
fn an_out_that_is_named_as_a_picture_is_the_file_of_one_frame() {
    let dir = tempfile::tempdir().unwrap();
    let record = |out: &Path, args: &[&str]| run(mjpeg(["record", "test:160x120"]).arg(out).args(args));
    let still = dir.path().join("still.JPG");
    record(&still, &["--frames", "1"]).expect(0);
    let jpeg = fs::read(&still).unwrap();
    assert!(jpeg.starts_with(b"\xff\xd8") && jpeg.ends_with(b"\xff\xd9"));
    // Nothing else is written, and what is there stays unless that is asked for.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    fs::write(&still, "mine").unwrap();
    let end = record(&still, &["--frames", "1"]).expect(6);
    assert!(end.err.contains("--force"), "{}", end.err);
    assert_eq!(fs::read(&still).unwrap(), b"mine");
    record(&still, &["--frames", "1", "--force"]).expect(0);
    assert!(fs::read(&still).unwrap() == jpeg);
}

#[test]
fn more_frames_do_not_fit_into_the_name_of_a_picture() {
    let dir = tempfile::tempdir().unwrap();
    let still = dir.path().join("still.jpeg");
    for args in [
        &["--frames", "2"][..],
        &["--duration", "1s"],
        &[],
        &["--frames", "1", "--resume"],
        &["--frames", "1", "--hash"],
        &["--frames", "1", "--keep", "3"],
        &["--frames", "1", "--concat", "all"],
    ] {
        run(mjpeg(["record", "test:160x120"]).arg(&still).args(args)).expect(2);
        assert!(!still.exists(), "{args:?}");
    }
    let end = run(mjpeg(["record", "test:160x120"]).arg(&still)).expect(2);
    assert!(end.err.contains("--frames 1") && end.err.contains("still.jpeg/"), "{}", end.err);
    // A directory may have such a name.
    let folder = format!("{}/", still.display());
    run(&mut mjpeg(["record", "test:160x120", &folder, "--frames", "2"])).expect(0);
    assert_eq!(kit::jpegs(&still).len(), 2);
}

#[test]
fn a_name_of_a_file_that_out_is_not_is_refused_with_what_to_write_instead() {
    let dir = tempfile::tempdir().unwrap();
    for (name, instead) in [
        ("still.png", "still.jpg with --frames 1"),
        ("night.MKV", "--mkv"),
        ("night.mp4", "night.mkv"),
        ("all.mjpeg", "--concat"),
        ("site.http", "--raw"),
    ] {
        let out = dir.path().join(name);
        let end = run(mjpeg(["record", "test:160x120", "--frames", "1"]).arg(&out)).expect(2);
        assert!(end.err.contains(instead) && end.err.contains(&format!("{name}/")), "{}", end.err);
        assert!(!out.exists(), "{name}");
        let folder = format!("{}/", out.display());
        run(&mut mjpeg(["record", "test:160x120", &folder, "--frames", "1"])).expect(0);
        assert_eq!(kit::jpegs(&out).len(), 1);
    }
}

#[test]
fn a_test_pattern_without_a_goal_comes_at_its_rate() {
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let recording = start(mjpeg(["record", "test:160x120"]).arg(dir.path()));
    kit::eventually("frames", || (kit::jpegs(dir.path()).len() >= 20).then_some(()));
    let took = began.elapsed().as_secs_f64();
    assert!(took > 1.2, "20 frames in {took:.1} s");
    recording.signal("INT");
    let end = recording.end().expect(0);
    assert!(end.text().contains("; ended by a signal"), "{}", end.text());
}

#[test]
fn a_summary_has_words_and_none_is_printed_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let goal = run(mjpeg(["record", "test:", "--frames", "2"]).arg(dir.path().join("goal"))).expect(0);
    assert!(goal.text().contains("; the goal was reached"), "{}", goal.text());
    assert!(goal.text().contains(", markers checked (--deep: all data);"), "{}", goal.text());
    let deep =
        run(mjpeg(["record", "test:", "--frames", "2", "--deep"]).arg(dir.path().join("deep"))).expect(0);
    assert!(deep.text().contains(", all data checked;"), "{}", deep.text());
    let first = kit::jpegs(&kit::frames()).remove(0);
    let closed = run(mjpeg(["record"]).arg(first).arg(dir.path().join("closed"))).expect(0);
    assert!(closed.text().contains("; the stream ended"), "{}", closed.text());
    let missing = run(mjpeg(["record", "no-such-file"]).arg(dir.path().join("none"))).expect(6);
    assert_eq!(missing.text(), "");
    assert!(missing.err.starts_with("mjpeg: record: cannot open no-such-file"), "{}", missing.err);
    let capped = run(&mut mjpeg(["check", "test:", "--frames", "2"]));
    assert!(capped.text().contains("end: limit reached"), "{}", capped.text());
}
