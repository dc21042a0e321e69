//! Passwords and tokens that the server repeats are in no output, in whatever form it repeats them.

use crate::kit;
use crate::reach::stream;

use std::fs;
use std::time::Duration;

use kit::busy_camera::{BusyCamera, Mode};
use kit::camera::{Camera, Connection, HEAD, part};
use kit::http;
use kit::monitor::address;
use kit::run::{End, Server, mjpeg, run, start};

/// How servers repeat the password `p"s<&\u{e9}s` of a request.
const REPEATED: [&str; 10] = [
    "p\"s<&\u{e9}s",
    "p%22s%3C%26%C3%A9s",
    "p%2522s%253c%2526%25c3%25a9s",
    "p&quot;s&lt;&amp;&#233;s",
    "p\\\"s<&\\u00e9s",
    "cDoicCJzPCbDqXM",
    "P\"S<&\u{c9}S",
    "P%22S%3C%26%C3%89S",
    "P&QUOT;S&LT;&AMP;&#201;S",
    "P\\\"S\\u003C\\u0026\\U00C9S",
];

#[test]
fn a_password_that_the_server_repeats_in_any_form_is_not_shown() {
    let password = "p\"s<&\u{e9}s";
    let basic = "dTpwInM8JsOpcw";
    let hides = |end: &End, what: &str| {
        let said = end.text() + &end.err;
        for form in REPEATED.iter().chain([&basic]) {
            assert!(!said.contains(form), "{what}: {said}");
        }
        assert!(said.contains("(redacted)"), "{what}: {said}");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, format!("{password}\n")).unwrap();
    let file = file.to_str().unwrap();
    let by_file = ["--user", "u", "--password-file", file];
    let by_token = ["--header", "X-Key: p\"s<&\u{e9}s"];
    let pages: [fn(&str) -> String; 5] = [
        |form| format!("403 No\r\nContent-Type: application/json\r\n\r\n{{\"wrong\":\"{form}\"}}"),
        |form| format!("500 No\r\nContent-Type: text/html\r\n\r\n<title>no {form}!</title>"),
        |form| format!("404 no {form}\r\n\r\n"),
        |form| format!("302 Found\r\nLocation: ftp://cam/{form}\r\n\r\n"),
        |form| format!("200 OK\r\nContent-Type: text/plain\r\n\r\n{}{form}\n", "a ".repeat(54)),
    ];
    for (n, page) in pages.iter().enumerate() {
        for (m, form) in REPEATED.iter().chain([&basic]).enumerate() {
            if form.starts_with("cD") {
                continue;
            }
            let camera = Camera::start({
                let answer = page(form);
                move |camera| camera.send(format!("HTTP/1.1 {answer}").as_bytes())
            });
            let command = ["check", "inspect", "record"][(n + m) % 3];
            let args = if m % 2 == 0 { &by_file[..] } else { &by_token[..] };
            // What Basic makes of the password is known with the user alone.
            let args = if *form == basic { &by_file[..] } else { args };
            let end =
                run(mjpeg([command, &camera.url]).args(args).args((command == "record").then_some("-")));
            hides(&end, &format!("{command} {}", page(form)));
        }
    }
    // In the fields of a stream: in the manifest and in what inspect shows, but the raw bytes stay.
    let repeating = || {
        Camera::start(|camera| {
            let head =
                HEAD.replace("\r\n\r\n", "\r\nContent-Location: /p%22s%3C%26%C3%A9s?token=x1y2\r\n\r\n");
            camera.send(head.as_bytes());
            let part = part(&kit::contents(&kit::frames())[0]);
            let split = part.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
            let fields = b"\r\nX-Url: P%22S%3C%26%C3%A9s\r\nX-p%22s%3C%26%c3%A9S: 1";
            camera.send(&[&part[..split], fields, &part[split..]].concat());
        })
    };
    for args in [&["--headers"][..], &["--headers", "--format", "json"], &["--hex", "64"], &["--dialect-of"]]
    {
        let page = folder.path().join("report.html");
        let camera = repeating();
        run(mjpeg(["check", &camera.url, "--frames", "1", "--report"]).arg(&page).args(by_file));
        let shown = fs::read_to_string(&page).unwrap();
        assert!(shown.contains("X-Url: (redacted)") && shown.contains("Content-Location"), "{shown}");
        assert!(!shown.to_lowercase().contains("p%22s%3c") && !shown.contains("x1y2"), "{shown}");
        let camera = repeating();
        let end = run(mjpeg(["inspect", &camera.url, "--frames", "1"]).args(by_file).args(args));
        let said = end.text();
        let said = said.to_lowercase();
        let hexadecimal = said.contains("70 25 32 32") || said.contains("50 25 32 32");
        assert!(!said.contains("p%22s%3c") && !hexadecimal, "{args:?}: {said}");
        assert!(args[0] != "--headers" || !said.contains("x1y2"), "{args:?}: {said}");
    }
    let camera = repeating();
    let (out, raw) = (folder.path().join("out"), folder.path().join("raw"));
    let mut command = mjpeg(["record", &camera.url, "--frames", "1"]);
    run(command.args(by_file).arg(&out).arg("--raw").arg(&raw)).expect(0);
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    assert!(manifest.contains("[\"X-Url\",\"(redacted)\"],[\"X-redacted\",\"1\"]"), "{manifest}");
    assert!(String::from_utf8_lossy(&fs::read(&raw).unwrap()).contains("X-Url: P%22S%3C%26%C3%A9s"));
    // After a redirection, the URL of the stream has it.
    let camera = Camera::visits(2, |number, _, camera| match number {
        1 => camera
            .send(b"HTTP/1.1 302 Found\r\nLocation: /x?p=p%22s%3C%26%C3%A9s\r\nContent-Length: 0\r\n\r\n"),
        _ => stream(camera),
    });
    let end = run(mjpeg(["check", &camera.url, "--frames", "2", "--format", "json"]).args(by_file)).expect(0);
    assert!(end.text().contains("/x?p=(redacted)\""), "{}", end.text());
}

