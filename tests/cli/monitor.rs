//! `mjpeg monitor`: changes, commands, captures, reloading and metrics.

use crate::kit;

use std::fs;
use std::time::{Duration, Instant};

use kit::camera::{Camera, HEAD, part};
use kit::monitor::{address, captures, change, codes, end, monitor, text};
use kit::run::{Server, mjpeg, run};
use kit::timing;
use serde_json::Value;
use tempfile::TempDir;

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
    kit::process::wait_until_stopped(monitor.pid());
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
