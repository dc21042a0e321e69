//! `mjpeg record`: recordings that go on (`--resume`) and that keep their newest frames (`--keep`).

use crate::kit;
use crate::record::{manifest, record, summary};
use crate::record_out::{names, without_line};

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use kit::run::{Server, mjpeg, start};
use serde_json::Value;

#[test]
fn resume_goes_on_behind_the_last_number_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (out, all) = (dir.path().join("out"), dir.path().join("all.mjpeg"));
    let places = ["--resume", "--concat", all.to_str().unwrap(), "--name", "a/{seq:3}.jpg"];
    record("test:", &out, &[&["--frames", "3"], &places[..]].concat()).expect(0);
    // A whole frame whose line was lost, and half a line.
    fs::write(out.join("a/004.jpg"), "mine").unwrap();
    let before = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    fs::write(out.join("manifest.jsonl"), format!("{before}{{\"seq\":4,\"pa")).unwrap();
    let end = record("test:", &out, &[&["--frames", "2"], &places[..]].concat()).expect(0);
    assert_eq!(summary(&end)["frames_written"], 2);
    let after = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    assert!(after.starts_with(&before), "{after}");
    let files: Vec<Value> = manifest(&out)[3..].iter().map(|line| line["file"].clone()).collect();
    assert_eq!(files, ["a/005.jpg", "a/006.jpg"]);
    assert_eq!(fs::read(out.join("a/004.jpg")).unwrap(), b"mine");
    let plain = dir.path().join("plain");
    record("test:", &plain, &["--frames", "3"]).expect(0);
    let frames = kit::contents(&plain);
    assert!(fs::read(&all).unwrap() == [&frames[..3], &frames[..2]].concat().concat());
    // With --force, files of the earlier names go too, and other files stay.
    fs::write(out.join("notes.txt"), "mine").unwrap();
    record("test:", &out, &["--frames", "1", "--force"]).expect(0);
    assert_eq!(names(&out), ["a", "frame-000001.jpg", "manifest.jsonl", "notes.txt"]);
    assert_eq!(names(&out.join("a")), ["004.jpg"]);
}

#[test]
fn a_ring_keeps_the_newest_frames_and_their_lines() {
    let dir = tempfile::tempdir().unwrap();
    let size: u64 = kit::contents(&kit::frames()).iter().map(|jpeg| jpeg.len() as u64).max().unwrap();
    for (keep, least, most) in
        [("3", 3, 3), ("32", 32, 34), (&format!("{}k", size * 5 / 1024), 3, 5), ("1h", 100, 100)]
    {
        let out = dir.path().join(keep);
        for run in [["--frames", "60"], ["--frames", "40"]] {
            let end = record("test:", &out, &[&run[..], &["--keep", keep, "--resume"]].concat()).expect(0);
            assert_eq!(summary(&end)["frames_written"], run[1].parse::<u64>().unwrap());
        }
        assert_eq!(without_line(&out), 0);
        let seqs: Vec<u64> = manifest(&out).iter().map(|line| line["seq"].as_u64().unwrap()).collect();
        assert!(
            (least..=most).contains(&seqs.len()) && seqs.len() == kit::jpegs(&out).len(),
            "{keep}: {seqs:?}"
        );
        assert!(seqs.ends_with(&[99, 100]) && seqs.is_sorted(), "{keep}: {seqs:?}");
    }
    // Parts without a body have lines only.
    let stream = dir.path().join("empty.http");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";
    fs::write(&stream, format!("{head}{}", "--b\r\n\r\n\r\n".repeat(20_000))).unwrap();
    let out = dir.path().join("empty");
    record(stream.to_str().unwrap(), &out, &["--keep", "50k"]).expect(1);
    let lines = fs::metadata(out.join("manifest.jsonl")).unwrap().len();
    assert!((40 << 10..=50 << 10).contains(&lines), "{lines}");
    // By age: the old frames go while new ones come.
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let out = dir.path().join("age");
    let end = record(&server.stream, &out, &["--duration", "2s", "--keep", "500ms"]).expect(0);
    let (kept, written) = (kit::jpegs(&out).len(), summary(&end)["frames_written"].as_u64().unwrap());
    assert!(kept >= 2 && (kept as u64) < written * 2 / 3, "{kept} of {written}");
    assert_eq!(without_line(&out), 0);
}

/// Wrong clocks: an earlier run, or another machine, wrote files with a time that is not yet.
#[test]
fn frames_from_the_future_do_not_stop_a_ring() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    record("test:", &out, &["--frames", "5"]).expect(0);
    let future = SystemTime::now() + Duration::from_secs(400_000_000);
    for file in kit::jpegs(&out) {
        File::options().append(true).open(file).unwrap().set_modified(future).unwrap();
    }
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    record(&server.stream, &out, &["--duration", "2s", "--keep", "500ms", "--resume"]).expect(0);
    let seqs: Vec<u64> = manifest(&out).iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!(seqs[0] > 5 && seqs.len() == kit::jpegs(&out).len(), "{seqs:?}");
}

#[test]
fn files_without_a_line_go_too_in_a_ring() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    record("test:", &out, &["--frames", "5"]).expect(0);
    // As after kill -9: a frame whose line is not written yet, and one whose line was removed before it.
    fs::copy(out.join("frame-000005.jpg"), out.join("frame-000006.jpg")).unwrap();
    let lines = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    fs::write(out.join("manifest.jsonl"), lines.split_once('\n').unwrap().1).unwrap();
    record("test:", &out, &["--frames", "20", "--keep", "8", "--resume"]).expect(0);
    let seqs: Vec<u64> = manifest(&out).iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (19..=26).collect::<Vec<u64>>());
    assert_eq!(kit::jpegs(&out).len(), 8);
    assert_eq!(without_line(&out), 0);
}

#[test]
fn out_may_be_moved_while_a_ring_is_recorded_to() {
    let dir = tempfile::tempdir().unwrap();
    let (out, moved) = (dir.path().join("out"), dir.path().join("moved"));
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let run = start(
        mjpeg(["record", &server.stream]).arg(&out).args(["--frames", "100", "--keep", "20", "--quiet"]),
    );
    kit::eventually("some frames", || fs::metadata(out.join("frame-000005.jpg")).ok());
    fs::rename(&out, &moved).unwrap();
    // Another recording where it was.
    record("test:", &out, &["--frames", "3"]).expect(0);
    run.end().expect(0);
    let seqs: Vec<u64> = manifest(&moved).iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!((20..=21).contains(&seqs.len()) && seqs.ends_with(&[99, 100]), "{seqs:?}");
    assert_eq!(kit::jpegs(&moved).len(), seqs.len());
    assert_eq!((manifest(&out).len(), kit::jpegs(&out).len()), (3, 3));
}
