//! `mjpeg record --targets FILE OUT`: several cameras at the same time.

use crate::kit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kit::camera::{Camera, HEAD, part};
use kit::run::{End, Server, mjpeg, run, start, start_with_input};
use serde_json::Value;

fn list(folder: &Path, lines: &str) -> PathBuf {
    let path = folder.join("cameras.txt");
    fs::write(&path, lines).unwrap();
    path
}

fn record(list: &Path, out: &Path, args: &[&str]) -> End {
    run(mjpeg(["record", "--quiet", "--format", "json", "--targets"]).arg(list).arg(out).args(args))
}

/// The summaries by the names of their targets.
fn summaries(end: &End) -> Vec<(String, Value)> {
    let summary = |line: &str| {
        let summary: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        (summary["name"].as_str().unwrap().to_string(), summary)
    };
    let mut summaries: Vec<_> = end.text().lines().map(summary).collect();
    summaries.sort_by(|a, b| a.0.cmp(&b.0));
    summaries
}

#[test]
fn each_target_has_its_directory_its_options_and_its_summary_and_one_failure_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let silent = Camera::start(|connection| {
        connection.send(HEAD.as_bytes());
        connection.wait_for_the_viewer_to_leave();
    });
    let mkv = folder.path().join("front.mkv");
    let lines = format!(
        "# cameras\n\nfront {0} --mkv '{1}'   # the door\n'back door' {0} --frames 7 --hash\r\n\
        gone http://user:secret@127.0.0.1:1/ --connect-timeout 1s\nsilent {2} --idle 300ms\npattern test:160x120\n",
        server.stream,
        mkv.display(),
        silent.url
    );
    let out = folder.path().join("out");
    let end = record(&list(folder.path(), &lines), &out, &["--frames", "12"]);
    assert!(!end.text().contains("secret") && !end.err.contains("secret"), "{}", end.err);
    let messages: Vec<&str> = end.err.lines().collect();
    assert_eq!(messages.len(), 2, "{}", end.err);
    for name in ["gone", "silent"] {
        let start = format!("mjpeg: record: {name}: ");
        assert!(messages.iter().any(|line| line.starts_with(&start)), "{}", end.err);
    }
    let summaries = summaries(&end);
    let seen: Vec<_> = summaries
        .iter()
        .map(|(name, it)| (name.as_str(), it["frames_written"].as_u64().unwrap(), it["end"].as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("back door", 7, Some("goal")),
            ("front", 12, Some("goal")),
            ("gone", 0, None),
            ("pattern", 12, Some("goal")),
            ("silent", 0, Some("stalled")),
        ]
    );
    assert_eq!(summaries[2].1["target"], "http://user:(redacted)@127.0.0.1:1/");
    assert_eq!(summaries[1].1["target"], server.stream);
    for (name, frames) in [("back door", 7), ("front", 12), ("pattern", 12)] {
        assert_eq!(kit::jpegs(&out.join(name)).len(), frames, "{name}");
    }
    let manifest = |name: &str| fs::read_to_string(out.join(name).join("manifest.jsonl")).unwrap();
    assert!(manifest("back door").contains("sha256") && !manifest("front").contains("sha256"));
    assert!(fs::metadata(&mkv).unwrap().len() > 1000);
    assert!(!out.join("gone").exists());
    // 5 (stalled) is higher than 3 (unreachable).
    end.expect(5);
}

#[test]
fn a_signal_ends_all_recordings_with_their_summaries() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let lines: String = (0..20).map(|n| format!("cam{n} {}\n", server.stream)).collect();
    for (goal, code) in [(&[][..], Some(0)), (&["--frames", "100000"], None)] {
        let out = folder.path().join(format!("out{}", goal.len()));
        let mut command = mjpeg(["record", "--quiet", "--format", "json", "--targets", "-"]);
        let mut recording = start_with_input(command.arg(&out).args(goal).stdin(Stdio::piped()));
        use std::io::Write;
        recording.child().stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let count = |n: usize| kit::jpegs(&out.join(format!("cam{n}"))).len();
        kit::eventually("frames of all", || {
            (0..20).all(|n| out.join(format!("cam{n}/frame-000003.jpg")).exists()).then_some(())
        });
        recording.signal("TERM");
        let end = recording.end();
        assert_eq!(end.code(), code, "{}", end.err);
        let summaries = summaries(&end);
        assert_eq!(summaries.len(), 20);
        for (n, (name, summary)) in summaries.iter().enumerate() {
            let number = name.strip_prefix("cam").unwrap().parse().unwrap();
            assert_eq!(summary["end"], "signal", "{n}");
            assert_eq!(summary["frames_written"], count(number));
        }
    }
}

