//! `mjpeg serve` of captures and recordings that change or go while they are served.

use crate::kit;
use crate::serve_replay::{capture, jpegs, received_all};

use std::fs;
use std::path::{Path, PathBuf};

use kit::camera::{Camera, HEAD, part};
use kit::run::{Server, mjpeg, run};

/// A recording of two frames in `folder`.
fn recording(folder: &Path) -> PathBuf {
    let jpegs = jpegs();
    let out = folder.join("out");
    let stream = vec![part(&jpegs[0]), part(&jpegs[1]), b"--foo--\r\n".to_vec()];
    let camera = Camera::sending(HEAD, stream);
    run(mjpeg(["record", &camera.url, "--quiet"]).arg(&out)).expect(0);
    out
}

#[test]
fn a_replay_whose_frames_are_gone_is_a_failure() {
    for args in [["--once"].as_slice(), &["--loops", "3"]] {
        let folder = tempfile::tempdir().unwrap();
        let out = recording(folder.path());
        let server = Server::start(&out, &[&["--timing", "manifest"], args].concat());
        kit::jpegs(&out).into_iter().for_each(|file| fs::remove_file(file).unwrap());
        let _ = received_all(server.address());
        let end = server.run.end().expect(6);
        assert!(end.err.contains("no frame of its manifest can be opened"), "{}", end.err);
    }
}

#[test]
fn a_capture_that_was_emptied_or_cut_is_a_failure() {
    for left in [0, 300] {
        let folder = tempfile::tempdir().unwrap();
        let pieces: Vec<(Vec<u8>, u64)> = jpegs().iter().map(|jpeg| (part(jpeg), 0)).collect();
        let path = capture(folder.path(), &[&[(HEAD.into(), 0)], &pieces[..]].concat(), "");
        let server = Server::start(&path, &["--once"]);
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(left).unwrap();
        let _ = received_all(server.address());
        let end = server.run.end().expect(6);
        assert!(end.err.contains("it has become shorter"), "{left}: {}", end.err);
    }
}

#[test]
fn each_viewer_of_a_recording_gets_the_frames_that_are_there_now() {
    let folder = tempfile::tempdir().unwrap();
    let out = recording(folder.path());
    let server = Server::start(&out, &["--timing", "manifest", "--loops", "2"]);
    // As `record --keep` does it: a new file under the same name, and the first frame is gone.
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let first = kit::jpegs(&out).remove(0);
    fs::copy(&first, out.join("frame-000003.jpg")).unwrap();
    let last = manifest.lines().last().unwrap();
    let text = format!("{last}\n{}\n", last.replace("000002", "000003"));
    fs::write(out.join("new"), text).unwrap();
    fs::rename(out.join("new"), out.join("manifest.jsonl")).unwrap();
    fs::remove_file(first).unwrap();
    let (bytes, _) = received_all(server.address());
    let is_there = |jpeg: &[u8]| bytes.windows(jpeg.len()).filter(|it| *it == jpeg).count();
    let jpegs = jpegs();
    assert_eq!((is_there(&jpegs[1]), is_there(&jpegs[0])), (2, 2));
    server.run.end().expect(0);
}
