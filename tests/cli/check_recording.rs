//! `mjpeg check` of a directory of `mjpeg record`.

use crate::kit;

use std::fs;
use std::path::{Path, PathBuf};

use kit::camera::{Camera, HEAD, part};
use kit::picture::solid;
use kit::run::{Server, mjpeg, run};
use kit::verdict::{check, names};
use serde_json::Value;
use tempfile::TempDir;

/// A recording of six frames.
fn recording(more: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let mut record = mjpeg(["record", &server.stream]);
    run(record.arg(&out).args(["--frames", "6", "--hash", "--quiet"]).args(more)).expect(0);
    server.stop();
    (folder, out)
}

#[test]
fn a_recording_as_it_was_made_passes_with_its_times() {
    let (_folder, out) = recording(&[]);
    let (end, verdict) = check(out.to_str().unwrap(), &[]);
    end.expect(0);
    assert_eq!((&verdict["verdict"], &verdict["parts"]), (&"pass".into(), &6.into()));
    assert_eq!(verdict["frames"]["width"], 320);
    assert!(verdict["timing"]["fps"].as_f64().unwrap() > 20.0, "{verdict}");
    let text = run(&mut mjpeg(["check", out.to_str().unwrap()])).expect(0).text();
    assert!(text.contains(": pass\n  6 parts, "), "{text}");
}

#[test]
fn each_change_of_a_recording_has_its_rule() {
    for (change, rule) in [
        ("remove", "recording-file-missing"),
        ("cut", "recording-file-size"),
        ("flip", "recording-file-hash"),
        ("line", "recording-line"),
        ("frame", "recording-frame-missing"),
        ("outside", "recording-file-missing"),
    ] {
        let (_folder, out) = recording(&[]);
        let (file, manifest) = (out.join("frame-000004.jpg"), out.join("manifest.jsonl"));
        let jpeg = fs::read(&file).unwrap();
        let lines = fs::read_to_string(&manifest).unwrap();
        match change {
            "remove" => fs::remove_file(&file).unwrap(),
            "cut" => fs::write(&file, &jpeg[..jpeg.len() - 7]).unwrap(),
            "flip" => {
                let mut other = jpeg;
                // The density of JFIF: the picture stays as it is.
                other[15] ^= 1;
                fs::write(&file, other).unwrap();
            }
            "line" => fs::write(&manifest, format!("{lines}{{\"seq\":7,\"par\n")).unwrap(),
            "frame" => {
                let kept: Vec<&str> = lines.lines().filter(|line| !line.contains("000004")).collect();
                fs::write(&manifest, kept.join("\n") + "\n").unwrap();
            }
            _ => fs::write(&manifest, lines.replace("frame-000004.jpg", "../frame-000004.jpg")).unwrap(),
        }
        let (end, verdict) = check(out.to_str().unwrap(), &[]);
        end.expect(1);
        assert!(names(&verdict).contains(&rule), "{change}: {verdict}");
        let finding = verdict["findings"].as_array().unwrap().iter().find(|it| it["name"] == rule).unwrap();
        let (part, file) = match change {
            "line" => (Value::Null, "manifest.jsonl"),
            // The line behind the one that is missing.
            "frame" => (5.into(), "frame-000005.jpg"),
            "outside" => (4.into(), "../frame-000004.jpg"),
            _ => (4.into(), "frame-000004.jpg"),
        };
        assert_eq!(
            (&finding["severity"], &finding["part"], &finding["file"]),
            (&"error".into(), &part, &file.into()),
            "{change}"
        );
    }
}

#[test]
fn a_manifest_whose_last_line_is_cut_passes_with_a_warning_that_names_the_line() {
    let (_folder, out) = recording(&[]);
    let manifest = out.join("manifest.jsonl");
    let lines = fs::read(&manifest).unwrap();
    // As a recorder leaves it that is killed in the middle of a write, at each kind of place.
    for cut in [1, 2, 40, 100] {
        let lines = &lines[..lines.len() - cut];
        fs::write(&manifest, lines).unwrap();
        let (end, verdict) = check(out.to_str().unwrap(), &[]);
        end.expect(0);
        let found: &[&str] = if cut == 1 { &[] } else { &["recording-line-cut"] };
        assert_eq!(names(&verdict), found, "{cut}: {verdict}");
        let parts = if cut == 1 { 6 } else { 5 };
        assert_eq!(verdict["parts"], parts, "{cut}: {verdict}");
        let text = run(mjpeg(["inspect"]).arg(&out)).expect(0).text();
        if cut > 1 {
            let finding = &verdict["findings"][0];
            assert_eq!(
                (&finding["severity"], &finding["file"]),
                (&"warning".into(), &"manifest.jsonl".into())
            );
            assert!(
                finding["message"].as_str().unwrap().starts_with("line 6, the last one, is cut"),
                "{verdict}"
            );
            assert!(text.contains("line 6 of the manifest, the last one, is cut"), "{text}");
        }
    }
}

