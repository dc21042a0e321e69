//! Passwords and tokens of a request are in no output, also where the server repeats them.

use crate::kit;
use crate::reach::{check, stream};

use std::fs;

use kit::camera::{Camera, HEAD, part};
use kit::run::{End, mjpeg, run};

#[test]
fn passwords_in_the_query_appear_in_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let secret =
        |end: &End| assert!(!end.text().contains("hush") && !end.err.contains("hush"), "{}", end.err);
    // Typed, and in a redirection that leads to another one.
    for command in ["record", "check", "inspect"] {
        let camera = Camera::visits(2, |number, request, camera| match number {
            1 => {
                assert!(request.starts_with("GET /stream?user=a&password=hush1 HTTP"), "{request}");
                camera
                    .send(b"HTTP/1.1 302 Found\r\nLocation: /x?token=hush2&n=1\r\nContent-Length: 0\r\n\r\n");
            }
            _ => {
                assert!(request.starts_with("GET /x?token=hush2&n=1 HTTP"), "{request}");
                stream(camera);
            }
        });
        let url = format!("{}?user=a&password=hush1", camera.url);
        let mut args = vec![command, &url, "--frames", "2", "--format", "json"];
        if command == "record" {
            args.push(out.to_str().unwrap());
        }
        let end = run(&mut mjpeg(args)).expect(0);
        secret(&end);
        assert!(command == "inspect" || end.text().contains("?user=a&password=(redacted)"), "{}", end.text());
        assert!(command != "check" || end.text().contains("/x?token=(redacted)&n=1\""), "{}", end.text());
    }
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    assert!(!manifest.contains("hush"), "{manifest}");
    // In errors: also those whose page repeats the request, and a redirection to nowhere.
    for (answer, shown) in [
        (
            "404 No /x?pwd=hush here\r\nContent-Type: text/html\r\n\r\n<title>no /x?a=1&amp;pwd=hush</title>",
            "404 No",
        ),
        (
            "302 Found\r\nLocation: ftp://u:hush@cam/?pwd=hush\r\n\r\n",
            "to `ftp://u:(redacted)@cam/?pwd=(redacted)`",
        ),
        ("200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno", "the answer is text/html"),
    ] {
        let camera = Camera::start(move |camera| camera.send(format!("HTTP/1.1 {answer}").as_bytes()));
        let url = format!("{}?loginuse=a&loginpas=hush", camera.url);
        let end = run(&mut mjpeg(["check", &url, "--format", "json"]));
        secret(&end);
        let said = end.text() + &end.err;
        assert!(said.contains("?loginuse=a&loginpas=(redacted)") && said.contains(shown), "{said}");
    }
    let end = run(&mut mjpeg(["record", "http://127.0.0.1:1/", "x", "http://u:hush@cam/"])).expect(2);
    secret(&end);
}

/// How servers repeat the password `p"s<&\u{e9}s` of a request.
const REPEATED: [&str; 6] = [
    "p\"s<&\u{e9}s",
    "p%22s%3C%26%C3%A9s",
    "p%2522s%253c%2526%25c3%25a9s",
    "p&quot;s&lt;&amp;&#233;s",
    "p\\\"s<&\\u00e9s",
    "cDoicCJzPCbDqXM",
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
            camera.send(&[&part[..split], b"\r\nX-Url: p%22s%3C%26%C3%A9s", &part[split..]].concat());
        })
    };
    for args in [&["--headers"][..], &["--headers", "--format", "json"], &["--hex", "64"], &["--dialect-of"]]
    {
        let page = folder.path().join("report.html");
        let camera = repeating();
        run(mjpeg(["check", &camera.url, "--frames", "1", "--report"]).arg(&page).args(by_file));
        let shown = fs::read_to_string(&page).unwrap();
        assert!(shown.contains("X-Url: (redacted)") && shown.contains("Content-Location"), "{shown}");
        assert!(!shown.contains("p%22s%3C") && !shown.contains("x1y2"), "{shown}");
        let camera = repeating();
        let end = run(mjpeg(["inspect", &camera.url, "--frames", "1"]).args(by_file).args(args));
        let said = end.text();
        assert!(!said.contains("p%22s%3C") && !said.contains("70 25 32 32"), "{args:?}: {said}");
        assert!(args[0] != "--headers" || !said.contains("x1y2"), "{args:?}: {said}");
    }
    let camera = repeating();
    let (out, raw) = (folder.path().join("out"), folder.path().join("raw"));
    let mut command = mjpeg(["record", &camera.url, "--frames", "1"]);
    run(command.args(by_file).arg(&out).arg("--raw").arg(&raw)).expect(0);
    let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    assert!(manifest.contains("[\"X-Url\",\"(redacted)\"]"), "{manifest}");
    assert!(String::from_utf8_lossy(&fs::read(&raw).unwrap()).contains("X-Url: p%22s%3C%26%C3%A9s"));
    // After a redirection, the URL of the stream has it.
    let camera = Camera::visits(2, |number, _, camera| match number {
        1 => camera
            .send(b"HTTP/1.1 302 Found\r\nLocation: /x?p=p%22s%3C%26%C3%A9s\r\nContent-Length: 0\r\n\r\n"),
        _ => stream(camera),
    });
    let end = run(mjpeg(["check", &camera.url, "--frames", "2", "--format", "json"]).args(by_file)).expect(0);
    assert!(end.text().contains("/x?p=(redacted)\""), "{}", end.text());
}

