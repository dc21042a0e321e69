//! `mjpeg check`: what files hold, and pictures that must not pass unexamined.

use crate::kit;

use std::fs;

use kit::camera::{Camera, HEAD, part};
use kit::run::{End, mjpeg, run};
use kit::verdict::{check, names};
use serde_json::Value;

fn check_bytes(bytes: &[u8], args: &[&str]) -> (End, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved");
    fs::write(&file, bytes).unwrap();
    check(file.to_str().unwrap(), args)
}

fn pictures() -> Vec<Vec<u8>> {
    kit::contents(&kit::frames())[..6].to_vec()
}

#[test]
fn earlier_heads_of_a_saved_response_are_no_findings() {
    let parts: Vec<u8> = pictures().iter().flat_map(|jpeg| part(jpeg)).collect();
    let digest = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n";
    let field = "Content-Type: multipart/x-mixed-replace; boundary=foo\r\n\r\n";
    for head in [
        format!("{digest}Content-Length: 0\r\n\r\n{HEAD}"),
        format!("{digest}Content-Length: 15\r\n\r\n<h1>no way</h1>{HEAD}"),
        format!("{digest}\r\n<h1>no way</h1>\n{HEAD}"),
        format!("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n{HEAD}"),
        format!("HTTP/1.1 200 Connection established\r\n\r\n{HEAD}"),
        format!("HTTP/1.1 100 Continue\r\n\r\n{HEAD}"),
        format!("HTTP/1.1 200 Connection established\r\n\r\n{digest}Content-Length: 0\r\n\r\n{HEAD}"),
        format!("HTTP/2 200 \r\n{field}"),
        format!("HTTP/3 200 \r\n{field}"),
        String::new(),
    ] {
        let (end, verdict) =
            check_bytes(&[head.as_bytes(), &parts, b"--foo--\r\n"].concat(), &["--fail-on", "info"]);
        assert_eq!(names(&verdict), [""; 0], "{head}: {verdict}");
        assert_eq!(verdict["parts"], 6, "{head}: {verdict}");
        end.expect(0);
    }
}

#[test]
fn concatenated_pictures_are_an_info_in_a_file_and_play_in_ffmpeg_over_http() {
    let (end, verdict) = check_bytes(&pictures().concat(), &[]);
    assert_eq!(names(&verdict), ["no-multipart"], "{verdict}");
    assert_eq!(verdict["findings"][0]["severity"], "info", "{verdict}");
    assert_eq!(verdict["parts"], 6, "{verdict}");
    end.expect(0);

    let head = HEAD.replace("multipart/x-mixed-replace; boundary=foo", "image/jpeg");
    let (end, verdict) = check(&Camera::sending(&head, pictures()).url, &["--frames", "6"]);
    assert_eq!(names(&verdict), ["content-type-not-mixed-replace", "no-multipart"], "{verdict}");
    for name in ["ffmpeg", "opencv", "mpv"] {
        let fate = verdict["consumers"][name].as_str().unwrap();
        assert!(["on_time", "late"].contains(&fate), "{name}: {verdict}");
    }
    end.expect(1);
}

/// With a frame header of type `code` and this many components.
fn with_components(jpeg: &[u8], code: u8, count: u8) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    let end = frame + 2 + usize::from(u16::from_be_bytes([jpeg[frame + 2], jpeg[frame + 3]]));
    let length = 8 + 3 * u16::from(count);
    let mut header = vec![0xff, code];
    header.extend(length.to_be_bytes());
    header.extend(&jpeg[frame + 4..frame + 9]);
    header.push(count);
    (1..=count).for_each(|id| header.extend([id, 0x11, 0]));
    [&jpeg[..frame], &header, &jpeg[end..]].concat()
}