/// The remedy of R606 is to resume. A frame without its line is then known, and no error.
#[test]
fn a_recording_that_was_killed_and_resumed_passes() {
    let (_folder, out) = recording(&[]);
    let manifest = out.join("manifest.jsonl");
    let lines = fs::read(&manifest).unwrap();
    fs::write(&manifest, &lines[..lines.len() - 40]).unwrap();
    run(mjpeg(["record", "test:"]).arg(&out).args(["--frames", "2", "--quiet", "--resume"])).expect(0);
    let (end, verdict) = check(out.to_str().unwrap(), &[]);
    end.expect(0);
    let found = verdict["findings"].as_array().unwrap().iter().find(|it| it["code"] == "R607").unwrap();
    assert_eq!(
        (&found["severity"], &found["file"], &found["message"]),
        (&"info".into(), &"frame-000007.jpg".into(), &"frame 7 follows frame 5".into())
    );
    assert!(!names(&verdict).contains(&"recording-frame-missing"), "{verdict}");
}

/// The first part of the second run has a higher number and a later time than the last one of the first run.
#[test]
fn a_recording_that_was_resumed_at_a_later_part_passes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let server = Server::start(Path::new("test:320x240"), &["--fps", "15"]);
    for args in [["--frames", "2"].as_slice(), &["--skip", "5", "--frames", "10", "--resume"]] {
        run(mjpeg(["record", &server.stream, "--quiet"]).arg(&out).args(args)).expect(0);
    }
    server.stop();
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let resumed: Vec<bool> = manifest.lines().map(|line| line.contains("\"resumed\":true")).collect();
    assert_eq!(resumed.iter().filter(|it| **it).count(), 1);
    assert!(resumed[2]);
    let (end, verdict) = check(out.to_str().unwrap(), &[]);
    end.expect(0);
    assert!(!verdict["findings"].as_array().unwrap().iter().any(|it| it["code"] == "C517"), "{verdict}");
    // With the pause it would be below 10.
    let fps = verdict["timing"]["fps"].as_f64().unwrap();
    assert!((12.5..18.0).contains(&fps), "{verdict}");
}

#[test]
fn trimmed_and_damaged_frames_are_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let jpeg = solid([1, 2, 3], 32, 32);
    let padded = [&jpeg[..], b"\0\0\0"].concat();
    let camera = Camera::sending(
        HEAD,
        vec![part(&padded), part(&jpeg[..jpeg.len() / 2]), part(&jpeg), b"--foo--\r\n".to_vec()],
    );
    let end = run(mjpeg(["record", &camera.url]).arg(&out).args(["--trim", "--hash", "--quiet"]));
    assert_eq!(end.code(), Some(0), "{}", end.err);
    let (_, verdict) = check(out.to_str().unwrap(), &["--select", "R,J"]);
    let found = names(&verdict);
    assert!(found.iter().all(|name| !name.starts_with("recording-")), "{verdict}");
    assert!(found.contains(&"truncated"), "{verdict}");
}

#[test]
fn a_directory_without_a_manifest_is_no_recording() {
    let end = run(&mut mjpeg(["check", kit::repository("fixtures/jpeg").to_str().unwrap()])).expect(6);
    assert!(end.err.contains("manifest.jsonl") && end.err.contains("hint: "), "{}", end.err);
}

#[test]
fn numbers_of_any_size_in_a_manifest_are_no_panic() {
    for (from, to) in [
        ("\"seq\":2,", "\"seq\":18446744073709551615,"),
        ("\"offset\":", "\"offset\":1844674407370955"),
        ("\"body_bytes\":", "\"body_bytes\":184467440737095"),
        ("\"arrival_ms\":", "\"arrival_ms\":18446744073709551615"),
    ] {
        let (_folder, out) = recording(&[]);
        let manifest = out.join("manifest.jsonl");
        let lines = fs::read_to_string(&manifest).unwrap();
        assert!(lines.contains(from), "{lines}");
        fs::write(&manifest, lines.replace(from, to)).unwrap();
        for args in
            [&["check"][..], &["inspect"], &["inspect", "--hex", "32"], &["inspect", "--format", "json"]]
        {
            let end = run(mjpeg(args).arg(&out));
            assert!([Some(0), Some(1), Some(6)].contains(&end.code()), "{args:?} {to}: {}", end.err);
            assert!(!end.err.contains("panicked"), "{}", end.err);
        }
    }
}

