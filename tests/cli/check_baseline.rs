//! `mjpeg check --save-baseline` and `--baseline`.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::camera::{Camera, HEAD, part, part_with_length};
use kit::picture::solid;
use kit::run::{End, Server, mjpeg, run, run_with_input, start};
use serde_json::Value;

/// A camera with three good parts and `more`.
fn camera(more: &[Vec<u8>]) -> Camera {
    let good = part(&solid([80, 90, 100], 32, 32));
    let mut stream: Vec<Vec<u8>> = (0..3).map(|_| good.clone()).collect();
    stream.extend_from_slice(more);
    stream.push(b"--foo--\r\n".to_vec());
    Camera::sending(HEAD, stream)
}

#[test]
fn a_repeated_check_has_no_regression_and_a_slower_one_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baseline.json");
    let list = folder.path().join("cameras.txt");
    // The name is what two checks have in common: the ports differ.
    let check = |server: &Server, option: &str| {
        fs::write(&list, format!("door {}\n", server.stream)).unwrap();
        let mut command =
            mjpeg(["check", "--frames", "60", "--format", "json", "--ignore", "T,C", "--targets"]);
        run(command.arg(&list).arg(option).arg(&file))
    };
    let server = Server::start(&kit::frames(), &["--fps", "40"]);
    let fps = |verdict: &Value| verdict["baseline"].as_array().unwrap().iter().any(|it| it["what"] == "fps");
    // A busy machine is slower for a while; the unit tests have the rate of false regressions.
    let is_repeated = (0..5).any(|_| {
        check(&server, "--save-baseline").expect(0);
        !fps(&serde_json::from_slice(&check(&server, "--baseline").out).unwrap())
    });
    assert!(is_repeated);
    server.stop();
    let slower = Server::start(&kit::frames(), &["--fps", "25"]);
    let end = check(&slower, "--baseline").expect(1);
    let verdict: Value = serde_json::from_slice(&end.out).unwrap();
    assert!(fps(&verdict) && verdict["verdict"] == "fail", "{verdict}");
    slower.stop();
}

#[test]
fn only_new_findings_fail() {
    let folder = tempfile::tempdir().unwrap();
    let (file, list) = (folder.path().join("b.json"), folder.path().join("list"));
    let check = |camera: &Camera, option: &str| -> End {
        fs::write(&list, format!("door {}\n", camera.url)).unwrap();
        run(mjpeg(["check", "--frames", "9", "--select", "M", "--targets"]).arg(&list).arg(option).arg(&file))
    };
    let jpeg = solid([80, 90, 100], 32, 32);
    let short = part_with_length(&jpeg, jpeg.len() - 5);
    check(&camera(std::slice::from_ref(&short)), "--save-baseline").expect(1);
    // It had that finding.
    check(&camera(std::slice::from_ref(&short)), "--baseline").expect(0);
    let end = check(
        &camera(&[short, b"--foo\r\nContent-Type: image/jpg\r\n\r\n".to_vec(), jpeg, b"\r\n".to_vec()]),
        "--baseline",
    );
    let text = end.expect(1).text();
    assert!(text.contains("worse   M224: new error: part-type-not-jpeg"), "{text}");
    let text = check(&camera(&[]), "--baseline").expect(0).text();
    assert!(text.contains("better  M203: gone: content-length-short"), "{text}");
}

#[test]
fn a_baseline_reads_500_parts_unless_the_options_say_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let (file, list) = (folder.path().join("b.json"), folder.path().join("list"));
    let check = |args: &[&str], baseline: Option<&str>| -> (End, Option<u64>) {
        let camera = Camera::sending(HEAD, vec![part(&solid([80, 90, 100], 32, 32)); 600]);
        fs::write(&list, format!("door {}\n", camera.url)).unwrap();
        let mut check = mjpeg(["check", "--select", "M", "--format", "json", "--targets"]);
        check.arg(&list).args(args);
        baseline.into_iter().for_each(|option| {
            check.arg(option).arg(&file);
        });
        let end = run(&mut check);
        let verdict: Value = serde_json::from_slice(&end.out).unwrap();
        (end, verdict["parts"].as_u64())
    };
    assert_eq!(check(&[], None).1, Some(100));
    let says = "mjpeg: check: a baseline needs 500 parts or 1m, unless --frames or --duration says otherwise";
    let (end, parts) = check(&[], Some("--save-baseline"));
    let end = end.expect(0);
    assert!(parts == Some(500) && end.err.contains(says), "{parts:?} {}", end.err);
    // The same figures, given.
    let (end, parts) = check(&["--frames", "500", "--duration", "60s"], Some("--baseline"));
    let end = end.expect(0);
    assert!(parts == Some(500) && !end.err.contains(says), "{parts:?} {}", end.err);
    let (end, parts) = check(&["--quiet"], Some("--baseline"));
    let end = end.expect(0);
    assert!(parts == Some(500) && !end.err.contains(says), "{parts:?} {}", end.err);
    let mut other = mjpeg(["check", "--select", "M", "--frames", "100", "--targets"]);
    let end = run(other.arg(&list).arg("--baseline").arg(&file)).expect(6);
    assert!(end.err.contains("--frames: 500 then, 100 now"), "{}", end.err);
}