/// A password that is also a token of HTTP, in other letters than those that were typed.
const SECRET: &str = "s3cr-tpw9";

/// A stream whose server repeats it in names and values of fields, and in comments that outputs cut in the middle of it.
fn repeats_everywhere(camera: &mut Connection) {
    let fields = "Server: Cam S3CR-TPW9\r\nX-S3Cr-TpW9: on\r\nAccess-Control-Allow-Origin: S3CR-TPW9\r\n\r\n";
    camera.send(HEAD.replace("\r\n\r\n", &format!("\r\n{fields}")).as_bytes());
    let jpeg = &kit::contents(&kit::frames())[0];
    let comment = [&[b'c'; 40][..], b"S3CR-TPW9"].concat();
    let jpeg = [&jpeg[..2], b"\xff\xfe\x00\x33", &comment, &jpeg[2..]].concat();
    let part = part(&jpeg);
    // Behind the delimiter line: a finding quotes the first type.
    let split = part.windows(2).position(|it| it == b"\r\n").unwrap();
    let fields = b"\r\nX-S3CR-TPW9: 1\r\nX-Url: /S3Cr-tPW9\r\nContent-Type: S3CR-TPW9";
    let part = [&part[..split], fields, &part[split..]].concat();
    while camera.try_send(&part) {
        // The pace of the camera.
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn shows_no_secret(what: &str, said: &str) {
    let said = said.to_lowercase();
    // Also in hexadecimal, and its start.
    for form in [SECRET, "s3cr-t", "dtpzm2ny", "53 33 43 52", "53 33 63 72"] {
        assert!(!said.contains(form), "{what}: {form}: {said}");
    }
}

#[test]
fn a_password_is_shown_neither_in_names_of_fields_nor_in_letters_of_another_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (page, out, other) =
        (path("page.html"), path("out"), kit::repository("fixtures/captures/motion.http"));
    let other = other.to_str().unwrap();
    let report = ["--report", &page, "--deep"];
    let commands: [(&str, &[&str]); 18] = [
        ("check", &report),
        ("check", &["--format", "json"]),
        ("check", &["--format", "junit"]),
        ("check", &["--format", "github"]),
        ("check", &["--format", "nagios"]),
        ("check", &["--format", "prometheus"]),
        ("check", &["--format", "markdown"]),
        ("inspect", &[]),
        ("inspect", &["--format", "json"]),
        ("inspect", &["--headers"]),
        ("inspect", &["--headers", "--format", "json"]),
        ("inspect", &["--hex", "64"]),
        ("inspect", &["--hex", "64", "--format", "json"]),
        ("inspect", &["--jpeg"]),
        ("inspect", &["--jpeg", "--format", "json"]),
        ("inspect", &["--diff", other]),
        ("inspect", &["--dialect-of"]),
        ("record", &[&out, "--format", "json"]),
    ];
    for (command, args) in commands {
        let camera = Camera::start(repeats_everywhere);
        let mut command_line = mjpeg([command, &camera.url, "--frames", "2", "--user", "u:s3cr-tpw9"]);
        let end = run(command_line.args(args));
        // A plugin of Nagios has a status of its own for what is critical.
        let is_critical = args.contains(&"nagios") && end.code() == Some(2);
        assert!(is_critical || matches!(end.code(), Some(0 | 1)), "{command} {args:?}: {}", end.err);
        shows_no_secret(&format!("{command} {args:?}"), &(end.text() + &end.err));
    }
    let page = fs::read_to_string(page).unwrap();
    shows_no_secret("the page", &page);
    assert!(page.contains("X-redacted: 1") && page.contains("X-redacted: on"), "{page}");
    let manifest = fs::read_to_string(folder.path().join("out/manifest.jsonl")).unwrap();
    shows_no_secret("the manifest", &manifest);
    assert!(manifest.contains("[\"X-redacted\",\"1\"],[\"X-Url\",\"/(redacted)\"]"), "{manifest}");
    // What is hidden is no fault of the recording.
    let end = run(mjpeg(["check", &out, "--format", "json"]).args(["--fail-on", "info"])).text();
    assert!(!end.contains("illegal character"), "{end}");
}

#[test]
fn programs_that_run_on_do_not_show_a_password_that_comes_back_in_other_letters() {
    let camera = Camera::start(repeats_everywhere);
    let args = ["--window=300ms", "--listen=0", "--fail-on=info", "--user=u:s3cr-tpw9"];
    let monitor = start(mjpeg(["monitor", &camera.url]).args(args));
    shows_no_secret("monitor", &monitor.line());
    let address = address(&monitor);
    for path in ["/", "/state", "/metrics"] {
        shows_no_secret(path, &String::from_utf8_lossy(&http::get(&address, path).1));
    }
    monitor.signal("TERM");
    shows_no_secret("monitor", &monitor.err());
    monitor.end().expect(0);
    const REFUSAL: &str = "HTTP/1.1 503 No S3CR-TPW9\r\nContent-Type: text/html\r\nContent-Length: 33\r\n\r\n\
        <title>S3CR-tPW9 is wrong</title>";
    let camera = BusyCamera::start(Mode::Answer(REFUSAL));
    let relay = Server::start(camera.url.as_ref(), &["--no-probe", "--silence=1s", "--user=u:s3cr-tpw9"]);
    for path in ["/snapshot", "/state", "/metrics", "/healthz", "/"] {
        let (head, body) = http::get(relay.address(), path);
        let said = head + &String::from_utf8_lossy(&body);
        shows_no_secret(path, &said);
        assert!(!["/snapshot", "/state"].contains(&path) || said.contains("503 No (redacted)"), "{said}");
    }
    for args in [&["chunks"][..], &["clients", "-n", "1"], &["slow"]] {
        let mut bench = mjpeg(["bench"]);
        let end =
            run(bench.args(args).args([&camera.url, "--user", "u:s3cr-tpw9", "--duration", "1s"])).expect(3);
        shows_no_secret("bench", &(end.text() + &end.err));
        assert!(end.err.contains("503 No (redacted)"), "{args:?}: {}", end.err);
    }
    relay.run.says("503 No (redacted)");
    shows_no_secret("relay", &relay.run.err());
}