#[test]
fn a_frame_header_of_any_process_and_number_of_components_is_judged_or_named() {
    let jpeg = &pictures()[0];
    // SOF0 to SOF15 without DHT, JPG and DAC.
    for code in [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf] {
        for count in [0, 1, 2, 4, 5, 10, 255] {
            let odd = with_components(jpeg, code, count);
            for args in [&[][..], &["--deep"]] {
                let bytes = [HEAD.as_bytes(), &part(&odd), &part(jpeg), b"--foo--\r\n"].concat();
                let (_, verdict) = check_bytes(&bytes, &[args, &["--ignore", "size-change"]].concat());
                assert!(!names(&verdict).is_empty(), "SOF {code:#x} with {count}: {verdict}");
            }
        }
    }
}

#[test]
fn the_largest_progressive_picture_with_one_byte_of_data_is_named() {
    let jpeg = fs::read(kit::repository("fixtures/jpeg/progressive.jpg")).unwrap();
    let at = |code: u8| jpeg.windows(2).position(|marker| marker == [0xff, code]).unwrap();
    let (frame, scan) = (at(0xc2), at(0xda));
    let data = scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]));
    let mut large = [&jpeg[..data], &[0x55, 0xff, 0xd9]].concat();
    large[frame + 5..frame + 9].fill(0xff);
    let bytes = [HEAD.as_bytes(), &part(&large), &part(&jpeg), b"--foo--\r\n"].concat();
    for args in [&[][..], &["--deep"]] {
        let (_, verdict) = check_bytes(&bytes, &[args, &["--ignore", "size-change"]].concat());
        let named = ["scan-damaged", "scan-not-read", "truncated"];
        assert!(names(&verdict).iter().any(|name| named.contains(name)), "{verdict}");
    }
}

#[test]
fn bytes_behind_the_last_unframed_picture_are_an_info_as_those_between_two_are() {
    let padded: Vec<u8> =
        pictures().iter().flat_map(|jpeg| [jpeg, &vec![0; 512 - jpeg.len() % 512][..]].concat()).collect();
    for args in [&[][..], &["--deep"]] {
        let (end, verdict) = check_bytes(&padded, args);
        assert_eq!(names(&verdict), ["no-multipart", "bytes-between"], "{verdict}");
        assert_eq!(verdict["findings"][1]["count"], 6, "{verdict}");
        end.expect(0);
    }
}

#[test]
fn what_comes_before_soi_does_not_fail_a_file_of_pictures() {
    for (lead, expected) in [
        (&[0; 16][..], &["no-multipart"][..]),
        (b"sixteen bytes!!!", &["no-multipart"]),
        (b"\xff\xd8", &["repeated-soi", "no-multipart"]),
    ] {
        for mut bodies in [pictures()[..1].to_vec(), pictures()] {
            bodies[0].splice(..0, lead.iter().copied());
            let (end, verdict) = check_bytes(&bodies.concat(), &[]);
            assert_eq!(names(&verdict), expected, "{lead:?}: {verdict}");
            end.expect(0);
            // In a response, browsers read it.
            let parts: Vec<u8> = bodies.iter().flat_map(|jpeg| part(jpeg)).collect();
            let (end, verdict) = check_bytes(&[HEAD.as_bytes(), &parts, b"--foo--\r\n"].concat(), &[]);
            // One picture of several is a warning: most programs go on.
            let is_warning = bodies.len() > 1 && lead.len() == 16;
            let (severity, code) = if is_warning { ("warning", 0) } else { ("error", 1) };
            assert_eq!(verdict["findings"][0]["severity"], severity, "{lead:?}: {verdict}");
            for (consumer, plays) in
                [("ffmpeg", true), ("vlc", true), ("chromium", false), ("firefox", false)]
            {
                assert_eq!(verdict["consumers"][consumer] == "plays", plays, "{consumer}: {verdict}");
            }
            end.expect(code);
        }
    }
}

