//! Recordings and captures without a picture: `check` and `inspect` agree that they are no stream.

use crate::kit;

use std::fs;
use std::path::{Path, PathBuf};

use kit::camera::HEAD;
use kit::picture::solid;
use kit::run::{mjpeg, run};
use serde_json::Value;
use tempfile::TempDir;

/// A directory with a manifest.
fn recording(folder: &TempDir, name: &str, manifest: &str) -> PathBuf {
    let out = folder.path().join(name);
    fs::create_dir(&out).unwrap();
    fs::write(out.join("manifest.jsonl"), manifest).unwrap();
    out
}

/// The one message on standard error, without the target.
fn why(err: &str) -> &str {
    err.split_once(": no complete part was found: ").unwrap_or_else(|| panic!("{err}")).1.trim_end()
}

fn agree(target: &Path) -> String {
    run(mjpeg(["check"]).arg(target)).expect(4);
    let end = run(mjpeg(["inspect"]).arg(target)).expect(4);
    let json = run(mjpeg(["inspect", "--format", "json"]).arg(target)).expect(4);
    let object: Value = json.text().lines().last().map(|line| serde_json::from_str(line).unwrap()).unwrap();
    assert_eq!(object["verdict"], "not_a_stream", "{object}");
    assert_eq!(object["target"], target.to_str().unwrap());
    let diff = run(mjpeg(["inspect"]).arg(target).arg("--diff").arg(target)).expect(4);
    assert_eq!((&*diff.err, &*json.err), (&*end.err.repeat(2), &*end.err));
    end.err.to_owned()
}

#[test]
fn a_recording_without_a_whole_picture_is_no_stream() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = "{\"part\":1,\"offset\":96,\"damage\":\"broken\"}\n";
    for (name, manifest, expected) in [
        ("empty", String::new(), "the manifest has no line"),
        ("cut", damaged[..20].into(), "line 1 of the manifest, the last one, is cut"),
        ("damaged", damaged.repeat(2), "no line of the manifest has a whole picture"),
    ] {
        let err = agree(&recording(&folder, name, &manifest));
        assert_eq!(why(&err), expected);
    }
    // The connection ended inside of the only part.
    let jpeg = solid([1, 2, 3], 32, 32);
    let cut =
        recording(&folder, "inside", "{\"part\":1,\"offset\":96,\"file\":\"1.jpg\",\"damage\":\"no-eoi\"}\n");
    fs::write(cut.join("1.jpg"), &jpeg[..jpeg.len() - 40]).unwrap();
    for args in [&[][..], &["--frames", "1"]] {
        run(mjpeg(["check"]).arg(&cut).args(args)).expect(4);
        run(mjpeg(["inspect"]).arg(&cut).args(args)).expect(4);
    }
    assert_eq!(why(&agree(&cut)), "no line of the manifest has a whole picture");
}

#[test]
fn a_recording_whose_first_lines_have_no_picture_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = "{\"part\":1,\"offset\":96,\"damage\":\"broken\"}\n";
    let out =
        recording(&folder, "out", &(damaged.to_owned() + "{\"part\":2,\"offset\":900,\"file\":\"2.jpg\"}\n"));
    fs::write(out.join("2.jpg"), solid([1, 2, 3], 32, 32)).unwrap();
    for args in [&[][..], &["--frames", "1"]] {
        run(mjpeg(["check"]).arg(&out).args(args)).expect(0);
        run(mjpeg(["inspect"]).arg(&out).args(args)).expect(0);
    }
}

#[test]
fn a_capture_without_a_part_is_no_stream() {
    let folder = tempfile::tempdir().unwrap();
    let part = "--foo\r\nContent-Type: image/jpeg\r\nContent-Length: 100\r\n\r\n";
    for (name, bytes) in [
        ("empty.http", String::new()),
        ("line", "\n".into()),
        ("half-a-head", HEAD[..30].into()),
        ("head", HEAD.into()),
        ("head-of-a-part", [HEAD, part].concat()),
        ("close-delimiter", [HEAD, "--foo--\r\n"].concat()),
        ("text", "hello".into()),
    ] {
        let capture = folder.path().join(name);
        fs::write(&capture, bytes).unwrap();
        agree(&capture);
    }
}
