//! Command lines that cannot be: exit status 2, before anything is opened.

use crate::kit;

use std::fs;

use kit::run::{mjpeg, run};

/// Nothing listens there, and no test gets so far.
const URL: &str = "http://127.0.0.1:9/";

#[test]
fn values_that_cannot_be_are_usage_errors_of_every_command() {
    for args in [
        &["serve", ""][..],
        &["serve", "http:/cam/"],
        &["serve", URL, "--silence", "0s"],
        &["serve", URL, "--viewer-buffer", "0"],
        &["serve", URL, "--connect-timeout", "0s"],
        &["serve", URL, "--auth", "foo"],
        &["serve", URL, "--listen", "99999"],
        &["serve", "test:640"],
        &["record", "http:cam", "out"],
        &["record", URL, "out", "--bytes", "0"],
        &["record", URL, "out", "--connect-timeout", "0"],
        &["record", URL, "--raw", "raw", "--ring", "0s"],
        &["record", URL, "--raw", "raw", "--ring", "1s", "--ring-bytes", "0"],
        &["record", "htp://cam/", "out"],
        &["check", ""],
        &["check", "https:cam"],
        &["check", URL, "--max-gap", "0s"],
        &["check", URL, "--size", "0x0"],
        &["check", "rtsp://"],
        &["inspect", ""],
        &["inspect", "http:/cam/"],
        &["inspect", URL, "--hex", "0"],
        &["inspect", URL, "--diff", ""],
    ] {
        let end = run(&mut mjpeg(args));
        assert_eq!(end.code(), Some(2), "{args:?}: {}", end.err);
    }
}

#[test]
fn a_url_without_its_scheme_gets_a_hint_from_every_command() {
    for args in [&["serve", "cam.local/x"][..], &["check", "cam.local/x"], &["record", "cam.local/x", "out"]]
    {
        let end = run(&mut mjpeg(args)).expect(6);
        assert!(end.err.contains("hint: if it is a URL, write http://cam.local/x"), "{args:?}: {}", end.err);
    }
    let end = run(&mut mjpeg(["check", "http:/cam/"])).expect(2);
    assert!(end.err.contains("http://"), "{}", end.err);
}

#[test]
fn options_for_urls_are_refused_if_there_is_no_url() {
    let options = [
        &["--header", "A: b"][..],
        &["--user", "u:p"],
        &["--password-file", "x"],
        &["--netrc-file", "x"],
        &["--insecure"],
        &["--cacert", "x"],
        &["--proxy", "http://proxy/"],
        &["--unix-socket", "x"],
        &["--connect-timeout", "1s"],
        &["--wait", "1s"],
        &["--poll", "1s"],
    ];
    for command in [&["serve", "test:"][..], &["check", "x", "-"], &["inspect", "x"], &["record", "x", "out"]]
    {
        for option in options {
            let end = run(mjpeg(command).args(option)).expect(2);
            assert!(end.err.contains(option[0]), "{command:?}: {}", end.err);
        }
    }
    // One of the targets is a URL.
    for args in
        [&["check", "no-such-file", URL, "--wait", "0"][..], &["inspect", "no-such-file", "--diff", URL]]
    {
        let end = run(mjpeg(args).arg("--insecure")).expect(6);
        assert!(end.err.contains("refused"), "{}", end.err);
    }
}

#[test]
fn bare_numbers_are_seconds_in_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let server = kit::run::Server::start(&kit::frames(), &["--fps", "30"]);
    run(mjpeg(["record", &server.stream, "--duration", "1"]).arg(dir.path())).expect(0);
    run(&mut mjpeg(["check", &server.stream, "--duration", "1", "--shallow"])).expect(0);
    run(&mut mjpeg(["inspect", &server.stream, "--duration", "1"])).expect(0);
    let frames = fs::read_dir(dir.path()).unwrap().count();
    assert!(frames > 15, "{frames} files");
}
