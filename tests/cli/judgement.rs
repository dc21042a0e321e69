//! `check`, `record`, `serve` and its relays agree on which pictures are of no use, and `check` names what is
//! unusual.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::camera::{Camera, HEAD, part};
use kit::http::{Client, get};
use kit::run::{Server, mjpeg, run};
use mjpeg::check::Effect;
use mjpeg::jpeg::Marker;
use serde_json::Value;

#[path = "../jpeg/encoder.rs"]
#[expect(dead_code, reason = "the tests of the codec use the rest")]
mod encoder;
#[path = "../jpeg/fixture.rs"]
#[expect(dead_code, reason = "the tests of the codec use the rest")]
mod fixture;

use encoder::{Order, Padding, Plan};
use fixture::{inserted, named, segment, segments, without};

/// A picture and what the program says about it.
struct Class {
    name: &'static str,
    jpeg: Vec<u8>,
    /// The word in the manifest of `record`, if no consumer shows the picture by its markers.
    damage: Option<&'static str>,
    /// Whether `serve` sends it.
    is_served: bool,
    /// The rules that `check --shallow` names.
    rules: &'static [&'static str],
    /// The rules that `check` names.
    deep: &'static [&'static str],
}

/// With `byte` at `at`.
fn with(jpeg: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    jpeg[at] = byte;
    jpeg
}

fn start_of(jpeg: &[u8], marker: Marker) -> usize {
    segments(jpeg, marker)[0].start
}

/// With `count` components in a frame header of type `marker`.
fn components(jpeg: &[u8], marker: Marker, count: u8) -> Vec<u8> {
    let frame = segments(jpeg, Marker::SOF0)[0].clone();
    let mut parameters = jpeg[frame.start + 4..frame.end].to_vec();
    parameters[5] = count;
    parameters.resize(6, 0);
    (1..=count).for_each(|id| parameters.extend([id, 0x11, 0]));
    [&jpeg[..frame.start], &segment(marker, &parameters), &jpeg[frame.end..]].concat()
}

/// A DNL segment with the height of the picture.
fn lines(jpeg: &[u8]) -> Vec<u8> {
    let frame = start_of(jpeg, Marker::SOF0);
    segment(Marker::DNL, &jpeg[frame + 5..frame + 7])
}

fn damaged_classes(jpeg: &[u8]) -> Vec<Class> {
    let class = |name, jpeg, damage: &'static str, rules| {
        let damage = (!damage.is_empty()).then_some(damage);
        Class { name, jpeg, damage, is_served: false, rules, deep: rules }
    };
    let scan = fixture::scan(jpeg);
    let frame = segments(jpeg, Marker::SOF0)[0].clone();
    let no_height = with(&with(jpeg, frame.start + 5, 0), frame.start + 6, 0);
    let dnl = inserted(&no_height, scan.end, &lines(jpeg));
    vec![
        class("text", b"<html>".to_vec(), "no-soi", &["no-soi"]),
        class("a placeholder", b"\xff\xd8\xff\xd9".to_vec(), "no-frame", &["no-frame"]),
        class("no frame header", without(jpeg, frame.clone()), "no-frame", &["no-frame"]),
        class("no scan", without(jpeg, scan.start - 14..scan.end), "no-frame", &["no-frame"]),
        class("no width", with(&with(jpeg, frame.start + 7, 0), frame.start + 8, 0), "broken", &["broken"]),
        class("cut", jpeg[..2000].to_vec(), "no-eoi", &["truncated"]),
        class("cut behind NULs", [b"\0\0", &jpeg[..2000]].concat(), "no-eoi", &["truncated"]),
        class("cut behind two SOI", [&jpeg[..2], &jpeg[..2000]].concat(), "no-eoi", &["truncated"]),
        class("NULs alone", vec![0; 9000], "no-soi", &["no-soi"]),
        class("no start, but a thumbnail", named("thumbnail.jpg")[4..].to_vec(), "no-soi", &["no-soi"]),
        class("other bytes before a cut picture", [b"rest", &jpeg[..2000]].concat(), "no-soi", &["no-soi"]),
        class("two in one", [&jpeg[..2000], jpeg].concat(), "broken", &["broken"]),
        class("five progressive components", components(jpeg, Marker::SOF2, 5), "broken", &["broken"]),
        class("9 bits", with(jpeg, frame.start + 4, 9), "broken", &["broken"]),
        class("an unknown component", with(jpeg, scan.start - 9, 77), "broken", &["broken"]),
        class(
            "a scan twice",
            [&jpeg[..scan.end], &jpeg[scan.start - 14..]].concat(),
            "scan-damaged",
            &["scan-damaged"],
        ),
        class("hierarchical", with(jpeg, frame.start + 1, 0xc5), "hierarchical", &["hierarchical"]),
        class("DNL", dnl, "number-of-lines", &["number-of-lines"]),
        class("neither height nor DNL", no_height, "broken", &["broken"]),
        class(
            "five components",
            components(jpeg, Marker::SOF1, 5),
            "too-many-components",
            &["too-many-components"],
        ),
        class("a DQT of length 1", inserted(jpeg, 2, b"\xff\xdb\0\x01"), "broken", &["broken"]),
    ]
}

