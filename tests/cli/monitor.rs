//! `mjpeg monitor`: changes, commands, captures, reloading, metrics and probes.

use crate::kit;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD, part};
use kit::http;
use kit::run::{Run, Server, mjpeg, run, start_with_input};
use kit::timing;
use serde_json::Value;
use tempfile::TempDir;

fn monitor(args: &[&str]) -> Run {
    start_with_input(mjpeg(["monitor"]).args(args).stdin(Stdio::null()))
}

/// The address of `--listen`.
fn address(monitor: &Run) -> String {
    kit::eventually("the address", || {
        let said = monitor.err();
        let (_, url) = said.split_once("probes: http://")?;
        url.split_once('/').map(|(address, _)| address.to_string())
    })
}

fn change(monitor: &Run) -> Value {
    let line: Value = serde_json::from_str(&monitor.line()).unwrap();
    assert_eq!(line["schema"], "mjpeg.monitor/1");
    line
}

fn codes(value: &Value) -> Vec<&str> {
    value["findings"].as_array().into_iter().flatten().filter_map(|it| it["code"].as_str()).collect()
}

fn end(monitor: Run) {
    monitor.signal("TERM");
    let _ = monitor.err();
    monitor.end().expect(0);
}

fn text(address: &str, path: &str) -> String {
    String::from_utf8(http::get(address, path).1).unwrap()
}

/// The captures in a folder, without their times.
fn captures(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "http"))
        .collect();
    found.sort();
    found
}

#[test]
fn a_fault_is_a_line_a_command_and_a_capture_that_check_reads() {
    let server = Server::start(&kit::frames(), &["--fps", "20", "--fault", "stall=2500ms@60"]);
    let folder = TempDir::new().unwrap();
    let (captured, told) = (folder.path().join("captures"), folder.path().join("told"));
    let command = format!(
        "sh -c 'echo \"$MJPEG_NAME $MJPEG_FROM $MJPEG_TO $MJPEG_VERDICT [$MJPEG_CODES]$MJPEG_CAUSE\" >> \"$0\"' {}",
        told.display()
    );
    let captures_of = captured.to_str().unwrap();
    let monitor = monitor(&[
        &server.stream,
        "--window=900ms",
        "--ring=5s",
        "--ring-after=2s",
        "--captures",
        captures_of,
        "--on-change",
        &command,
        "--listen=0",
    ]);
    // A busy machine may make the first window a bad one.
    let first = std::iter::repeat_with(|| change(&monitor)).find(|line| line["to"] == "good").unwrap();
    assert_eq!((&first["verdict"], codes(&first).len()), (&"pass".into(), 0));
    assert!(first["time"].as_str().unwrap().ends_with('Z') && first["target"] == server.stream.as_str());
    let bad = change(&monitor);
    assert_eq!((&bad["to"], &bad["verdict"], codes(&bad)), (&"bad".into(), &"fail".into(), vec!["T401"]));
    assert!(bad["findings"][0]["message"].as_str().unwrap().contains("a gap of "), "{bad}");
    let good = change(&monitor);
    assert_eq!((&good["from"], &good["to"]), (&"bad".into(), &"good".into()));
    assert!(good["lasted_s"].as_f64().unwrap() > 1.0, "{good}");

    let name = bad["name"].as_str().unwrap();
    // Whether a probe was answered in time depends on when the window was closed.
    let cause = bad["findings"][0]["cause"].as_str().unwrap_or_default();
    assert!(["", "camera", "unknown"].contains(&cause), "{bad}");
    let lines =
        format!("{name} unknown good pass []\n{name} good bad fail [T401]{cause}\n{name} bad good pass []\n");
    kit::eventually("the commands", || fs::read_to_string(&told).ok()?.ends_with(&lines).then_some(()));
    kit::eventually("a capture that shows the gap", || {
        let capture = captures(&captured).pop()?;
        let checked = run(mjpeg(["check", "--format", "json"]).arg(capture)).text();
        codes(&serde_json::from_str(&checked).ok()?).contains(&"T401").then_some(())
    });

    let address = address(&monitor);
    let metrics = text(&address, "/metrics");
    assert!(metrics.contains(&format!("mjpeg_monitor_bad{{name=\"{name}\"}} 0\n")), "{metrics}");
    assert!(metrics.contains(&format!("mjpeg_monitor_became_bad_total{{name=\"{name}\"}} ")), "{metrics}");
    assert!(metrics.contains("code=\"T401\",rule=\"stall\",severity=\"warning\"} "), "{metrics}");
    let state: Value = serde_json::from_str(&text(&address, "/state")).unwrap();
    assert_eq!((&state["good"], &state["cameras"][0]["window"]["verdict"]), (&1.into(), &"pass".into()));
    assert!(text(&address, "/").contains("<title>mjpeg monitor</title>"));
    end(monitor);
}