#[test]
fn a_mistyped_url_is_shown_without_its_password() {
    for target in [
        "127.0.0.1/a?pwd=hush",
        "http:\\\\u:hush@127.0.0.1/",
        "//u:hush@127.0.0.1/",
        "HTTP//u:hush@127.0.0.1/",
        "http;//u:hush@127.0.0.1/",
        "u:hush@127.0.0.1/x.jpg",
    ] {
        for args in [
            &["serve", "--listen", "127.0.0.1:0", "--once"][..],
            &["check"],
            &["record", "--frames", "1"],
            &["inspect"],
            &["bench", "chunks"],
            &["bench", "clients"],
            &["bench", "path"],
            &["serve", "--farm"],
            &["check", "http://127.0.0.1:9/", "--targets"],
            &["serve", "test:", "--listen"],
        ] {
            let end = run(mjpeg(args).arg(target));
            assert!(matches!(end.code(), Some(2 | 6)), "{args:?} {target}: {:?}", end.code());
            let said = end.text() + &end.err;
            assert!(!said.contains("hush"), "{args:?} {target}: {said}");
        }
    }
    let end = check("http://127.0.0.1:9/", &["--password-file", "hush"]).expect(6);
    assert!(!end.err.contains("hush") && end.err.contains("name of a file"), "{}", end.err);
}

#[test]
fn an_invalid_option_is_a_usage_error_that_shows_no_secret() {
    for (args, why) in [
        (&["--header", "s3cret"][..], "NAME: VALUE"),
        (&["--header", "Bad Name: s3cret"], "name"),
        (&["--header", "X: s3cret\r\nY: z"], "control"),
        (&["--proxy", "socks5://u:s3cret@p"], "SOCKS proxies (socks5://) are not supported"),
        (&["--proxy", "SOCKS5H://u:s3cret@p"], "HTTP proxies are"),
        (&["--proxy", "http://u:s3cret@p:0"], "port"),
        (&["--user", ""], "it is empty"),
        (&["--user", "u", "--netrc-file", "s3cret"], "--netrc-file"),
        (&["--insecure", "--cacert", "s3cret"], "--cacert"),
        (&["--unix-socket", "s3cret", "--proxy", ""], "--proxy"),
    ] {
        let end = check("http://127.0.0.1:9/", args).expect(2);
        assert!(end.err.contains(why) && !end.err.contains("s3cret"), "{args:?}: {}", end.err);
    }
    for (target, why) in [
        ("rtsp://u:s3cret@cam/", "rtsp:// is not supported"),
        ("htp://cam/", "htp:// is not supported"),
        ("http://u:s3cret@cam:0/", "port"),
        ("http://u:s3/cret@cam/", "%2F"),
        ("https://[::1", "host"),
    ] {
        for command in ["check", "record"] {
            let end = run(&mut mjpeg([command, target, "-"])).expect(2);
            assert!(end.err.contains(why), "{target}: {}", end.err);
            assert!(!end.err.contains("s3") && end.err.contains("Usage: mjpeg"), "{target}: {}", end.err);
        }
    }
}