fn usable_classes(jpeg: &[u8]) -> Vec<Class> {
    let class = |name, jpeg, rules, deep| Class { name, jpeg, damage: None, is_served: true, rules, deep };
    let frame = start_of(jpeg, Marker::SOF0);
    let header = segments(jpeg, Marker::SOS)[0].clone();
    let scan = fixture::scan(jpeg);
    let plain = Plan { factors: vec![(1, 1); 3], ..Plan::default() };
    let three = encoder::encode(&plain, 5);
    let order = start_of(&three, Marker::SOS) + 5;
    let turned = with(&with(&with(&three, order, 3), order + 2, 1), order + 4, 2);
    let twelve = encoder::encode(&Plan { precision: 12, ..Plan::default() }, 2);
    let extended = encoder::encode(&Plan { factors: vec![(1, 1); 4], ..Plan::default() }, 2);
    let index = inserted(jpeg, 2, &segment(Marker::APP2, b"MPF\0II*\0\x08\0\0\0"));
    let zeros = encoder::encode(&Plan { padding: Padding::Zeros, ..Plan::default() }, 1);
    let progressive = encoder::encode(&Plan { order: Order::Progressive, ..Plan::default() }, 1);
    let intervals = named("422-restart.jpg");
    let restart = fixture::restarts(intervals)[0];
    let webcam = Plan { size: (200, 100), restart_interval: 1, padding: Padding::Mixed, ..Plan::default() };
    vec![
        class("sound", jpeg.to_vec(), &[], &[]),
        class("progressive", progressive.clone(), &[], &[]),
        class("progressive, too large", too_large(&progressive), &[], &["scan-not-read"]),
        class("four components", extended, &[], &[]),
        class("padded with zeros", zeros, &[], &[]),
        class(
            "lost entropy-coded data",
            without(jpeg, scan.start + 500..scan.start + 900),
            &[],
            &["scan-damaged"],
        ),
        class(
            "no Huffman tables",
            fixture::without_segments(named("ffmpeg.jpg"), Marker::DHT),
            &["standard-tables"],
            &["standard-tables"],
        ),
        class("arithmetic", fixture::ARITHMETIC.to_vec(), &["arithmetic"], &["arithmetic"]),
        class("lossless", with(jpeg, frame + 1, 0xc3), &["lossless"], &["lossless"]),
        class("12 bits", twelve, &["twelve-bits"], &["twelve-bits"]),
        class("DNL of a known height", inserted(jpeg, scan.end, &lines(jpeg)), &[], &[]),
        class("no EOI", jpeg[..jpeg.len() - 2].to_vec(), &["no-eoi"], &["no-eoi"]),
        class("NULs before SOI", [b"\0\0", jpeg].concat(), &["bytes-before-soi"], &["bytes-before-soi"]),
        class(
            "other bytes before SOI",
            [b"rest", jpeg].concat(),
            &["bytes-before-soi"],
            &["bytes-before-soi"],
        ),
        class(
            "many NULs before SOI",
            [&[0; 5000], jpeg].concat(),
            &["bytes-before-soi"],
            &["bytes-before-soi"],
        ),
        class("blanks before SOI", [b"\t ", jpeg].concat(), &["bytes-before-soi"], &["bytes-before-soi"]),
        class("two SOI", [&jpeg[..2], jpeg].concat(), &["repeated-soi"], &["repeated-soi"]),
        class("three SOI", [&jpeg[..2], &jpeg[..2], jpeg].concat(), &["repeated-soi"], &["repeated-soi"]),
        class(
            "NULs, two SOI and no EOI",
            [b"\0\0", &jpeg[..2], b" ", &jpeg[..jpeg.len() - 2]].concat(),
            &["bytes-before-soi", "repeated-soi", "no-eoi"],
            &["bytes-before-soi", "repeated-soi", "no-eoi"],
        ),
        class(
            "NULs before SOI and behind EOI",
            [b"\0\0", jpeg, b"\0\0"].concat(),
            &["bytes-before-soi", "bytes-after-eoi"],
            &["bytes-before-soi", "bytes-after-eoi"],
        ),
        class("another order", turned, &["scan-order"], &["scan-order"]),
        class("the order of the frame", three, &[], &[]),
        class("a band of 1 to 63", with(jpeg, header.end - 3, 1), &["scan-parameters"], &["scan-parameters"]),
        class("NULs between segments", inserted(jpeg, frame, b"\0\0"), &["nul-bytes"], &["nul-bytes"]),
        class("fill bytes between segments", inserted(jpeg, frame, b"\xff\xff"), &[], &[]),
        class("junk between segments", inserted(jpeg, frame, b"junk"), &["junk-bytes"], &["junk-bytes"]),
        class(
            "a comment of length 1",
            inserted(jpeg, 2, b"\xff\xfe\0\x01"),
            &["short-segment"],
            &["short-segment"],
        ),
        class("a comment of length 2", inserted(jpeg, 2, b"\xff\xfe\0\x02"), &[], &[]),
        class("a byte of ones behind the scan", inserted(jpeg, scan.end, b"\xff\0"), &[], &["extra-padding"]),
        class("20 bytes of ones behind the scan", inserted(jpeg, scan.end, &ones(20)), &[], &["extra-bytes"]),
        class("3 bytes behind the scan", inserted(jpeg, scan.end, b"abc"), &[], &["extra-bytes"]),
        class(
            "ones before a restart marker",
            inserted(intervals, restart, &ones(7)),
            &[],
            &["extra-padding"],
        ),
        class(
            "3 bytes before a restart marker",
            inserted(intervals, restart, b"abc"),
            &[],
            &["hidden-restart"],
        ),
        class("mixed padding before restart markers", encoder::encode(&webcam, 1), &[], &["hidden-restart"]),
        class("mixed padding", encoder::encode(&Plan { restart_interval: 0, ..webcam }, 1), &[], &[]),
        class("8 bytes behind the scan", inserted(jpeg, scan.end, b"abcdefgh"), &[], &["scan-damaged"]),
        class("two pictures", [&index, jpeg].concat(), &["announced-after-eoi"], &["announced-after-eoi"]),
        class("an index alone", index, &[], &[]),
        class("padding", [jpeg, &[0; 9]].concat(), &["bytes-after-eoi"], &["bytes-after-eoi"]),
    ]
}