#[cfg(target_os = "linux")]
#[test]
fn a_capture_has_the_times_of_the_kernel_if_the_monitor_is_stopped() {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel::<Instant>();
    let picture = part(&fs::read(&kit::jpegs(&kit::frames())[0]).unwrap());
    let sent = picture.clone();
    let camera = Camera::start(move |connection| {
        connection.send(HEAD.as_bytes());
        for _ in 0..3 {
            connection.send(&sent);
            tell.send(Instant::now()).unwrap();
            wait.recv().unwrap();
        }
        // The end is what the monitor finds.
    });
    let folder = TempDir::new().unwrap();
    let captured = folder.path().to_str().unwrap();
    let monitor =
        monitor(&[&camera.url, "--window=500ms", "--ring-after=10ms", "--captures", captured, "--listen=0"]);
    let address = address(&monitor);
    let seen = |parts: usize| {
        kit::eventually("the parts", || {
            let metrics = text(&address, "/metrics");
            let of = metrics.lines().find_map(|line| line.strip_prefix("mjpeg_monitor_parts_total{"))?;
            of.ends_with(&format!(" {parts}")).then_some(())
        });
    };
    let next = || told.recv_timeout(kit::PATIENCE).unwrap();
    let mut sent = vec![next()];
    seen(1);
    monitor.signal("STOP");
    let stat = format!("/proc/{}/stat", monitor.pid());
    kit::eventually("stopped", || fs::read_to_string(&stat).unwrap().contains(") T ").then_some(()));
    go_on.send(()).unwrap();
    sent.push(next());
    // How late the monitor is.
    std::thread::sleep(Duration::from_millis(700));
    monitor.signal("CONT");
    seen(2);
    go_on.send(()).unwrap();
    sent.push(next());
    seen(3);
    go_on.send(()).unwrap();
    let capture = kit::eventually("a capture with its end", || {
        let capture = captures(folder.path()).pop()?;
        let text = fs::read_to_string(timing::of(&capture)).ok()?;
        text.contains("\n# end ").then_some(capture)
    });
    let reads = timing::reads(&capture);
    let at = |parts: usize| {
        let end = HEAD.len() + parts * picture.len();
        reads.iter().find(|read| read.0 == end).unwrap_or_else(|| panic!("{end}: {reads:?}")).1
    };
    for n in 0..2 {
        let (gap, true_gap) = (at(n + 2) - at(n + 1), (sent[n + 1] - sent[n]).as_secs_f64());
        assert!((gap - true_gap).abs() < 0.35, "{gap} s, not {true_gap} s: {reads:?}");
    }
    assert!(sent[2] - sent[1] >= Duration::from_millis(700));
    end(monitor);
}

#[test]
fn a_camera_that_goes_silent_inside_a_part_is_no_lateness_of_the_monitor() {
    let camera = Camera::start(|connection| {
        connection.send(HEAD.as_bytes());
        connection.send(b"--foo\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8");
        connection.wait_for_the_viewer_to_leave();
    });
    let monitor = monitor(&[&camera.url, "--window=2s", "--idle=1s"]);
    let bad = change(&monitor);
    assert_eq!((&bad["to"], &bad["verdict"]), (&"bad".into(), &"stalled".into()), "{bad}");
    assert!(bad["behind_ms"].as_f64().unwrap_or_default() < 900.0, "{bad}");
    end(monitor);
}

