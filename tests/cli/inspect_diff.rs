//! `mjpeg inspect --diff`: what two streams do differently.

use crate::kit;

use kit::camera::{Camera, HEAD, part};
use kit::picture::solid;
use kit::run::{End, Server, mjpeg, run};
use serde_json::Value;

fn diff(one: &str, other: &str, args: &[&str]) -> End {
    run(mjpeg(["inspect", one, "--diff", other]).args(args))
}

fn json(end: &End) -> Value {
    serde_json::from_slice(&end.out).unwrap_or_else(|error| panic!("{error}: {}{}", end.text(), end.err))
}

/// The names of the properties that differ.
fn differing(object: &Value) -> Vec<&str> {
    let properties = object["properties"].as_array().unwrap().iter();
    properties.filter(|it| it["differs"] == true).map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn a_server_is_like_itself() {
    let server = Server::start(&kit::frames(), &["--fps", "30", "--loop"]);
    let end = diff(&server.stream, &server.stream, &["--frames", "40", "--all"]).expect(0);
    assert!(end.text().contains("no difference in "), "{}", end.text());
    let object =
        json(&diff(&server.stream, &server.stream, &["--frames", "40", "--format", "json"]).expect(0));
    assert_eq!((&object["differs"], object["properties"].as_array().unwrap().len()), (&false.into(), 0));
    server.stop();
}

#[test]
fn each_difference_is_named_and_the_exit_code_is_1() {
    let jpeg = solid([200, 100, 50], 32, 32);
    let other = solid([200, 100, 50], 48, 32);
    let good: Vec<Vec<u8>> = (0..3).map(|_| part(&jpeg)).chain([b"--foo--\r\n".to_vec()]).collect();
    let head = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=bar\r\nServer: x\x1b[2J\r\n\r\n";
    let bad_part = [b"--bar\r\nContent-Type: image/jpeg\r\nX-Time: 1\r\n\r\n", &other[..], b"\n"].concat();
    let bad: Vec<Vec<u8>> = (0..3).map(|_| bad_part.clone()).chain([b"--bar--\r\n".to_vec()]).collect();
    let (one, two) = (Camera::sending(HEAD, good), Camera::sending(head, bad));
    let object = json(&diff(&one.url, &two.url, &["--format", "json"]).expect(1));
    let names = differing(&object);
    for name in ["status line", "Server", "Connection", "end of a body", "fields", "X-Time", "size"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for name in ["chroma sampling", "quantisation tables", "transfer coding", "rate"] {
        assert!(!names.contains(&name), "{name}: {names:?}");
    }
    assert!(names.iter().any(|name| name.contains("bare LF")), "{names:?}");
}

#[test]
fn text_is_side_by_side_and_has_differences_only() {
    let motion = kit::repository("fixtures/captures/motion.http");
    let ustreamer = kit::repository("fixtures/captures/ustreamer-4.9.http");
    let (motion, ustreamer) = (motion.to_str().unwrap(), ustreamer.to_str().unwrap());
    let end = diff(motion, ustreamer, &[]).expect(1);
    let text = end.text();
    // What decides whether a program plays the stream comes before what does not.
    let at = |start: &str| {
        let found = text.lines().position(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("{start}: {text}"))
    };
    let places = [
        "looked at",
        "can decide",
        "Content-Type",
        "transfer coding",
        "rarely matters",
        "Pragma",
        "the same: ",
    ];
    assert!(places.is_sorted_by_key(|start| at(start)), "{text}");
    assert!(text.contains("4 parts") && text.contains("size, "), "{text}");
    // Abbreviations of the lines above are explained, others are not.
    assert!(text.contains("markers: SOI start") && !text.contains("gap p50, p99:"), "{text}");
    let line =
        text.lines().find(|line| line.contains("Content-type") || line.contains("Content-Type")).unwrap();
    assert!(line.contains("multipart/x-mixed-replace"), "{text}");
    let all = diff(motion, ustreamer, &["--all"]).expect(1).text();
    assert!(all.lines().count() > text.lines().count(), "{all}");
    assert_eq!(all.lines().last(), text.lines().last());
    assert!(diff(motion, motion, &[]).expect(0).text().contains("no difference in "));
}

#[test]
fn a_target_that_fails_counts_more_than_a_difference() {
    let motion = kit::repository("fixtures/captures/motion.http");
    let motion = motion.to_str().unwrap();
    let end = diff(motion, "http://127.0.0.1:1/", &[]).expect(3);
    assert_eq!((end.err.lines().count(), end.text().as_str()), (1, ""), "{}", end.err);
    assert_eq!(diff("-", "-", &[]).code(), Some(2));
}

#[test]
fn a_last_part_that_is_cut_is_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let capture = std::fs::read(kit::repository("fixtures/captures/ustreamer-4.9.http")).unwrap();
    let [whole, cut] = ["whole", "cut"].map(|name| folder.path().join(name));
    let delimiter = b"--boundarydonotcross\r\n";
    let mut delimiters = capture.windows(delimiter.len()).enumerate().filter(|(_, it)| *it == delimiter);
    let (third, _) = delimiters.nth(2).unwrap();
    std::fs::write(&whole, &capture[..third]).unwrap();
    std::fs::write(&cut, &capture[..third + 5000]).unwrap();
    let end = diff(whole.to_str().unwrap(), cut.to_str().unwrap(), &[]);
    assert!(end.text().contains("no difference in "), "{}", end.text());
    end.expect(0);
    // Nor in a recording, which keeps what came of it as damaged.
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    for (from, to) in [(&whole, &one), (&cut, &other)] {
        run(mjpeg(["record"]).arg(from).arg(to).arg("--quiet"));
    }
    let end = diff(one.to_str().unwrap(), other.to_str().unwrap(), &[]);
    assert!(end.text().contains("no difference in "), "{}", end.text());
}

#[test]
fn json_has_an_object_whatever_fails() {
    let motion = kit::repository("fixtures/captures/motion.http");
    let motion = motion.to_str().unwrap();
    for (other, code, verdict) in [("http://127.0.0.1:1/", 3, "unreachable"), ("no/such/file", 6, "error")] {
        let object = json(&diff(motion, other, &["--format", "json"]).expect(code));
        assert_eq!((&object["targets"][1], object.get("differs")), (&other.into(), None), "{object}");
        let failure = &object["failures"][0];
        assert_eq!((&failure["target"], &failure["verdict"]), (&other.into(), &verdict.into()), "{object}");
        assert!(failure["error"].as_str().unwrap().contains(other), "{object}");
    }
}

#[test]
fn a_recording_is_compared_with_its_stream_in_what_both_have() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&kit::frames(), &["--fps", "50", "--loop"]);
    let (out, raw) = (folder.path().join("out"), folder.path().join("pictures.mjpeg"));
    let mut record = mjpeg(["record", &server.stream, "--frames", "40", "--quiet", "--concat"]);
    run(record.arg(&raw).arg(&out)).expect(0);
    let (out, raw) = (out.to_str().unwrap(), raw.to_str().unwrap());
    for (one, other, not_compared) in [
        (out, &server.stream[..], &["response", "framing"][..]),
        (&server.stream, out, &["response", "framing"]),
        (raw, &server.stream, &["response", "framing", "part head", "deviations", "times"]),
        (out, raw, &["part head", "deviations", "times"]),
        (out, out, &[]),
    ] {
        // Other tests on this machine make gaps longer now and then.
        let same = |args: &[&str]| {
            kit::eventually("a moment in which the machine is not busy", || {
                let end = diff(one, other, &[&["--frames", "40"], args].concat());
                (end.code() == Some(0)).then_some(end)
            })
        };
        let end = same(&["--format", "json"]);
        let object = json(&end);
        let named = object["not_compared"].as_array().cloned().unwrap_or_default();
        assert_eq!(named, not_compared, "{one} {other}: {object}");
        let text = same(&[]).text();
        let last = text.lines().last().unwrap();
        let expected = match not_compared {
            [] => "no difference in ".into(),
            names => format!("not compared, since one of the two does not have it: {}", names.join(", ")),
        };
        assert!(last.starts_with(&expected), "{text}");
    }
    // What both have still counts.
    let other = Camera::sending(HEAD, vec![part(&solid([9, 9, 9], 16, 16)), b"--foo--\r\n".to_vec()]);
    assert!(differing(&json(&diff(out, &other.url, &["--format", "json"]).expect(1))).contains(&"size"));
    server.stop();
}
