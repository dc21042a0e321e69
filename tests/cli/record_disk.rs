//! `mjpeg record` to a disk that is full.

use crate::kit;
use crate::record::summary;

use std::fs;
use std::process::Command;

use kit::run::run;

#[test]
fn a_full_disk_is_a_local_failure_and_leaves_no_partial_file() {
    // A test cannot fill a disk. A limit on the size of files has the same effect.
    let dir = tempfile::tempdir().unwrap();
    let (program, out) = (env!("CARGO_BIN_EXE_mjpeg"), dir.path().display());
    let script =
        format!("ulimit -f 8; trap '' XFSZ; exec {program} record test:1280x720 {out} --frames 5 --quiet");
    let end = run(Command::new("sh").args(["-c", &script]));
    assert!(end.err.contains("cannot write") && end.err.contains("frame-000001.jpg"), "{}", end.err);
    end.expect(6);
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["manifest.jsonl"]);
}

#[test]
fn a_disk_that_is_full_from_the_start_leaves_no_empty_file() {
    let dir = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_mjpeg");
    for (out, name) in
        [("still.jpg", "still.jpg"), ("--concat all.mjpeg", "all.mjpeg"), ("--mkv a.mkv", "a.mkv")]
    {
        let script =
            format!("ulimit -f 0; trap '' XFSZ; exec {program} record test: {out} --frames 1 --quiet");
        let end = run(Command::new("sh").args(["-c", &script]).current_dir(dir.path())).expect(6);
        assert!(end.err.contains(&format!("cannot write {name}")), "{}", end.err);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{name}");
        // An earlier file is kept.
        fs::write(dir.path().join(name), "earlier").unwrap();
        let end =
            Command::new("sh").args(["-c", &format!("{script} --force")]).current_dir(dir.path()).status();
        assert_eq!(end.unwrap().code(), Some(6), "{name}");
        assert_eq!(fs::read(dir.path().join(name)).unwrap(), b"earlier");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{name}");
        fs::remove_file(dir.path().join(name)).unwrap();
    }
}

#[test]
fn a_full_disk_leaves_whole_frames_in_the_file_of_concat_and_the_summary_counts_them() {
    let dir = tempfile::tempdir().unwrap();
    let [source, all] = ["source.mjpeg", "all.mjpeg"].map(|name| dir.path().join(name));
    let frames = kit::contents(&kit::frames());
    fs::write(&source, frames.concat().repeat(4)).unwrap();
    let program = env!("CARGO_BIN_EXE_mjpeg");
    let (from, to) = (source.display(), all.display());
    let script = format!(
        "ulimit -f 150; trap '' XFSZ; exec {program} record {from} --concat {to} --format json --quiet"
    );
    let end = run(Command::new("sh").args(["-c", &script]));
    assert!(end.err.contains("cannot write") && end.err.contains("all.mjpeg"), "{}", end.err);
    let (summary, end) = (summary(&end), end.expect(6));
    let recorded = fs::read(&all).unwrap();
    assert!(recorded.len() > 50_000, "{} {}", recorded.len(), end.err);
    let mut whole = 0;
    let count = frames.iter().cycle().take_while(|frame| {
        whole += frame.len();
        whole <= recorded.len()
    });
    let count = count.count();
    let expected: Vec<u8> = frames.iter().cycle().take(count).flatten().copied().collect();
    assert!(recorded == expected, "not whole frames: {} bytes", recorded.len());
    assert_eq!(
        (&summary["frames_written"], &summary["bytes_written"]),
        (&count.into(), &recorded.len().into())
    );
}