/// Entropy-coded bytes of ones.
fn ones(bytes: usize) -> Vec<u8> {
    [0xff, 0x00].repeat(bytes)
}

/// With a frame of 65 500 x 65 500 samples in its header.
fn too_large(jpeg: &[u8]) -> Vec<u8> {
    let size = start_of(jpeg, Marker::SOF2) + 5;
    [&jpeg[..size], &[0xff, 0xdc, 0xff, 0xdc], &jpeg[size + 4..]].concat()
}

fn verdict(capture: &Path, args: &[&str]) -> Value {
    let end =
        run(mjpeg(["check", "--format", "json", "--ignore", "size-change,sampling-change,quality-change"])
            .arg(capture)
            .args(args));
    serde_json::from_slice(&end.out).unwrap()
}

fn names(verdict: &Value) -> Vec<&str> {
    let findings = verdict["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect()
}

/// The forecasts of `verdict` are no better than what its findings say of the consumers, and name one of these findings.
fn forecasts_agree_with_the_findings(name: &str, verdict: &Value) {
    for rule in mjpeg::check::rules().filter(|rule| names(verdict).contains(&rule.name)) {
        for &(consumer, effect) in rule.effects {
            let fate = verdict["consumers"][consumer.name].as_str().unwrap();
            let plays = ["on_time", "plays", "late"].contains(&fate);
            assert!(!plays, "{name}: {} {fate}, {} {effect}: {verdict}", consumer.name, rule.code);
            let decided_by = verdict["consumers_decided_by"][consumer.name].as_str().unwrap_or_default();
            assert!(decided_by.starts_with('J'), "{name}: {} by {decided_by:?}: {verdict}", consumer.name);
        }
    }
}

/// The consumers that were measured with pictures of each class.
const CONSUMERS: [&str; 6] = ["ffmpeg", "ffmpeg_strict", "vlc", "chromium", "firefox", "gstreamer"];

/// Whether a rule says that none of them shows the picture.
fn hides_the_picture(rules: &[&str]) -> bool {
    mjpeg::check::rules().filter(|rule| rules.contains(&rule.name)).any(|rule| {
        let mut measured =
            mjpeg::consumers::consumers().filter(|consumer| CONSUMERS.contains(&consumer.name));
        measured.all(|consumer| matches!(rule.effect_on(consumer), Effect::Loses | Effect::Crashes))
    })
}

#[test]
fn a_relay_counts_what_no_consumer_shows_as_torn_but_not_text() {
    let jpeg = named("420.jpg");
    let text = b"--foo\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy\r\n".to_vec();
    let hierarchical = with(jpeg, start_of(jpeg, Marker::SOF0) + 1, 0xc5);
    let pieces = [part(jpeg), text.clone(), part(&hierarchical), text, part(named("grey.jpg"))];
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        pieces.iter().for_each(|piece| connection.send(piece));
        connection.send(b"--foo\r\n");
        // The relay would open the stream again.
        let _ = wait.recv();
    });
    let server = Server::start(camera.url.as_ref(), &["--upstream", "always"]);
    kit::eventually("the last picture", || {
        (get(server.address(), "/snapshot").1 == named("grey.jpg")).then_some(())
    });
    let state: Value = serde_json::from_slice(&get(server.address(), "/state").1).unwrap();
    assert_eq!(state["frames_torn"], 1, "{state}");
    drop(server);
    drop(done);
}

