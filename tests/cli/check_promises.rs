//! `mjpeg check`: a pass says what was examined, and ends say how much was read.

use crate::kit;

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use kit::camera::{Camera, HEAD, part, part_with_length};
use kit::run::{End, Server, mjpeg, run, start};
use kit::verdict::names;
use serde_json::Value;

fn lines(end: &End) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    end.text().lines().map(parse).collect()
}

fn check(target: &str, args: &[&str]) -> (End, Value) {
    let end = run(mjpeg(["check", target, "--format", "json"]).args(args));
    let verdict = lines(&end).remove(0);
    (end, verdict)
}

fn finding<'a>(verdict: &'a Value, name: &str) -> &'a Value {
    let findings = verdict["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == name).unwrap_or_else(|| panic!("no {name}: {verdict}"))
}

/// Sends these pictures, one each `gap`, then `end`.
fn paced(pictures: Vec<Vec<u8>>, gap: Duration, end: &'static [u8]) -> Camera {
    Camera::start(move |camera| {
        camera.send(HEAD.as_bytes());
        for picture in pictures {
            camera.send(&part(&picture));
            std::thread::sleep(gap);
        }
        camera.send(end);
    })
}

fn pictures(count: usize) -> Vec<Vec<u8>> {
    kit::contents(&kit::frames()).into_iter().cycle().take(count).collect()
}

#[test]
fn an_explicit_limit_removes_the_default_of_the_other_one() {
    let server = Server::start(&kit::frames(), &["--fps", "100", "--loop"]);
    let (_, verdict) = check(&server.stream, &["--duration", "2s"]);
    assert!(verdict["parts"].as_u64().unwrap() > 110, "{verdict}");
    assert_eq!((&verdict["cap"], verdict["asked"].get("frames")), (&"duration".into(), None), "{verdict}");
    let (_, verdict) = check(&server.stream, &["--frames", "120"]);
    assert_eq!((&verdict["parts"], &verdict["cap"]), (&120.into(), &"frames".into()), "{verdict}");
    assert_eq!(verdict["asked"].get("duration_s"), None, "{verdict}");
}

#[test]
fn a_limit_that_is_reached_before_the_other_one_is_named() {
    let server = Server::start(&kit::frames(), &["--fps", "20", "--loop"]);
    let end = run(&mut mjpeg(["check", &server.stream, "--frames", "1000", "--duration", "500ms"])).expect(0);
    assert!(
        end.text().contains("the time was up after") && end.text().contains("of 1000 parts"),
        "{}",
        end.text()
    );
    let (_, verdict) = check(&server.stream, &["--frames", "3", "--duration", "60s"]);
    assert_eq!(
        (&verdict["cap"], &verdict["asked"]["duration_s"]),
        (&"frames".into(), &60.0.into()),
        "{verdict}"
    );
}

#[test]
fn a_time_limit_below_the_first_part_is_no_fault_of_a_file_and_is_named_for_a_stream() {
    let capture = kit::repository("fixtures/captures/go2rtc.http");
    let capture = capture.to_str().unwrap();
    for args in [["check", capture], ["inspect", capture]] {
        for _ in 0..5 {
            let end = run(mjpeg(args).args(["--duration", "1ms", "--format", "json"])).expect(0);
            let first = &lines(&end)[0];
            assert!(first["verdict"] == "pass" || first["part"] == 1, "{first}");
            assert!(first["verdict"].is_null() || first["parts"].as_u64() >= Some(1), "{first}");
        }
    }
    // A camera that needs longer for its first part than the limit.
    let slow = Camera::visits(4, |_, _, camera| {
        camera.send(HEAD.as_bytes());
        camera.wait_for_the_viewer_to_leave();
    });
    let why = "no complete part came in the 200ms of --duration; a longer one tells whether it stalls";
    let (end, verdict) = check(&slow.url, &["--duration", "200ms"]);
    end.expect(5);
    assert_eq!((&verdict["verdict"], &verdict["cap"]), (&"stalled".into(), &"duration".into()), "{verdict}");
    assert_eq!(verdict["error"], why);
    let text = run(&mut mjpeg(["check", &slow.url, "--duration", "200ms"])).expect(5).text();
    assert!(text.contains(&format!(": stalled ({why})\n")), "{text}");
    let err = run(&mut mjpeg(["inspect", &slow.url, "--duration", "200ms"])).expect(5).err;
    assert!(err.contains(why), "{err}");
    // The verdict is not said twice.
    let text = run(&mut mjpeg(["check", &slow.url, "--idle", "200ms"])).expect(5).text();
    let why = ": stalled (no complete part came within the idle limit of 200ms (--idle))\n";
    assert!(text.contains(why), "{text}");
}

#[test]
fn nothing_is_said_to_play_that_stalls() {
    let silent = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        camera.send(&part(&fs::read(&kit::jpegs(&kit::frames())[0]).unwrap()));
        camera.wait_for_the_viewer_to_leave();
    });
    let text = run(&mut mjpeg(["check", &silent.url, "--idle", "300ms"])).expect(5).text();
    assert!(
        text.contains(": stalled (no complete part came within the idle limit of 300ms (--idle))\n"),
        "{text}"
    );
    assert!(text.contains("1 part in") && !text.contains("plays in") && !text.contains("late: "), "{text}");
}

