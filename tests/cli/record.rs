//! `mjpeg record`: the files it writes.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::camera::{Camera, HEAD, chunk, part};
use kit::run::{End, Server, mjpeg, run};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub fn record(target: &str, out: &Path, args: &[&str]) -> End {
    run(mjpeg(["record", target]).arg(out).args(["--format", "json", "--quiet"]).args(args))
}

pub fn summary(end: &End) -> Value {
    serde_json::from_slice(&end.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", end.text(), end.err))
}

pub fn manifest(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_served_directory_is_recorded_bit_for_bit() {
    let server = Server::start(&kit::frames(), &["--fps", "200"]);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("new/out");
    let end = record(&server.stream, &out, &["--frames", "30", "--hash"]).expect(0);
    let summary = summary(&end);
    assert_eq!((&summary["schema"], &summary["end"]), (&"mjpeg.record/1".into(), &"goal".into()));
    assert_eq!(summary["frames_written"], 30);
    assert!(summary["fps"].as_f64().unwrap() > 20.0, "{summary}");
    let mut recorded = kit::contents(&out);
    assert_eq!(manifest(&out).len(), 30);
    for (line, jpeg) in manifest(&out).iter().zip(&recorded) {
        assert_eq!(line["sha256"], sha256(jpeg));
        assert_eq!(line["body_bytes"], jpeg.len());
        assert!(line["arrival_ms"].as_f64().is_some() && line.get("damage").is_none());
    }
    let mut served = kit::contents(&kit::frames());
    recorded.sort();
    served.sort();
    assert!(recorded == served, "the frames differ");
}

#[test]
fn the_frames_of_captures_are_recorded_exactly() {
    for entry in fs::read_dir(kit::repository("fixtures/captures")).unwrap() {
        let capture = entry.unwrap().path();
        if capture.extension().is_none_or(|extension| extension != "http") {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let end = record(capture.to_str().unwrap(), dir.path(), &[]).expect(0);
        let about: Value =
            serde_json::from_slice(&fs::read(capture.with_extension("json")).unwrap()).unwrap();
        let hashes: Vec<Value> = kit::contents(dir.path()).iter().map(|jpeg| sha256(jpeg).into()).collect();
        assert_eq!(about["frames_sha256"], Value::from(hashes), "{}", capture.display());
        let summary = summary(&end);
        assert_eq!((&summary["end"], &summary["frames_damaged"]), (&"truncated".into(), &1.into()));
        let last = manifest(dir.path()).pop().unwrap();
        assert_eq!((&last["damage"], &last["file"]), (&"no-eoi".into(), &"damaged/frame-000001.jpg".into()));
        assert!(last.get("seq").is_none());
        let damaged = fs::read(dir.path().join("damaged/frame-000001.jpg")).unwrap();
        assert_eq!(last["body_bytes"], damaged.len());
    }
}

/// The frames of the fixtures are older than the coded strip: four rows of boxes of eight pixels.
#[test]
fn the_documented_command_makes_the_fixture_frames_and_their_strips() {
    const STRIP: u32 = 4 * 8;
    let dir = tempfile::tempdir().unwrap();
    record("test:", dir.path(), &["--frames", "30"]).expect(0);
    let (made, fixtures) = (kit::contents(dir.path()), kit::contents(&kit::frames()));
    assert_eq!((made.len(), fixtures.len()), (30, 30));
    for (number, (made, fixture)) in made.iter().zip(&fixtures).enumerate() {
        let below = |jpeg: &[u8]| {
            let picture = image::load_from_memory(jpeg).unwrap();
            picture.crop_imm(0, STRIP, picture.width(), picture.height() - STRIP).into_rgb8()
        };
        assert!(below(made) == below(fixture), "the test pattern has changed: frame {}", number + 1);
    }
    for frames in [made, fixtures] {
        let mut sizes: Vec<usize> = frames.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        sizes.dedup();
        assert_eq!(sizes.len(), 30, "two frames have the same size");
        assert!(sizes[0] >= 8_000 && sizes[29] <= 15_000, "{sizes:?}");
    }
}

#[test]
fn response_heads_that_http_clients_refuse_are_read() {
    let frames = kit::contents(&kit::frames());
    let parts: Vec<Vec<u8>> = frames[..3].iter().map(|jpeg| part(jpeg)).collect();
    let chunks: Vec<Vec<u8>> = parts.iter().map(|part| chunk(part)).chain([b"0\r\n\r\n".to_vec()]).collect();
    for (head, pieces) in [
        (HEAD.replace("HTTP/1.1", "ICY"), &parts),
        (HEAD.replace("\r\n", "\n"), &parts),
        (HEAD.replace("Connection: close", "Content-Length: -1"), &parts),
        (HEAD.replace("Connection: close", "Content-Length: 0"), &parts),
        (HEAD.replace("Connection: close", "Odd Name : x"), &parts),
        (HEAD.replace("Connection: close", "no colon here"), &parts),
        (format!("HTTP/1.1 100 Continue\r\n\r\n{HEAD}"), &parts),
        (String::new(), &parts),
        (HEAD.replace("Connection: close", "Transfer-Encoding: chunked"), &chunks),
        (HEAD.replace("Connection: close", "Transfer-Encoding: chunked").replace("1.1", "1.0"), &chunks),
    ] {
        let camera = Camera::sending(&head, pieces.clone());
        let dir = tempfile::tempdir().unwrap();
        record(&camera.url, dir.path(), &[]).expect(0);
        assert!(kit::contents(dir.path()) == frames[..3], "{head}");
    }
}

#[test]
fn a_redirect_is_followed_and_a_password_is_sent_but_not_shown() {
    let frames = kit::contents(&kit::frames());
    let stream = Camera::sending(HEAD, vec![part(&frames[0])]);
    let redirect = Camera::sending(
        &format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", stream.url),
        vec![],
    );
    let dir = tempfile::tempdir().unwrap();
    let url = redirect.url.replace("http://", "http://user:secret@");
    let end = record(&url, dir.path(), &[]).expect(0);
    assert!(kit::contents(dir.path()) == frames[..1]);
    assert!(!end.text().contains("secret") && !end.err.contains("secret"), "{} {}", end.text(), end.err);
}

#[test]
fn with_standard_output_as_target_the_summary_goes_to_standard_error() {
    let frames = kit::contents(&kit::frames());
    let camera = Camera::sending(HEAD, frames[..2].iter().map(|jpeg| part(jpeg)).collect());
    let end = run(&mut mjpeg(["record", &camera.url, "-", "--format", "json", "--quiet"])).expect(0);
    assert!(end.out == frames[..2].concat());
    let summary: Value = serde_json::from_str(&end.err).unwrap();
    assert_eq!(summary["frames_written"], 2);
}

#[test]
fn a_capture_is_read_from_standard_input() {
    let capture = fs::File::open(kit::repository("fixtures/captures/web2py.http")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut command = mjpeg(["record", "-"]);
    command.arg(dir.path()).args(["--format", "json"]).stdin(capture);
    let end = kit::run::start_with_input(&mut command).end().expect(0);
    assert_eq!(summary(&end)["frames_written"], 4);
}

#[test]
fn a_recording_is_overwritten_only_with_force() {
    let dir = tempfile::tempdir().unwrap();
    record("test:", dir.path(), &["--frames", "3"]).expect(0);
    let end = record("test:", dir.path(), &["--frames", "2"]).expect(6);
    assert!(end.err.contains("hint: ") && end.err.contains("--force"), "{}", end.err);
    record("test:", dir.path(), &["--frames", "2", "--force"]).expect(0);
    assert_eq!(kit::jpegs(dir.path()).len(), 2);
}

#[test]
fn a_deviation_after_a_part_is_in_the_line_of_that_part() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let stale = |jpeg: &[u8], stale: &[u8]| {
        let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
        [head.as_bytes(), jpeg, stale, b"\r\n"].concat()
    };
    let parts =
        [stale(&jpeg, b"rest of a buffer"), stale(&jpeg, b""), stale(&jpeg, b"stale"), stale(&jpeg, b"")];
    let body = [parts.concat(), b"--foo--\r\n".to_vec()].concat();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("stale.http");
    fs::write(&file, [HEAD.as_bytes(), &body].concat()).unwrap();
    let camera = Camera::sending(HEAD, vec![body]);
    for (target, out) in [(file.to_str().unwrap(), "file"), (&camera.url, "live")] {
        let out = dir.path().join(out);
        record(target, &out, &[]).expect(0);
        let found: Vec<(u64, Option<String>)> = manifest(&out)
            .iter()
            .map(|line| {
                let text =
                    line.get("deviations").map(|deviations| deviations[0].as_str().unwrap().to_string());
                (line["part"].as_u64().unwrap(), text)
            })
            .collect();
        let bytes = |n| Some(format!("{n} bytes between the body and the delimiter"));
        assert_eq!(found, [(1, bytes(16)), (2, None), (3, bytes(5)), (4, None)], "{target}");
        let check = run(&mut mjpeg(["check", file.to_str().unwrap(), "--format", "json"]));
        let verdict: Value = serde_json::from_slice(&check.out).unwrap();
        let finding = verdict["findings"].as_array().unwrap().iter().find(|it| it["code"] == "M222").unwrap();
        assert_eq!((&finding["part"], &finding["count"]), (&1.into(), &2.into()));
    }
}

#[test]
fn raw_keeps_the_response_as_received_and_overwrites_nothing() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let head = HEAD.replace("Connection: close", "Transfer-Encoding: chunked");
    let body = [chunk(&part(&jpeg)), chunk(&part(&jpeg)), b"0\r\n\r\n".to_vec()].concat();
    let dir = tempfile::tempdir().unwrap();
    let raw = dir.path().join("raw.http");
    let camera = Camera::sending(&head, vec![body.clone()]);
    record(&camera.url, &dir.path().join("out"), &["--raw", raw.to_str().unwrap()]).expect(0);
    let received = [head.as_bytes(), &body].concat();
    assert!(fs::read(&raw).unwrap() == received);
    // The raw file can be recorded again, and gives the same raw file.
    let again = dir.path().join("again.http");
    let end = record(raw.to_str().unwrap(), &dir.path().join("out2"), &["--raw", again.to_str().unwrap()]);
    assert_eq!(summary(&end.expect(0))["frames_written"], 2);
    assert!(fs::read(&again).unwrap() == received);
    let end =
        record("test:160x120", &dir.path().join("out3"), &["--frames", "1", "--raw", raw.to_str().unwrap()]);
    assert!(end.err.contains("raw.http") && end.err.contains("--force"), "{}", end.err);
    end.expect(6);
    assert!(fs::read(&raw).unwrap() == received);
}

#[test]
fn raw_destroys_neither_the_recording_nor_the_file_that_is_read() {
    let jpeg = fs::read(&kit::jpegs(&kit::frames())[0]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("source.http");
    fs::write(&source, [HEAD.as_bytes(), &part(&jpeg), &part(&jpeg)].concat()).unwrap();
    let before = fs::read(&source).unwrap();
    let out = dir.path().join("out");
    record(source.to_str().unwrap(), &out, &[]).expect(0);
    let recorded = kit::contents(&out);
    let link = dir.path().join("link.http");
    std::os::unix::fs::symlink(&source, &link).unwrap();
    let fifo = dir.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (raw, cause) in [
        (source.clone(), "is the file that is read"),
        (link, "is the file that is read"),
        (out.join("manifest.jsonl"), "in the directory of the recording"),
        (out.join("frame-000001.jpg"), "in the directory of the recording"),
        (out.clone(), "in the directory of the recording"),
        (fifo, "not a regular file"),
        (dir.path().join("nowhere/raw.http"), "No such file"),
    ] {
        let end = record(source.to_str().unwrap(), &out, &["--force", "--raw", raw.to_str().unwrap()]);
        assert!(end.err.contains(cause), "{}: {}", raw.display(), end.err);
        end.expect(6);
        assert!(fs::read(&source).unwrap() == before);
        assert!(kit::contents(&out) == recorded, "{}", raw.display());
    }
}