#[test]
fn a_camera_that_is_not_there_is_bad_and_its_lines_are_few() {
    let monitor = monitor(&["http://127.0.0.1:1/", "--window=200ms", "--bad-after=2"]);
    let bad = change(&monitor);
    assert_eq!(
        (&bad["from"], &bad["to"], &bad["verdict"]),
        (&"unknown".into(), &"bad".into(), &"unreachable".into())
    );
    assert!(bad["reason"].as_str().unwrap().contains("refused"), "{bad}");
    end(monitor);
}

#[test]
fn a_reloaded_list_keeps_the_streams_of_targets_that_are_the_same() {
    let [kept, left, new] = [(); 3].map(|()| Server::start(&kit::frames(), &["--fps", "20"]));
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("cameras.txt");
    let write = |lines: &[(&str, &Server)]| {
        let text: String = lines.iter().map(|(name, server)| format!("{name} {}\n", server.stream)).collect();
        fs::write(&list, text).unwrap();
    };
    write(&[("kept", &kept), ("left", &left)]);
    let monitor = monitor(&["--targets", list.to_str().unwrap(), "--window=300ms", "--listen=0"]);
    let mut names: Vec<String> =
        (0..2).map(|_| change(&monitor)["name"].as_str().unwrap().to_string()).collect();
    names.sort();
    assert_eq!(names, ["kept", "left"]);
    write(&[("new", &new), ("kept", &kept)]);
    monitor.signal("HUP");
    monitor.says("read again: 1 new, 1 left");
    assert_eq!(change(&monitor)["name"], "new");
    let viewers = |server: &Server| {
        let state: Value = serde_json::from_str(&text(server.address(), "/state")).unwrap();
        (state["totals"]["viewers"].as_u64().unwrap(), state["viewers"].as_array().unwrap().len())
    };
    assert_eq!(viewers(&kept), (1, 1));
    kit::eventually("the connection is closed", || (viewers(&left) == (1, 0)).then_some(()));
    // A list that is wrong changes nothing.
    fs::write(&list, "kept\n").unwrap();
    monitor.signal("HUP");
    monitor.says("cameras.txt:1: no URL");
    assert_eq!((viewers(&kept), viewers(&new)), ((1, 1), (1, 1)));
    // A pipe without a writer does not stop the watch.
    fs::remove_file(&list).unwrap();
    run(std::process::Command::new("mkfifo").arg(&list)).expect(0);
    monitor.signal("HUP");
    monitor.says("is not a regular file, so it cannot be read again");
    assert_eq!(viewers(&kept), (1, 1));
    end(monitor);
}

#[test]
fn samples_hold_no_connection_between_them() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let monitor =
        monitor(&[&server.stream, "--window=300ms", "--interval=700ms", "--max-gap=600ms", "--listen=0"]);
    assert_eq!(change(&monitor)["to"], "good");
    let state = || -> Value { serde_json::from_str(&text(server.address(), "/state")).unwrap() };
    let viewers = || state()["viewers"].as_array().unwrap().len();
    kit::eventually("no viewer", || (viewers() == 0).then_some(()));
    kit::eventually("the next sample", || {
        (state()["totals"]["viewers"].as_u64().unwrap() >= 2).then_some(())
    });
    // The time between two samples is no gap: the second one is judged like the first.
    let address = address(&monitor);
    let second = kit::eventually("the second sample", || {
        let state: Value = serde_json::from_str(&text(&address, "/state")).unwrap();
        let camera = state["cameras"][0].clone();
        let is_judged = camera["connects"].as_u64()? >= 3 && camera["window"].is_object();
        is_judged.then_some(camera)
    });
    assert_eq!(codes(&second["window"]).len(), 0, "{second}");
    assert!(second["window"]["behind_ms"].as_f64().unwrap() < 500.0, "{second}");
    end(monitor);
}

