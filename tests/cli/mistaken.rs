//! What a wrong command line is answered with: what was meant, and what to write instead.

use crate::kit;

use std::fs;

use kit::run::{mjpeg, run};

/// Nothing listens there, and no test gets so far.
const URL: &str = "http://127.0.0.1:9/";

#[test]
fn a_url_without_its_scheme_gets_a_hint_from_every_command() {
    for args in [
        &["serve", "cam.local/x"][..],
        &["check", "cam.local/x"],
        &["record", "cam.local/x", "out"],
        &["inspect", "cam.local/x"],
        &["bench", "chunks", "cam.local/x"],
    ] {
        let end = run(&mut mjpeg(args)).expect(6);
        assert!(end.err.contains("hint: if it is a URL, write http://cam.local/x"), "{args:?}: {}", end.err);
    }
    let end = run(&mut mjpeg(["check", "http:/cam/"])).expect(2);
    assert!(end.err.contains("http://"), "{}", end.err);
    // Where only a URL will do.
    for command in [&["monitor"][..], &["bench", "clients"], &["bench", "slow"], &["bench", "path"]] {
        let end = run(mjpeg(command).arg("u:hush@cam.local:81/x")).expect(2);
        assert!(
            end.err.contains("; did you mean http://") && end.err.contains("cam.local:81/x?"),
            "{}",
            end.err
        );
        assert!(!end.err.contains("hush"), "{}", end.err);
    }
    let dir = tempfile::tempdir().unwrap();
    for pattern in ["tset:", "test"] {
        for args in
            [&["serve"][..], &["check"], &["record", "--raw", "x"], &["inspect"], &["bench", "chunks"]]
        {
            let end = run(mjpeg(args).arg(pattern).current_dir(dir.path())).expect(6);
            let is_hinted = end.err.contains("hint: the test pattern is test: or test:640x480");
            assert!(is_hinted, "{args:?} {pattern}: {}", end.err);
        }
    }
}

#[test]
fn a_mistyped_name_has_a_suggestion() {
    for (args, meant) in [
        (&["check", URL, "--select", "content-lenght-short"][..], "content-length-short (M203)?"),
        (&["check", URL, "--ignore", "frozn"], "frozen (C"),
        (&["monitor", URL, "--ignore", "frozn"], "frozen (C"),
        (&["check", "--explain", "frozn"], "frozen (C"),
        (&["check", URL, "--consumers", "ffmepg"], "ffmpeg?"),
        (&["serve", "test:", "--dialect", "ustraemer"], "ustreamer?"),
        (&["serve", "test:", "--fault", "stlal=2s"], "stall?"),
        (&["check", "htp://cam/"], "http://?"),
        (&["record", "htpps://cam/", "out"], "https://?"),
        (&["bench", "slow", "htp://cam/"], "http://?"),
        (&["man", "bench", "chunk"], "mjpeg-bench-chunks?"),
    ] {
        let end = run(&mut mjpeg(args)).expect(2);
        assert!(end.err.contains(&format!("did you mean {meant}")), "{args:?}: {}", end.err);
    }
    // Nothing is like it.
    for args in [&["check", URL, "--select", "zzz"][..], &["serve", "test:", "--dialect", "zzz"]] {
        let end = run(&mut mjpeg(args)).expect(2);
        assert!(!end.err.contains("did you mean") && end.err.contains("--list-"), "{args:?}: {}", end.err);
    }
}

#[test]
fn a_mistake_at_the_end_of_a_day_is_answered_with_what_to_write() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("afile"), "x").unwrap();
    for (args, code, answer) in [
        (&["serve", "no-such.jpg", "--once"][..], 6, "cannot open no-such.jpg: No such file or directory"),
        (&["serve", "8080"], 6, "hint: to listen on port 8080: mjpeg serve SOURCE --listen 8080"),
        (&["serve", ":8080"], 6, "mjpeg serve SOURCE --listen :8080"),
        (&["serve", "0.0.0.0:8080"], 6, "mjpeg serve SOURCE --listen 0.0.0.0:8080"),
        (&["check", "8080"], 6, "http://127.0.0.1:8080/"),
        (&["check", "cam/stream"], 6, "hint: if it is a URL, write http://cam/stream"),
        (&["check", URL, "--consumers", "crome"], 2, "did you mean chromium?"),
        (&["check", "http://::1:80/stream"], 2, "an IPv6 address must be in brackets"),
        (&["record", "out", URL], 2, "the order is `mjpeg record TARGET OUT`"),
        (&["record", URL, URL], 2, "is a URL"),
        (&["record", "test:", "afile", "--frames", "2"], 6, "hint: OUT is a directory"),
        (&["record", "test:", "no/still.jpg", "--frames", "1"], 6, "hint: the directory no does not exist"),
        (&["record", "test:", "--out", "out"], 2, "mjpeg record TARGET OUT"),
        (&["record", "test:", "out", "--duration", "1", "min"], 2, "quote a value that has blanks"),
        (&["record", URL, "out", "--timeout", "3"], 2, "'--idle'"),
        (&["check", URL, "--count", "3"], 2, "'--frames'"),
        (&["serve", "a.jpg", "b.jpg"], 2, "name their directory"),
        (&["serve", "test:", "--port", "8080"], 2, "'--listen'"),
        (&["serve", "test:", "-p", "8080"], 2, "'--listen'"),
        (&["inspect", "a", "b"], 2, "--diff OTHER"),
        (&["http://u:hush@cam/"], 2, "such as mjpeg check http://"),
        (&["bench", URL], 2, "mjpeg bench clients http://127.0.0.1:9/"),
        (&["version"], 2, "mjpeg --version"),
        (&["help", "chekc"], 2, "'check'"),
        (&["--color", "never", "help", "exit-code"], 2, "'exit-codes'"),
        (&["help", "bench", "clints"], 2, "'clients'"),
        (&["--color", "never", "serve", "a.jpg", "b.jpg"], 2, "name their directory"),
    ] {
        let end = run(mjpeg(args).current_dir(dir.path())).expect(code);
        assert!(end.err.contains(answer), "{args:?}: {}", end.err);
        for wrong in ["hush", "'--format'", "similar subcommands exist"] {
            assert!(!end.err.contains(wrong), "{args:?}: {}", end.err);
        }
    }
    let text = run(&mut mjpeg(["check", "test:", "--frames", "2"])).expect(0).text();
    assert!(text.starts_with("test: pass\n"), "{text}");
}

#[test]
fn an_invalid_port_is_reported_and_no_connection_is_made() {
    for url in ["http://127.0.0.1:99999/", "http://127.0.0.1:81a/", "http://u:p@127.0.0.1:0/"] {
        let end = run(&mut mjpeg(["check", url])).expect(2);
        assert!(end.err.contains("port is not a number from 1 to 65535"), "{}", end.err);
    }
}

#[test]
fn passwords_are_hidden_in_messages_for_every_form_of_url() {
    for target in [
        "http://admin:hunter/2@127.0.0.1/",
        "rtsp://admin:hunter2@127.0.0.1/",
        " http://a:hunter2@127.0.0.1/",
    ] {
        let end = run(&mut mjpeg(["check", target, "--format", "json"]));
        assert!(matches!(end.code(), Some(2 | 6)), "{target}: {}", end.status);
        assert!(!end.text().contains("hunter") && !end.err.contains("hunter"), "{}\n{}", end.text(), end.err);
    }
}