#[test]
fn a_live_stream_that_ends_early_is_a_finding() {
    let gap = Duration::from_millis(1);
    for (close, args, severity, code) in [
        (&b""[..], &[][..], "warning", 0),
        (b"", &["--fail-on", "warning"], "warning", 1),
        (b"--foo--\r\n", &[], "info", 0),
        (b"", &["--expect-live"], "error", 1),
        (b"--foo--\r\n", &["--expect-live"], "error", 1),
    ] {
        let (end, verdict) = check(&paced(pictures(5), gap, close).url, args);
        let found = finding(&verdict, "ended-early");
        assert_eq!(found["severity"], severity, "{verdict}");
        assert!(found["message"].as_str().unwrap().contains("after 5 parts"), "{verdict}");
        end.expect(code);
    }
    // All that was asked had come.
    let (end, verdict) = check(&paced(pictures(5), gap, b"").url, &["--frames", "5", "--expect-live"]);
    assert_eq!(names(&verdict), [""; 0]);
    end.expect(0);
}

#[test]
fn a_signal_interrupts_the_check_and_every_target_has_an_object() {
    let server = Server::start(&kit::frames(), &["--fps", "50", "--loop"]);
    let capture = kit::repository("fixtures/captures/go2rtc.http");
    let mut command = mjpeg(["check", "--format", "json", &server.stream, "--duration", "60s"]);
    // One after the other: the capture waits for the first target.
    let check = start(command.arg(&capture).args([&server.stream, "--jobs", "1"]));
    kit::eventually("a connection", || check.has_connection().then_some(()));
    check.signal("INT");
    let end = check.end();
    assert_eq!(end.status.signal(), Some(2), "{}", end.text());
    let verdicts = lines(&end);
    assert_eq!(verdicts.len(), 3, "{}", end.text());
    for verdict in &verdicts {
        assert_eq!(
            (&verdict["verdict"], &verdict["end"]),
            (&"interrupted".into(), &"signal".into()),
            "{verdict}"
        );
    }
    assert_eq!(verdicts[2]["parts"], 0);
}