#[test]
fn a_probe_asks_only_hosts_that_are_allowed_and_tells_nothing_of_others() {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let elsewhere = format!("http://localhost:{}/stream", server.address().rsplit_once(':').unwrap().1);
    let redirection = format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n");
    let camera = Camera::sending(&redirection, vec![b"secret words".to_vec()]);
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("modules.toml");
    fs::write(&config, "[modules.short]\nduration = '400ms'\n[modules.key]\nduration = '400ms'\nuser = 'u:hush'\nallow_targets = ['cam.example']\n").unwrap();
    let monitor = monitor(&["--listen=0", "--config", config.to_str().unwrap(), "--allow-target=127.0.0.1"]);
    let address = address(&monitor);
    let probe = |target: &str, more: &str| {
        let (head, body) = http::get(&address, &format!("/probe?target={target}{more}"));
        (head[9..12].to_string(), String::from_utf8(body).unwrap())
    };
    let (status, good) = probe(&server.stream, "&module=short");
    assert!(
        status == "200" && good.contains("\nprobe_success 1\n") && good.contains("\nmjpeg_up 1\n"),
        "{good}"
    );
    let (status, redirected) = probe(&camera.url, "&module=short");
    assert!(status == "200" && redirected.contains("\nmjpeg_up 0\n"), "{redirected}");
    assert!(
        redirected.contains("mjpeg_verdict{verdict=\"unreachable\"} 1") && !redirected.contains("secret"),
        "{redirected}"
    );
    for (target, more, expected) in [
        (elsewhere.as_str(), "", "403"),
        ("file:///etc/passwd", "", "400"),
        ("/etc/passwd", "", "400"),
        ("test:", "", "400"),
        ("-", "", "400"),
        ("unix:/run/x", "", "400"),
        ("", "", "400"),
        (&server.stream, "&module=none", "400"),
        (&server.stream, "&module=key", "403"),
    ] {
        let (status, text) = probe(target, more);
        assert!(
            status == expected && !text.contains("root:") && !text.contains("hush"),
            "{target}: {status} {text}"
        );
    }
    // A timeout of Prometheus bounds the probe: the default module would take 5 s.
    let request = format!(
        "GET /probe?target={} HTTP/1.1\r\nHost: {address}\r\nX-Prometheus-Scrape-Timeout-Seconds: 0.9\r\n\r\n",
        server.stream
    );
    let start = Instant::now();
    let answer = String::from_utf8(http::exchange(&address, request.as_bytes())).unwrap();
    assert!(answer.contains("probe_success 1") && start.elapsed() < Duration::from_secs(2), "{answer}");
    let request = format!(
        "GET /probe?target={} HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: cross-site\r\n\r\n",
        server.stream
    );
    assert!(http::exchange(&address, request.as_bytes()).starts_with(b"HTTP/1.1 403"));
    let request = b"GET /state HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert!(http::exchange(&address, request).starts_with(b"HTTP/1.1 421"));
    end(monitor);
}

#[test]
fn command_lines_that_cannot_be_are_refused() {
    for (args, why) in [
        (&[][..], "required"),
        (&["test:"], "not a URL"),
        (&["-"], "not a URL"),
        (&["http://c/", "--interval", "5s"], "--interval must be longer"),
        (&["http://c/", "--captures", "x", "--ring", "5s"], "--ring must be at least"),
        (&["http://c/", "--on-change", "a 'b"], "quote"),
        (&["--targets", "-"], "must be a file"),
        (&["--listen", "0", "--allow-target", "http://c/x"], "--allow-target"),
        (&["http://c/", "--config", "x"], "--listen"),
    ] {
        let end = run(mjpeg(["monitor"]).args(args)).expect(2);
        assert!(end.err.contains(why), "{args:?}: {}", end.err);
    }
}

#[test]
fn the_ring_must_suffice_for_each_line_of_the_list() {
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("cameras.txt");
    fs::write(&list, "quick http://127.0.0.1:1/\nslow http://127.0.0.1:1/ --window 20s\n").unwrap();
    let args = ["monitor", "--captures", folder.path().to_str().unwrap(), "--targets"];
    let end = run(mjpeg(args).arg(&list)).expect(6);
    assert!(end.err.contains("cameras.txt:2: --ring must be at least twice"), "{}", end.err);
}

#[test]
fn a_reader_that_leaves_ends_the_watch_with_a_message() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = mjpeg(["monitor", "http://127.0.0.1:1/", "--window=100ms", "--quiet"]);
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let status = kit::eventually("the end", || child.try_wait().unwrap());
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("the reader of standard output has left"), "{said}");
}

