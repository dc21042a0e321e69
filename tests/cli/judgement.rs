//! `check`, `record`, `serve` and its relays agree on which pictures are of no use, and `check` names what is
//! unusual.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::camera::{Camera, HEAD, part};
use kit::http::{Client, get};
use kit::run::{Server, mjpeg, run};
use mjpeg::consumers::Fate;
use mjpeg::jpeg::Marker;
use serde_json::Value;

use crate::picture_classes::{Class, damaged_classes, named, start_of, usable_classes, with};

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
        measured.all(|consumer| matches!(rule.effect_on(consumer), Fate::Loses | Fate::Dies | Fate::Crashes))
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
    // There may be no picture that ends the start.
    let server = Server::start(camera.url.as_ref(), &["--upstream", "always", "--no-probe"]);
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
            // The order is that of severities.
            let (mut found, mut expected) = (names(&verdict), rules.to_vec());
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{name}: check {args:?}");
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
