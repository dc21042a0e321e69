//! `mjpeg check`: what keeps a stream from RTP/JPEG and from `fetch`.

use crate::kit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kit::camera::{Camera, HEAD, part};
use kit::verdict::check;
use serde_json::Value;

fn codes(verdict: &Value) -> Vec<&str> {
    verdict["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// A capture with one picture, and the folder that it is in.
fn capture(picture: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("capture.http");
    let jpeg = fs::read(picture).unwrap();
    fs::write(&capture, [HEAD.as_bytes(), &part(&jpeg), b"--foo--\r\n"].concat()).unwrap();
    (folder, capture)
}

/// Whether `ffmpeg -c copy -f rtp` sends the picture without an error.
fn ffmpeg_sends(picture: &Path) -> Option<bool> {
    let mut ffmpeg = kit::peer::command("ffmpeg")?;
    // Nothing has to listen at the other end, which is a socket of ours.
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    ffmpeg.args(["-v", "error", "-i"]).arg(picture).args(["-c", "copy", "-f", "rtp"]);
    ffmpeg.arg(format!("rtp://{}", socket.local_addr().unwrap())).stdin(Stdio::null());
    Some(ffmpeg.output().unwrap().stderr.is_empty())
}

#[test]
fn rtp_jpeg_carries_what_ffmpeg_sends() {
    for (picture, obstacle) in [
        ("jpeg/420.jpg", None),
        ("jpeg/422-restart.jpg", None),
        ("jpeg/thumbnail.jpg", None),
        ("streams/frames/1.jpg", None),
        ("jpeg/440-odd.jpg", Some("sampling")),
        ("jpeg/444-optimised.jpg", Some("4:4:4 sampling instead of 4:2:2 or 4:2:0")),
        ("jpeg/grey.jpg", Some("1 component instead of 3")),
        ("jpeg/cmyk.jpg", Some("4 components instead of 3")),
        ("jpeg/planes.jpg", Some("more than one scan")),
        ("jpeg/progressive.jpg", Some("a progressive picture")),
        ("jpeg/arithmetic.jpg", Some("a picture that is not baseline")),
        ("streams/frames/progressive-1.jpg", Some("a progressive picture")),
        ("frames/frame-000001.jpg", Some("4:4:4 sampling instead of 4:2:2 or 4:2:0")),
    ] {
        let file = kit::repository(&format!("fixtures/{picture}"));
        let (_folder, capture) = capture(&file);
        let capture = capture.to_str().unwrap();
        let (_, verdict) = check(capture, &[]);
        let carried = obstacle.is_none();
        let fate = if carried { "plays" } else { "nothing" };
        assert_eq!(verdict["consumers_derived"]["rtp_jpeg"], fate, "{picture}: {verdict}");
        assert!(!codes(&verdict).contains(&"J330"), "{picture}: {verdict}");
        if let Some(sends) = ffmpeg_sends(&file) {
            assert_eq!(sends, carried, "{picture}");
        }
        let (end, verdict) = check(capture, &["--consumers", "rtp_jpeg"]);
        let found = verdict["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "J330");
        assert_eq!(found.is_some(), !carried, "{picture}: {verdict}");
        if let Some(found) = found {
            assert_eq!((&found["severity"], &found["part"]), (&"error".into(), &1.into()), "{verdict}");
            assert!(found["message"].as_str().unwrap().contains(obstacle.unwrap()), "{picture}: {verdict}");
        }
        end.expect(i32::from(!carried));
    }
}

#[test]
fn pictures_larger_than_2040_pixels_do_not_fit() {
    let jpeg = fs::read(kit::repository("fixtures/jpeg/420.jpg")).unwrap();
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    for (at, side, obstacle) in [(5, 2041u16, Some("x2041")), (7, 2041, Some("2041x")), (7, 2040, None)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("capture.http");
        let mut large = jpeg.clone();
        large[frame + at..frame + at + 2].copy_from_slice(&side.to_be_bytes());
        fs::write(&file, [HEAD.as_bytes(), &part(&large), b"--foo--\r\n"].concat()).unwrap();
        let (_, verdict) = check(file.to_str().unwrap(), &["--shallow", "--consumers", "rtp_jpeg"]);
        let found = verdict["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "J330");
        let message = found.map(|found| found["message"].as_str().unwrap());
        assert_eq!(message.is_some(), obstacle.is_some(), "{verdict}");
        assert!(message.is_none_or(|message| message.contains(obstacle.unwrap())), "{message:?}");
    }
}

#[test]
fn text_says_why_a_stream_does_not_suit_a_carrier() {
    let frames = kit::contents(&kit::frames());
    let pieces = vec![part(&frames[0]), part(&frames[1]), b"--foo--\r\n".to_vec()];
    let text = |head: &str| {
        let camera = Camera::sending(head, pieces.clone());
        kit::run::run(&mut kit::run::mjpeg(["check", &camera.url])).expect(0).text().to_string()
    };
    let lines = |text: &str| text.lines().filter(|line| line.contains("not for")).count();
    let without = text(HEAD);
    assert!(without.contains("\n  not for fetch: no Access-Control-Allow-Origin (H130)"), "{without}");
    assert!(without.contains("\n  not for rtp_jpeg: 4:4:4 sampling instead of"), "{without}");
    assert_eq!(lines(&without), 2, "{without}");
    let with = text(&HEAD.replace("Connection", "Access-Control-Allow-Origin: *\r\nConnection"));
    assert_eq!(lines(&with), 1, "{with}");
}

#[test]
fn viewers_that_use_fetch_need_a_permission_and_get_nothing_in_webkit() {
    let pictures: Vec<Vec<u8>> = kit::contents(&kit::frames())[..3].iter().map(|jpeg| part(jpeg)).collect();
    let pieces = [pictures, vec![b"--foo--\r\n".to_vec()]].concat();
    let with = |fields: &str| HEAD.replace("Connection", &format!("{fields}Connection"));
    let allow = "Access-Control-Allow-Origin: ";
    for (fields, is_allowed) in [
        (String::new(), false),
        (format!("{allow}*\r\n"), true),
        (format!("{allow}https://example.org\r\n"), true),
        (format!("{allow}*\r\n{allow}*\r\n"), false),
        (format!("{allow}https://a.example, https://b.example\r\n"), false),
    ] {
        // T410 is about this machine, where other tests run too.
        let args = ["--ignore", "ended-early,T410"];
        let (end, verdict) = check(&Camera::sending(&with(&fields), pieces.clone()).url, &args);
        assert_eq!(codes(&verdict), [""; 0], "{fields}: {verdict}");
        let fate = if is_allowed { "plays" } else { "nothing" };
        assert_eq!(verdict["consumers_derived"]["fetch"], fate, "{fields}: {verdict}");
        assert_eq!(verdict["consumers_derived"]["webkit_fetch"], "nothing", "{fields}: {verdict}");
        // What no stream can avoid is not repeated for each one.
        let obstacles = verdict["obstacles"].as_array().unwrap();
        let obstacles: Vec<&Value> = obstacles.iter().map(|obstacle| &obstacle["code"]).collect();
        assert_eq!(obstacles, if is_allowed { vec!["J330"] } else { vec!["H130", "J330"] }, "{verdict}");
        end.expect(0);

        let args = [&args[..], &["--consumers", "ffmpeg,fetch"]].concat();
        let (end, verdict) = check(&Camera::sending(&with(&fields), pieces.clone()).url, &args);
        assert_eq!(codes(&verdict), if is_allowed { vec![] } else { vec!["H130"] }, "{fields}: {verdict}");
        end.expect(i32::from(!is_allowed));
    }
    let (_, verdict) = check(&Camera::sending("", pieces.clone()).url, &[]);
    assert_eq!(verdict["consumers_derived"]["fetch"], "nothing", "{verdict}");
    let args = ["--consumers", "webkit_fetch"];
    let (end, verdict) = check(&Camera::sending(&with(&format!("{allow}*\r\n")), pieces.clone()).url, &args);
    assert_eq!(codes(&verdict)[0], "H131", "{verdict}");
    end.expect(1);
    // Its rule can be ignored.
    let args = ["--consumers", "webkit_fetch", "--ignore", "H131,H130"];
    check(&Camera::sending(HEAD, pieces).url, &args).0.expect(0);
}

/// A JPEG that lacks a piece of its scan.
fn damaged(jpeg: &[u8]) -> Vec<u8> {
    let middle = jpeg.len() / 2;
    [&jpeg[..middle], &jpeg[middle + 300..]].concat()
}

#[test]
fn faults_of_pictures_count_whatever_carries_them() {
    let jpeg = damaged(&fs::read(kit::repository("fixtures/streams/frames/1.jpg")).unwrap());
    let allow = HEAD.replace("Connection", "Access-Control-Allow-Origin: *\r\nConnection");
    let stream = [allow.as_bytes(), &part(&jpeg), b"--foo--\r\n"].concat();
    let length = jpeg.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
    let snapshot = [head.as_bytes(), &jpeg].concat();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.http");
    // curl reads no pictures, but it is not known what the carrier leads to.
    for (bytes, consumers) in [
        (&stream, "rtp_jpeg"),
        (&stream, "fetch"),
        (&stream, "curl,fetch"),
        (&snapshot, "snapshot"),
        (&snapshot, "curl,snapshot"),
    ] {
        fs::write(&file, bytes).unwrap();
        let (end, verdict) = check(file.to_str().unwrap(), &["--consumers", consumers]);
        let findings = verdict["findings"].as_array().unwrap();
        let damage = findings.iter().find(|it| it["code"] == "J306").unwrap_or_else(|| panic!("{verdict}"));
        assert_eq!(damage["severity"], "error", "{consumers}: {verdict}");
        end.expect(1);
    }
    fs::write(&file, &stream).unwrap();
    check(file.to_str().unwrap(), &["--consumers", "curl"]).0.expect(0);
}

#[test]
fn without_a_program_that_reads_the_stream_all_programs_count() {
    let jpeg = fs::read(kit::repository("fixtures/streams/frames/1.jpg")).unwrap();
    let short = kit::camera::part_with_length(&jpeg, jpeg.len() - 100);
    let allow = HEAD.replace("Connection", "Access-Control-Allow-Origin: *\r\nConnection");
    let bytes = [allow.as_bytes(), &short, &short, &part(&jpeg), b"--foo--\r\n"].concat();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.http");
    fs::write(&file, &bytes).unwrap();
    let severity = |consumers: &str| {
        let (_, verdict) = check(file.to_str().unwrap(), &["--consumers", consumers]);
        let findings = verdict["findings"].as_array().unwrap();
        findings.iter().find(|it| it["code"] == "M203").unwrap()["severity"].as_str().unwrap().to_string()
    };
    assert_eq!(severity("fetch"), "error");
    // Browsers search for the boundary whatever the length says.
    assert_eq!(severity("firefox,fetch"), "info");
}