#[test]
fn a_name_compares_cameras_at_different_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let motion = kit::repository("fixtures/captures/motion.http");
    let copy = folder.path().join("copy.http");
    fs::copy(&motion, &copy).unwrap();
    let file = folder.path().join("b.json");
    let check = |address: &Path, args: &[&str]| {
        let line = format!("camera {}\n", address.display());
        let mut check = mjpeg(["check", "--targets", "-", "--fail-on", "error"]);
        run_with_input(check.args(args).arg(&file), line.as_bytes())
    };
    check(&motion, &["--save-baseline"]).expect(0);
    check(&copy, &["--baseline"]).expect(0);
}

#[test]
fn unlike_settings_and_other_targets_are_refused_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.json");
    let motion = kit::repository("fixtures/captures/motion.http");
    let motion = motion.to_str().unwrap();
    let check = |args: &[&str]| run(mjpeg(["check", motion, "--fail-on", "error"]).args(args));
    let path = file.to_str().unwrap();
    let _ = check(&["--save-baseline", path]);
    for (args, says) in [
        (&["--frames", "3"][..], "--frames: nothing then, 3 now"),
        (&["--shallow"], "--deep and --shallow: auto then, shallow now"),
        (&["--ignore", "M203"], "--select and --ignore"),
        (&["--min-fps", "3"], "--min-fps"),
    ] {
        let end = check(&[args, &["--baseline", path]].concat()).expect(6);
        assert!(end.err.contains(says) && end.text().is_empty(), "{args:?}: {}{}", end.err, end.text());
    }
    let end = run(&mut mjpeg(["check", "http://127.0.0.1:1/", "--baseline", path])).expect(6);
    assert!(end.err.contains("the baseline has no http://127.0.0.1:1/"), "{}", end.err);
    assert!(end.err.contains("needs the same name in both checks"), "{}", end.err);
    let before = fs::read(&file).unwrap();
    // A check that fails leaves the file.
    let end = run(&mut mjpeg(["check", "http://127.0.0.1:1/", "--save-baseline", path])).expect(3);
    assert!(end.err.contains("was not written"), "{}", end.err);
    assert_eq!(fs::read(&file).unwrap(), before);
    // A baseline of another version.
    fs::write(&file, r#"{"schema":"mjpeg.baseline/1","entries":{}}"#).unwrap();
    let end = check(&["--baseline", path]).expect(6);
    assert!(end.err.contains(r#"has the format "mjpeg.baseline/1", not mjpeg.baseline/2"#), "{}", end.err);
    assert!(end.err.contains("hint: make a new baseline with --save-baseline"), "{}", end.err);
    fs::write(&file, "{}").unwrap();
    assert!(check(&["--baseline", path]).expect(6).err.contains("is not a baseline"));
    assert_eq!(check(&["--baseline", path, "--save-baseline", path]).code(), Some(2));
}

#[test]
fn a_baseline_replaces_regular_files_only_and_follows_links() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let motion = kit::repository("fixtures/captures/motion.http");
    let save = |name: &str| run(mjpeg(["check"]).arg(&motion).arg("--save-baseline").arg(at(name)));
    run(std::process::Command::new("mkfifo").arg(at("pipe"))).expect(0);
    assert!(save("pipe").expect(6).err.contains("it is not a regular file"));
    fs::write(at("private"), "").unwrap();
    fs::set_permissions(at("private"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(at("private"), at("link")).unwrap();
    save("link").expect(0);
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert!(fs::read_to_string(at("private")).unwrap().contains("mjpeg.baseline/2"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(at("private")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_interrupted_check_writes_no_baseline_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baseline.json");
    fs::write(&file, "as it was").unwrap();
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let mut check = mjpeg(["check", &server.stream, "--frames", "100000", "--save-baseline"]);
    let check = start(check.arg(&file));
    kit::eventually("the handlers of signals", || check.handles_signals().then_some(()));
    check.signal("INT");
    let end = check.end();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&end.status), Some(2));
    assert!(end.err.contains("baseline.json was not written: the check was interrupted"), "{}", end.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "as it was");
    server.stop();
}

#[test]
fn json_has_an_object_for_each_target_if_the_baseline_is_refused() {
    let missing = ["check", "test:", "no/such/file", "--format", "json", "--baseline", "no/baseline.json"];
    let end = run(&mut mjpeg(missing)).expect(6);
    let lines: Vec<Value> = end.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let targets: Vec<&str> = lines.iter().map(|line| line["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["test:", "no/such/file"]);
    assert!(lines.iter().all(|line| line["verdict"] == "error"), "{lines:?}");
    assert!(lines[0]["error"].as_str().unwrap().contains("no/baseline.json"), "{lines:?}");
}

#[test]
fn a_baseline_that_cannot_be_written_is_known_before_the_camera_is_read() {
    let folder = tempfile::tempdir().unwrap();
    // A server that never answers: a run that reads it stalls.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    for place in ["missing/b.json", "."] {
        let file = folder.path().join(place);
        let end = run(mjpeg(["check", &url, "--idle", "10s", "--save-baseline"]).arg(&file)).expect(6);
        assert!(end.err.contains("cannot write the baseline"), "{}", end.err);
    }
}