#[test]
fn a_recording_without_any_of_its_files_fails_and_names_them() {
    let (_folder, out) = recording(&[]);
    for file in kit::jpegs(&out) {
        fs::remove_file(file).unwrap();
    }
    let (end, verdict) = check(out.to_str().unwrap(), &[]);
    end.expect(1);
    assert_eq!(
        (&verdict["verdict"], &verdict["findings"][0]["count"]),
        (&"fail".into(), &6.into()),
        "{verdict}"
    );
}

#[test]
fn a_finding_names_the_file_the_part_and_the_offset_of_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let jpeg = solid([1, 2, 3], 32, 32);
    let padded = [&jpeg[..], b"\0\0\0"].concat();
    // A part that is no picture has a number, and no line.
    let text = b"--foo\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi\r\n".to_vec();
    let camera =
        Camera::sending(HEAD, vec![part(&jpeg), text, part(&jpeg), part(&padded), b"--foo--\r\n".to_vec()]);
    run(mjpeg(["record", &camera.url]).arg(&out).arg("--quiet"));
    let lines = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let mut line = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = line.rfind(|line| line["file"] == "frame-000003.jpg").unwrap();
    let (_, verdict) = check(out.to_str().unwrap(), &["--select", "J304"]);
    let finding = &verdict["findings"][0];
    let eoi = line["offset"].as_u64().unwrap() + jpeg.len() as u64;
    assert_eq!(
        (&finding["file"], &finding["part"], &finding["offset"]),
        (&"frame-000003.jpg".into(), &line["part"], &eoi.into()),
        "{verdict}"
    );
    let text = run(&mut mjpeg(["check", out.to_str().unwrap(), "--select", "J304"])).text();
    let place = format!(": frame-000003.jpg, part {}, byte {eoi}: ", line["part"]);
    assert!(text.contains(&place), "{text}");
    // A resumed recording counts its parts from 1 again: the file tells which part is meant.
    let good = Camera::sending(HEAD, vec![part(&jpeg), part(&padded), b"--foo--\r\n".to_vec()]);
    let resumed = folder.path().join("resumed");
    let first = Camera::sending(HEAD, vec![part(&jpeg), part(&jpeg), part(&jpeg), b"--foo--\r\n".to_vec()]);
    for (camera, args) in [(&first, &["--quiet"][..]), (&good, &["--quiet", "--resume"])] {
        run(mjpeg(["record", &camera.url]).arg(&resumed).args(args)).expect(0);
    }
    let (_, verdict) = check(resumed.to_str().unwrap(), &["--select", "J304"]);
    let finding = &verdict["findings"][0];
    assert_eq!((&finding["file"], &finding["part"]), (&"frame-000005.jpg".into(), &2.into()), "{verdict}");
}

#[test]
fn a_cut_last_part_is_no_error_of_a_recording_as_it_is_none_of_a_capture() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = solid([1, 2, 3], 32, 32);
    for (name, last, is_error) in [
        ("cut", part(&jpeg)[..part(&jpeg).len() - 40].to_vec(), false),
        ("damaged", [part(&jpeg[..jpeg.len() / 2]), b"--foo--\r\n".to_vec()].concat(), true),
    ] {
        let (capture, out) = (folder.path().join(name), folder.path().join(format!("{name}.d")));
        fs::write(&capture, [HEAD.as_bytes(), &part(&jpeg), &part(&jpeg), &last].concat()).unwrap();
        run(mjpeg(["record"]).arg(&capture).arg(&out).arg("--quiet"));
        let mut found = Vec::new();
        for target in [&capture, &out] {
            let (end, verdict) = check(target.to_str().unwrap(), &["--select", "M240,J"]);
            let is_cut = names(&verdict).contains(&"cut");
            assert_eq!((end.code(), is_cut), (Some(i32::from(is_error)), !is_error), "{name}: {verdict}");
            found.push((verdict["end"].clone(), verdict["findings"][0]["offset"].clone()));
        }
        assert_eq!(found[0].0, found[1].0, "{name}");
        if !is_error {
            assert_eq!(found[0].1, found[1].1);
        }
    }
}