#[test]
fn the_text_says_which_consumers_lose_damaged_pictures() {
    let mut bodies = pictures();
    let middle = bodies[2].len() / 2;
    bodies[2].drain(middle..middle + 300);
    let parts: Vec<u8> = bodies.iter().flat_map(|jpeg| part(jpeg)).collect();
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("capture.http");
    fs::write(&capture, [HEAD.as_bytes(), &parts, b"--foo--\r\n"].concat()).unwrap();
    for (args, rule) in [(&[][..], " (J306)"), (&["--ignore", "J306"], "")] {
        let text = run(mjpeg(["check"]).arg(&capture).args(args)).text();
        assert!(!text.contains("plays in all"), "{text}");
        for name in ["ffmpeg", "vlc", "chromium", "firefox", "gstreamer", "opencv", "webkitgtk"] {
            let loses = text.lines().find(|line| line.trim_start().starts_with("loses: ")).unwrap();
            assert!(loses.contains(&format!("{name}{rule}")), "{text}");
        }
    }
    let text = run(mjpeg(["check", "--shallow"]).arg(&capture)).text();
    assert!(text.contains("plays in all"), "{text}");
}

#[test]
fn a_file_in_which_no_part_is_whole_does_not_pass() {
    let jpeg = &pictures()[0];
    let head = "--foo\r\nContent-Type: image/jpeg\r\n\r\n";
    let snapshot = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n";
    let cut = &jpeg[..jpeg.len() / 2];
    for bytes in [
        [HEAD.as_bytes(), &part(jpeg)[..4000]].concat(),
        [HEAD.as_bytes(), head.as_bytes(), b"junk junk junk"].concat(),
        [head.as_bytes(), cut].concat(),
        [snapshot.as_bytes(), cut].concat(),
        cut.to_vec(),
    ] {
        // Whatever counts, and whatever fails.
        for args in [&[][..], &["--ignore", "M,J,H"], &["--consumers", "curl"], &["--fail-on", "info"]] {
            let (end, verdict) = check_bytes(&bytes, args);
            assert_eq!(verdict["verdict"], "not_a_stream", "{args:?}: {verdict}");
            assert!(verdict["error"].as_str().unwrap().contains("no part is complete"), "{verdict}");
            end.expect(4);
        }
    }
    // A cut last part behind a whole one is how captures end.
    let (end, verdict) = check_bytes(&[HEAD.as_bytes(), &part(jpeg), &part(jpeg)[..4000]].concat(), &[]);
    assert_eq!((names(&verdict), &verdict["end"]), (vec!["cut"], &"truncated".into()), "{verdict}");
    end.expect(0);
}

#[test]
fn a_stream_without_a_picture_does_not_pass_whatever_counts() {
    let text = b"--foo\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy\r\n--foo--\r\n";
    let bytes = [HEAD.as_bytes(), text].concat();
    for args in [&["--ignore", "M"][..], &["--consumers", "curl"], &["--select", "T"]] {
        let (end, verdict) = check_bytes(&bytes, args);
        assert_eq!(verdict["verdict"], "fail", "{args:?}: {verdict}");
        assert!(verdict["error"].as_str().unwrap().contains("no part has a picture"), "{verdict}");
        end.expect(1);
    }
}

#[test]
fn damage_in_a_file_without_a_head_counts_for_chosen_consumers() {
    let mut jpeg = pictures().remove(0);
    let middle = jpeg.len() / 2;
    jpeg.drain(middle..middle + 300);
    let bytes = [part(&jpeg), part(&pictures()[1]), b"--foo--\r\n".to_vec()].concat();
    for args in [&[][..], &["--consumers", "ffmpeg"], &["--consumers", "vlc,rtp_jpeg"]] {
        let (end, verdict) = check_bytes(&bytes, args);
        let damage = verdict["findings"].as_array().unwrap().iter().find(|it| it["code"] == "J306").unwrap();
        assert_eq!(damage["severity"], "error", "{args:?}: {verdict}");
        end.expect(1);
    }
}