#[test]
fn a_reader_that_goes_away_changes_neither_the_exit_code_nor_the_targets_that_are_read() {
    let damaged = part_with_length(&pictures(1)[0], 10);
    let good = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        pictures(1).iter().for_each(|picture| camera.send(&part(picture)));
    });
    let bad = Camera::sending(HEAD, vec![damaged.clone(), damaged]);
    let mut command = mjpeg(["check", "--format", "json"]);
    command.arg(kit::repository("fixtures/captures/go2rtc.http")).args([&good.url, &bad.url]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    drop(stdout);
    // The cameras fail the test if nothing connects to them.
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn scans_are_read_by_default_and_the_counts_are_said() {
    let spliced: Vec<Vec<u8>> = pictures(5)
        .into_iter()
        .map(|mut jpeg| {
            // Cut, with an EOI put behind it.
            jpeg.truncate(jpeg.len() * 2 / 3);
            jpeg.extend([0xff, 0xd9]);
            jpeg
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.http");
    let parts: Vec<u8> = spliced.iter().flat_map(|jpeg| part(jpeg)).collect();
    fs::write(&file, [HEAD.as_bytes(), &parts, b"--foo--\r\n"].concat()).unwrap();
    let file = file.to_str().unwrap();
    for args in [&[][..], &["--deep"]] {
        let (end, verdict) = check(file, args);
        assert_eq!(finding(&verdict, "scan-damaged")["count"], 5, "{verdict}");
        assert_eq!((&verdict["frames"]["walked"], &verdict["frames"]["unread"]), (&5.into(), &0.into()));
        end.expect(1);
    }
    let (end, verdict) = check(file, &["--shallow"]);
    assert_eq!(verdict["frames"]["walked"], 0, "{verdict}");
    end.expect(0);
    run(&mut mjpeg(["check", file, "--shallow", "--deep"])).expect(2);
    let gap = Duration::from_millis(1);
    let (end, verdict) = check(&paced(spliced, gap, b"--foo--\r\n").url, &[]);
    assert_eq!(finding(&verdict, "scan-damaged")["count"], 5, "{verdict}");
    end.expect(1);
    let text = run(&mut mjpeg(["check", &paced(pictures(4), gap, b"--foo--\r\n").url])).expect(0).text();
    assert!(text.contains("scans read of 4 of 4 pictures"), "{text}");
}

#[test]
fn scans_that_cannot_be_read_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.http");
    let arithmetic = fs::read(kit::repository("fixtures/jpeg/arithmetic.jpg")).unwrap();
    fs::write(&file, [HEAD.as_bytes(), &part(&arithmetic), &part(&pictures(1)[0]), b"--foo--\r\n"].concat())
        .unwrap();
    let (_, verdict) = check(file.to_str().unwrap(), &[]);
    assert_eq!(
        (&verdict["frames"]["walked"], &verdict["frames"]["unread"]),
        (&1.into(), &1.into()),
        "{verdict}"
    );
    finding(&verdict, "arithmetic");
}

#[test]
fn ten_equal_pictures_in_a_row_are_frozen_wherever_they_are() {
    let gap = Duration::from_millis(2);
    let frames = pictures(12);
    let last = frames[11].clone();
    let frozen = [frames.clone(), vec![last; 9], frames[..3].to_vec()].concat();
    let (_, verdict) = check(&paced(frozen, gap, b"--foo--\r\n").url, &[]);
    let found = finding(&verdict, "frozen");
    assert_eq!((&found["part"], &found["severity"]), (&12.into(), &"warning".into()), "{verdict}");
    let message = found["message"].as_str().unwrap();
    assert!(message.starts_with("10 pictures in a row are the same, no new picture for"), "{message}");

    let nine = [frames.clone(), vec![frames[11].clone(); 8]].concat();
    let (_, verdict) = check(&paced(nine, gap, b"--foo--\r\n").url, &[]);
    assert!(!names(&verdict).contains(&"frozen"), "{verdict}");

    // Only a comment with the time differs.
    let stamped = (0..10u8).map(|n| {
        let comment = [0xff, 0xfe, 0, 3, n];
        [&frames[0][..2], &comment, &frames[0][2..]].concat()
    });
    let (_, verdict) = check(&paced(stamped.collect(), gap, b"--foo--\r\n").url, &[]);
    let message = finding(&verdict, "frozen")["message"].as_str().unwrap();
    assert!(message.contains("the same except for their headers"), "{message}");

    let short = vec![frames[0].clone(); 9];
    let (_, verdict) = check(&paced(short, gap, b"--foo--\r\n").url, &[]);
    assert_eq!(finding(&verdict, "too-short-to-judge")["severity"], "info", "{verdict}");
}

#[test]
fn json_escapes_what_a_terminal_may_act_on() {
    let head = HEAD.replace("x-mixed-replace", "\u{9b}31m\u{7f}\u{202e}red");
    let (end, verdict) = check(&Camera::sending(&head, vec![part(&pictures(1)[0])]).url, &[]);
    assert!(verdict["findings"].to_string().contains('\u{9b}'), "{verdict}");
    let text = end.text();
    assert!(text.contains("\\u009b") && text.contains("\\u007f") && text.contains("\\u202e"), "{text}");
    assert!(!text.contains(['\u{9b}', '\u{7f}', '\u{202e}']), "{text}");
}

#[test]
fn a_length_above_the_largest_number_is_shown_as_it_came() {
    let jpeg = &pictures(1)[0];
    let whole = part(jpeg);
    let right = format!("Content-Length: {}", jpeg.len());
    let at = whole.windows(right.len()).position(|bytes| bytes == right.as_bytes()).unwrap();
    let huge = [&whole[..at], b"Content-Length: 18446744073709551616", &whole[at + right.len()..]].concat();
    let (_, verdict) = check(&Camera::sending(HEAD, vec![huge, b"--foo--\r\n".to_vec()]).url, &[]);
    let text = verdict["findings"].to_string();
    assert!(text.contains("18446744073709551616") && !text.contains("18446744073709551615"), "{text}");
}

#[test]
fn the_rate_counts_the_silence_before_and_after_the_pictures() {
    let camera = Camera::start(|camera| {
        camera.send(HEAD.as_bytes());
        std::thread::sleep(Duration::from_millis(700));
        for picture in pictures(20) {
            camera.send(&part(&picture));
        }
        std::thread::sleep(Duration::from_millis(700));
    });
    // 20 pictures within a few milliseconds, in 1.4 s.
    let (end, verdict) = check(&camera.url, &["--frames", "100", "--duration", "20s", "--min-fps", "20"]);
    finding(&verdict, "fps-below-limit");
    end.expect(1);
}

#[test]
fn a_fate_that_no_finding_decides_has_a_cause() {
    // The layout sends nothing behind a frame, so browsers show it with the next one.
    let server = Server::start(&kit::frames(), &["--layout", "leading", "--fps", "10", "--loop"]);
    let (_, verdict) = check(&server.stream, &["--frames", "8"]);
    let fates = verdict["consumers"].as_object().unwrap();
    assert_eq!(fates["chromium"], "late", "{verdict}");
    for (consumer, fate) in fates {
        let is_explained = ["consumers_decided_by", "consumers_causes"]
            .iter()
            .any(|key| verdict[key].get(consumer).is_some());
        let needs_a_cause = !["on_time", "plays", "unknown"].contains(&fate.as_str().unwrap());
        assert_eq!(is_explained, needs_a_cause, "{consumer} {fate}: {verdict}");
    }
    let text = run(&mut mjpeg(["check", &server.stream, "--frames", "8"])).expect(0).text();
    assert!(text.contains("; those without a code show a frame when the next one comes"), "{text}");
}