/// Faults that concern one part, and what `check` says of each.
const FAULTS: [(&str, &str); 10] = [
    ("stall=2500ms", "T401"),
    ("cut-picture", "J302"),
    ("no-soi", "J301"),
    ("bits-flipped=200", "J306"),
    ("content-length-short", "M203"),
    ("content-length-long", "M204"),
    ("part-text", "M226"),
    ("part-empty", "M227"),
    ("no-frame", "J308"),
    ("bytes-after-body", "M222"),
];

/// A sequence of numbers without a pattern (xorshift).
fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from((state >> 33) % below as u64).unwrap()
    }
}

/// Ten cameras with ten random faults each, at random times: `cargo test --release --test cli -- --ignored a_hundred_faults`. `MJPEG_SEED`
/// chooses others.
#[test]
#[ignore = "takes two minutes"]
fn a_hundred_faults_are_found_and_each_capture_shows_its_own() {
    let folder = TempDir::new().unwrap();
    let seed = std::env::var("MJPEG_SEED").map_or(17, |seed| seed.parse().unwrap());
    let mut random = random(seed);
    let mut farm = "[defaults]\nsource = 'test:160x120'\nfps = 10\n".to_string();
    for camera in 0..10 {
        // Each 10 s one, at some time of the first two: the camera must become good before the next one.
        let fault = |n: usize| format!("'{}@{}'", FAULTS[random(10)].0, 60 + n * 100 + random(20));
        let faults: Vec<String> = (0..10).map(fault).collect();
        farm += &format!("[[camera]]\nname = 'cam{camera}'\nfaults = [{}]\n", faults.join(", "));
    }
    let (file, log) = (folder.path().join("farm.toml"), folder.path().join("faults.jsonl"));
    fs::write(&file, farm).unwrap();
    let mut command = mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]);
    let farm = start_with_input(command.arg(&file).arg("--fault-log").arg(&log).stdin(Stdio::null()));
    let url = farm.line();
    let base = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_string();
    let list = folder.path().join("cameras.txt");
    fs::write(&list, http::get(&base, "/targets").1).unwrap();
    let captured = folder.path().join("captures");
    let monitor = monitor(&[
        "--targets",
        list.to_str().unwrap(),
        "--window=2s",
        "--good-after=1",
        "--fail-on=warning",
        "--ring=5s",
        "--ring-after=3s",
        "--captures",
        captured.to_str().unwrap(),
    ]);
    let mut found = Vec::new();
    let start = Instant::now();
    while found.len() < 100 && start.elapsed() < Duration::from_secs(150) {
        let line = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| monitor.line())) {
            Ok(line) => serde_json::from_str::<Value>(&line).unwrap(),
            Err(_) => continue,
        };
        if line["to"] == "bad" {
            found.push((line["name"].as_str().unwrap().to_string(), codes(&line).join(" ")));
        }
    }
    let logged = fs::read_to_string(&log).unwrap();
    let injected: Vec<(String, String)> = logged
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| (line["camera"].as_str().unwrap().into(), line["name"].as_str().unwrap().into()))
        .collect();
    assert_eq!(injected.len(), 100, "{injected:?}");
    for camera in 0..10 {
        let name = format!("cam{camera}");
        let of = |all: &[(String, String)]| -> Vec<String> {
            all.iter().filter(|it| it.0 == name).map(|it| it.1.clone()).collect()
        };
        let expected: Vec<&str> = of(&injected)
            .iter()
            .map(|fault| FAULTS.iter().find(|it| it.0.split('=').next() == Some(fault)).unwrap().1)
            .collect();
        assert_eq!(of(&found), expected, "{name}, MJPEG_SEED={seed}");
        let shown: Vec<String> = (1..=10)
            .map(|number| captured.join(format!("{name}-{number:04}.http")))
            .map(|capture| run(mjpeg(["check", "--format", "json"]).arg(capture)).text())
            .collect();
        for (shown, code) in shown.iter().zip(expected) {
            assert!(
                shown.contains(&format!("\"code\":\"{code}\"")),
                "MJPEG_SEED={seed}: {name}: {code}: {shown}"
            );
        }
    }
    assert_eq!(captures(&captured).len(), 100);
    end(monitor);
    farm.says("cameras, listed at");
    farm.signal("TERM");
    farm.end().expect(0);
}
