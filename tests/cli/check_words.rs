//! The words of `mjpeg check`: explanations, suggestions, pages instead of streams, colour.

use crate::kit;

use kit::camera::Camera;
use kit::run::{End, Server, mjpeg, run};
use kit::verdict::check;
use mjpeg::check::{remedy, rules};
use serde_json::Value;

fn explain(code: &str, args: &[&str]) -> End {
    run(mjpeg(["check", "--explain", code]).args(args))
}

#[test]
fn each_rule_says_why_it_matters_what_to_change_and_whom_it_breaks() {
    for rule in rules() {
        let text = explain(rule.code, &[]).expect(0).text();
        let remedy = remedy(rule).unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [rule.name, rule.summary, rule.why, remedy.cure, remedy.bad, remedy.good, rule.section] {
            assert!(words(&text).contains(&words(part)), "{}: {part:?} is missing\n{text}", rule.code);
        }
        for heading in ["\nWhy it matters\n", "\nWhat to change\n", "\nWhom it breaks\n", "\nSource "] {
            assert!(text.contains(heading), "{}: {heading}\n{text}", rule.code);
        }
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(rule.effects.iter().all(|(consumer, _)| text.contains(consumer.version)), "{text}");
    }
}

#[test]
fn a_wrong_name_gets_the_near_one() {
    for (typed, name) in [
        ("content-lenght", "content-length-short (M203)"),
        ("preambel", "preamble (M201)"),
        ("frozn", "frozen (C503)"),
    ] {
        let end = explain(typed, &[]).expect(2);
        assert!(end.err.contains(&format!("did you mean {name}?")), "{}", end.err);
    }
    assert!(explain("zzzzzzzz", &[]).expect(2).err.contains("--list-rules"));
}

#[test]
fn rules_are_listed_as_json_too() {
    let text = run(&mut mjpeg(["check", "--list-rules", "--format", "json"])).expect(0).text();
    let listed: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(listed.len(), rules().count());
    let m203 = listed.iter().find(|it| it["code"] == "M203").unwrap();
    assert_eq!((&m203["name"], &m203["severity"]), (&"content-length-short".into(), &"error".into()));
    assert_eq!(m203["consumers"]["ffmpeg"], "dies");
    let one: Value = serde_json::from_slice(&explain("M203", &["--format", "json"]).expect(0).out).unwrap();
    assert_eq!(&one, m203);
}

#[test]
fn a_page_instead_of_a_stream_is_named_by_its_title() {
    let server = Server::start(&kit::frames(), &[]);
    let (end, verdict) = check(&server.url("/"), &[]);
    end.expect(4);
    let own = "the answer is text/html: \"mjpeg\"; this looks like mjpeg's own page, try /stream";
    assert_eq!(verdict["error"], own);
    let end = run(&mut mjpeg(["inspect", &server.url("/")])).expect(4);
    assert!(
        end.err.contains("text/html: \"mjpeg\"") && end.err.contains("hint: this looks like"),
        "{}",
        end.err
    );
    server.stop();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    let camera = Camera::sending(head, vec![b"<html><title>Door \x1b[2J cam</title>".to_vec()]);
    let text = run(&mut mjpeg(["check", &camera.url])).expect(4).text();
    assert!(text.ends_with("(the answer is text/html: \"Door \\x1b[2J cam\")\n"), "{text}");
    // A saved answer, behind a redirection, is named like a live one, and by each command.
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.http");
    let moved = "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n";
    std::fs::write(&saved, format!("{moved}{head}<html><title>mjpeg</title></html>")).unwrap();
    let (end, verdict) = check(saved.to_str().unwrap(), &[]);
    end.expect(4);
    assert_eq!(verdict["error"], own);
    let live = Camera::sending(head, vec![b"<html><title>mjpeg</title></html>".to_vec()]);
    let saved = saved.to_str().unwrap();
    let out = folder.path().join("out");
    for command in [["inspect", saved], ["record", saved], ["record", &live.url]] {
        let mut command = mjpeg(command);
        if command.get_args().next() == Some("record".as_ref()) {
            command.arg(&out);
        }
        let end = run(&mut command).expect(4);
        assert!(end.err.contains("the answer is text/html: \"mjpeg\""), "{}", end.err);
        assert!(end.err.contains("hint: this looks like mjpeg's own page, try /stream"), "{}", end.err);
    }
}

#[test]
fn json_has_the_url_that_answered_and_the_start() {
    let server = Server::start(&kit::frames(), &["--fps", "30"]);
    let location = server.stream.clone();
    let redirecting = Camera::start(move |connection| {
        connection.send(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n").as_bytes());
    });
    let (end, verdict) = check(&redirecting.url, &["--frames", "2"]);
    end.expect(0);
    assert_eq!(
        (&verdict["target"], &verdict["url"]),
        (&redirecting.url[..].into(), &server.stream[..].into())
    );
    let started = verdict["started"].as_str().unwrap();
    assert!(started.len() == "2026-01-01T00:00:00.000Z".len() && started.ends_with('Z'), "{started}");
    server.stop();
}

#[test]
fn tls_against_plain_http_and_a_missing_scheme_have_a_hint() {
    let server = Server::start(&kit::frames(), &[]);
    let end = run(&mut mjpeg(["check", &server.stream.replace("http://", "https://")])).expect(3);
    assert!(end.err.contains("does not speak TLS") && end.err.contains("use http://"), "{}", end.err);
    let end = run(&mut mjpeg(["check", server.stream.strip_prefix("http://").unwrap()])).expect(6);
    assert!(end.err.contains(&format!("hint: if it is a URL, write {}", server.stream)), "{}", end.err);
    server.stop();
    let alert = Camera::sending("\x15\x03\x01\x00\x02\x02\x46", Vec::new());
    let end = run(&mut mjpeg(["check", &alert.url])).expect(3);
    assert!(end.err.contains("expects TLS") && end.err.contains("use https://"), "{}", end.err);
    // OpenSSL closes the connection without an alert.
    let closed = Camera::sending("", Vec::new());
    let end = run(&mut mjpeg(["check", &closed.url])).expect(5);
    assert!(end.err.contains("without a response head") && end.err.contains("use https://"), "{}", end.err);
}

#[test]
fn colour_is_asked_for_and_never_by_default_in_a_pipe() {
    let capture = kit::repository("fixtures/captures/go2rtc.http");
    let of = |args: &[&str]| run(mjpeg(["check", capture.to_str().unwrap()]).args(args)).text();
    assert!(!of(&[]).contains('\x1b'));
    let coloured = of(&["--color", "always"]);
    assert!(coloured.contains("\x1b[1m") && coloured.contains("\x1b[0m"), "{coloured}");
    assert!(explain("M203", &["--color", "always"]).text().contains("\x1b[1;31merror\x1b[0m"));
}