#[test]
fn progress_has_a_line_for_each_target() {
    let folder = tempfile::tempdir().unwrap();
    let camera = || {
        let jpeg = kit::contents(&kit::frames()).swap_remove(0);
        Camera::start(move |connection| {
            connection.send(HEAD.as_bytes());
            connection.send(&part(&jpeg));
            connection.wait_for_the_viewer_to_leave();
        })
    };
    let (one, two) = (camera(), camera());
    let file = list(folder.path(), &format!("one {}\ntwo {} --duration 60s\n", one.url, two.url));
    let plain =
        start(mjpeg(["record", "--duration", "6s", "--targets"]).arg(&file).arg(folder.path().join("plain")));
    plain.says("Z one: 1 frame, 10.1 kB, ");
    plain.says("Z two: 1 frame, 10.1 kB, ");
    plain.says(" s ago, 5/60 s");
    assert_eq!(plain.line().split(',').next(), Some("one: 1 frame"));
    plain.signal("TERM");
    assert!(plain.end().text().contains("two: 1 frame, "));
}

#[test]
fn a_list_that_cannot_be_recorded_is_refused_before_anything_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (lines, why) in [
        ("front http://a/\nfront http://b/\n", "cameras.txt:2: line 1 has the name front too"),
        ("# x\n../front http://a/\n", "cameras.txt:2: the name has a `/`"),
        ("front http://a/ --force", "cameras.txt:1: --force is for the whole run"),
        ("front http://a/ --frames 0", "cameras.txt:1: invalid value '0' for '--frames <N>'"),
        ("front a.http --fps 3", "cameras.txt:1: --fps needs a live stream"),
        ("front http://a/ --mkv x --raw x", "cameras.txt:1: --concat, --mkv and --raw need a file each"),
        ("a http://a/ --mkv x\nb http://a/ --raw ./x", "a and b would both write "),
        ("front http://u:secret@a:99999/", "cameras.txt:1: http://u:(redacted)@a:99999/"),
        ("# nothing\n", "cameras.txt has no target"),
    ] {
        let refused = record(&list(folder.path(), lines), &out, &[]);
        assert!(refused.err.contains(why) && !refused.err.contains("secret"), "{lines}: {}", refused.err);
        refused.expect(6);
        assert!(!out.exists());
    }
    let missing = record(&folder.path().join("missing"), &out, &[]);
    assert!(missing.err.contains("cannot read the targets in "), "{}", missing.err);
    missing.expect(6);
    let url = record(Path::new("http://u:secret@a/?pwd=secret"), &out, &[]).expect(6);
    assert!(!url.err.contains("secret"), "{}", url.err);
    let file = list(folder.path(), "front http://a/\n");
    for (args, why) in [(&["--mkv", "x"][..], "line"), (&["more"], "OUT")] {
        let refused = record(&file, &out, args);
        assert!(refused.err.contains(why), "{}", refused.err);
        refused.expect(2);
    }
    record(&file, Path::new("http://a/"), &[]).expect(2);
    let without_out = run(mjpeg(["record", "--targets"]).arg(&file));
    assert!(without_out.err.contains("name a directory as OUT"), "{}", without_out.err);
    assert!(!without_out.err.contains("<TARGET>"), "{}", without_out.err);
    without_out.expect(2);
    let nothing = run(&mut mjpeg(["record"]));
    assert!(nothing.err.contains("<TARGET>"), "{}", nothing.err);
    nothing.expect(2);
    let many: String = (0..1001).map(|n| format!("n{n} http://127.0.0.1:1/\n")).collect();
    let many = record(&list(folder.path(), &many), &out, &[]).expect(6);
    assert!(many.err.contains("hint: split the list"), "{}", many.err);
}