/// Whether `sent` is the picture of `body` from its last SOI on.
fn is_picture_of(sent: &[u8], body: &[u8]) -> bool {
    let starts_once = sent.starts_with(b"\xff\xd8") && !sent[2..].starts_with(b"\xff\xd8");
    starts_once && body.windows(sent.len()).any(|bytes| bytes == sent)
}

/// What a relay does with a body from a camera: the pictures that it counts as torn, and the one that it sends.
fn relayed(body: &[u8]) -> (u64, Option<Vec<u8>>) {
    let part = part(body);
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        connection.send(&part);
        connection.send(b"--foo\r\n");
        // The relay would open the stream again.
        let _ = wait.recv();
    });
    let server = Server::start(camera.url.as_ref(), &["--upstream", "always"]);
    let seen = kit::eventually("the picture", || {
        let state: Value = serde_json::from_slice(&get(server.address(), "/state").1).unwrap();
        let torn = state["frames_torn"].as_u64().unwrap();
        // Without a picture, a snapshot would wait for one.
        let snapshot = (state["frames"] != 0).then(|| get(server.address(), "/snapshot").1);
        (torn > 0 || snapshot.is_some()).then_some((torn, snapshot))
    });
    // A server that outlives its camera says that the stream has ended.
    drop(server);
    drop(done);
    seen
}

#[test]
fn check_record_serve_and_its_relays_agree_on_each_class_of_pictures() {
    let jpeg = named("420.jpg");
    let last = named("grey.jpg");
    for Class { name, jpeg, damage, is_served, rules, deep } in
        damaged_classes(jpeg).into_iter().chain(usable_classes(jpeg))
    {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("capture.http");
        fs::write(&capture, [HEAD.as_bytes(), &part(&jpeg), &part(last), b"--foo--\r\n"].concat()).unwrap();
        for (args, rules) in [(&["--shallow"][..], rules), (&[], deep)] {
            let verdict = verdict(&capture, args);
            assert_eq!(names(&verdict), rules, "{name}: check {args:?}");
            forecasts_agree_with_the_findings(name, &verdict);
        }
        assert_eq!(hides_the_picture(rules), damage.is_some(), "{name}: the consumers of {rules:?}");

        let out = folder.path().join("out");
        run(mjpeg(["record", "--quiet"]).arg(&capture).arg(&out)).expect(0);
        let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
        let line: Value = serde_json::from_str(manifest.lines().next().unwrap()).unwrap();
        assert_eq!(line.get("damage").and_then(Value::as_str), damage, "{name}: record");
        let recorded = kit::contents(&out);
        assert_eq!(recorded.len(), if damage.is_some() { 1 } else { 2 }, "{name}: record");
        assert!(damage.is_some() || recorded[0] == jpeg, "{name}: record");

        let pictures = folder.path().join("pictures");
        fs::create_dir(&pictures).unwrap();
        fs::write(pictures.join("1.jpg"), &jpeg).unwrap();
        fs::write(pictures.join("2.jpg"), last).unwrap();
        for source in [&pictures, &capture] {
            let server = Server::start(source, &["--once", "--fps", "1000"]);
            let sent = Client::watch(server.address(), "/stream").rest();
            let expected = if is_served { 2 } else { 1 };
            assert_eq!(sent.len(), expected, "{name}: serve {}", source.display());
            assert!(!is_served || is_picture_of(&sent[0].body, &jpeg), "{name}: serve {}", source.display());
            let end = server.run.end().expect(0);
            let is_skipped = end.err.contains("1.jpg is skipped");
            assert_eq!(is_skipped, !is_served && *source == pictures, "{name}: {}", end.err);
        }
        let (torn, snapshot) = relayed(&jpeg);
        assert_eq!(torn, u64::from(!is_served), "{name}: relay");
        assert_eq!(snapshot.is_some_and(|sent| is_picture_of(&sent, &jpeg)), is_served, "{name}: relay");
    }
}
