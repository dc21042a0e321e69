//! Passwords and tokens of a command line are in no output.

use crate::kit;
use crate::reach::{check, stream};

use std::fs;

use kit::camera::Camera;
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

#[test]
fn the_name_of_a_file_that_is_a_url_by_mistake_shows_no_password() {
    for args in [
        "man URL",
        "check test: --frames 2 --report URL",
        "check test: --frames 2 --baseline URL",
        "check test: --frames 2 --expect URL",
        "check --targets URL",
        "bench merge URL",
        "serve test: --dialect URL",
        "serve --farm URL",
        "record test: --frames 2 --concat URL",
        "record test: --frames 2 --raw URL",
    ] {
        let end =
            run(&mut mjpeg(args.split(' ').map(|it| if it == "URL" { "http://ann:hush@cam/x" } else { it })));
        assert!(end.err.contains("http://ann:(redacted)@cam/x"), "{args}: {}", end.err);
        assert!(!end.err.contains("hush") && !end.text().contains("hush"), "{args}: {}", end.err);
    }
}
