//! Passwords: where they come from, where they go, and that they are shown nowhere.

use crate::kit;

use std::fs;

use kit::camera::{Camera, Connection, HEAD, part};
use kit::run::{End, Server, mjpeg, run, start};
use md5::Md5;
use sha2::{Digest, Sha256};

fn check(target: &str, args: &[&str]) -> End {
    run(mjpeg(["check", target, "--frames", "2", "--format", "json"]).args(args))
}

fn stream(camera: &mut Connection) {
    camera.send(HEAD.as_bytes());
    kit::contents(&kit::frames())[..2].iter().for_each(|jpeg| camera.send(&part(jpeg)));
}

fn refuse(camera: &mut Connection, challenge: &str) {
    let page = "<html>no</html>";
    camera.send(
        format!(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        )
        .as_bytes(),
    );
}

/// The value of the Authorization field.
fn authorization(request: &str) -> Option<String> {
    request.lines().find_map(|line| line.strip_prefix("Authorization: ")).map(String::from)
}

#[test]
fn the_password_is_never_sent_in_clear_when_the_server_knows_digest() {
    for challenge in [
        "Basic realm=\"cam\", Digest realm=\"a, b\", nonce=\"n1\", qop=\"auth,auth-int\", opaque=\"\"",
        "Digest realm=r, nonce=n1,algorithm=MD5,stale=FALSE\r\nWWW-Authenticate: Basic realm=\"cam\"",
        "Basic realm=\"cam\"\r\nWWW-Authenticate: digest realm=r, nonce=n1, algorithm=SHA-256-sess, qop=auth",
    ] {
        let camera =
            Camera::visits(2, move |number, request, camera| match (number, authorization(request)) {
                (1, None) => refuse(camera, challenge),
                (_, value) => {
                    let value = value.expect("the second request has credentials");
                    assert!(value.starts_with("Digest username=\"user\", realm=\""), "{value}");
                    assert!(value.contains("uri=\"/stream\"") && !request.contains("Basic"), "{request}");
                    assert_eq!(challenge.contains("opaque"), value.contains("opaque=\"\""), "{value}");
                    stream(camera);
                }
            });
        check(&camera.url, &["--user", "user:secret"]).expect(0);
    }
    // A form of Digest that is not known is not a reason to send it in clear either.
    let camera = Camera::visits(1, |_, request, camera| {
        assert_eq!(authorization(request), None);
        refuse(camera, "Basic realm=c, Digest realm=r, nonce=n, algorithm=SHA-512-256");
    });
    let end = check(&camera.url, &["--user", "user:secret"]).expect(3);
    assert!(end.err.contains("neither Digest nor Basic"), "{}", end.err);
}

#[test]
fn a_challenge_that_no_request_can_repeat_is_named() {
    for challenge in [
        "Digest realm=\"a\x01b\", nonce=\"n1\"".to_string(),
        "Digest realm=\"a\rX-Evil: b\", nonce=\"n1\"".into(),
        "Digest realm=\"a\", nonce=\"n\x7f\", qop=\"auth\"".into(),
        format!("Digest realm=\"a\", nonce=\"{}\"", "n".repeat(20_000)),
    ] {
        let camera = Camera::visits(1, move |_, _, camera| refuse(camera, &challenge));
        let end = check(&camera.url, &["--user", "user:secret"]).expect(3);
        assert!(end.err.contains("so no request can repeat it"), "{}", end.err);
    }
}

/// A parameter of an Authorization field.
fn parameter(authorization: &str, name: &str) -> Option<String> {
    let value = authorization.split(&format!("{name}=")).nth(1)?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().map(String::from),
        None => value.split([',', '\r']).next().map(String::from),
    }
}

#[test]
fn the_digest_challenges_of_public_bug_reports_are_answered_rightly() {
    type Hash = fn(String) -> String;
    let md5: Hash = |text| Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let sha256: Hash = |text| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    const REALM: &str = "Login to 5F081C5PAA97C82";
    for (challenge, opaque, hash) in [
        // Dahua
        ("Digest REALM, qop=\"auth\", NONCE, opaque=\"ca7ceff2\"", Some("ca7ceff2"), md5),
        ("Digest REALM, qop=\"auth\", NONCE, opaque=\"\"", Some(""), md5),
        // RFC 2069: no qop
        ("Digest REALM, NONCE", None, md5),
        ("Digest REALM,NONCE,algorithm=MD5,qop=\"auth\",stale=FALSE", None, md5),
        ("Digest REALM, NONCE, qop=\"auth,auth-int\"", None, md5),
        ("Basic realm=\"cam\"\r\nWWW-Authenticate: Digest REALM, NONCE, qop=\"auth\"", None, md5),
        ("Basic realm=\"cam\", Digest REALM, NONCE, qop=\"auth\"", None, md5),
        (
            "Digest REALM, algorithm=MD5, NONCE, qop=\"auth\"\r\n\
             WWW-Authenticate: Digest REALM, algorithm=SHA-256, NONCE, qop=\"auth\"",
            None,
            sha256,
        ),
        ("digest REALM, NONCE, qop=\"auth\"", None, md5),
    ] {
        let challenge = challenge.replace("REALM", &format!("realm=\"{REALM}\""));
        // Each request gets a nonce of its own, which counts once.
        let camera = Camera::visits(2, move |number, request, camera| {
            if number == 1 {
                return refuse(camera, &challenge.replace("NONCE", "nonce=\"n1\""));
            }
            let value = authorization(request).expect("credentials") + "\r";
            let get = |name: &str| parameter(&value, name);
            let uri = "/stream?channel=1&subtype=1";
            assert!(request.starts_with(&format!("GET {uri} HTTP/1.1\r\n")), "{request}");
            let secret = hash(format!("guest:{REALM}:gu:e st#%&@1"));
            let of_request = hash(format!("GET:{uri}"));
            let middle = match get("qop") {
                Some(qop) => {
                    format!("n1:{}:{}:{qop}", get(" nc").unwrap(), get("cnonce").unwrap())
                }
                None => "n1".into(),
            };
            assert_eq!(get("qop").is_some(), challenge.contains("qop"), "{value}");
            assert_eq!(get("response"), Some(hash(format!("{secret}:{middle}:{of_request}"))), "{value}");
            assert_eq!((get("uri").as_deref(), get("opaque").as_deref()), (Some(uri), opaque), "{value}");
            stream(camera);
        });
        let url = camera.url.replace("http://", "http://guest:gu%3Ae%20st%23%25%26%401@");
        check(&format!("{url}?channel=1&subtype=1"), &[]).expect(0);
    }
}

#[test]
fn a_stale_nonce_is_renewed_once_and_a_wrong_password_ends_the_tries() {
    let camera = Camera::visits(3, |number, request, camera| match number {
        1 => refuse(camera, "Digest realm=r, nonce=n1, qop=auth"),
        2 => refuse(camera, "Digest realm=r, nonce=n2, qop=auth, stale=true"),
        _ => {
            assert!(authorization(request).is_some_and(|value| value.contains("nonce=\"n2\"")), "{request}");
            stream(camera);
        }
    });
    check(&camera.url, &["--user", "u:p"]).expect(0);
    let camera = Camera::visits(2, |_, _, camera| refuse(camera, "Digest realm=r, nonce=n, qop=auth"));
    let end = check(&camera.url, &["--user", "u:p"]).expect(3);
    assert!(
        end.err.contains("401") && end.err.contains("hint: the user or the password is wrong"),
        "{}",
        end.err
    );
    let camera = Camera::visits(3, |_, _, camera| refuse(camera, "Digest realm=r, nonce=n, stale=true"));
    check(&camera.url, &["--user", "u:p"]).expect(3);
}

#[test]
fn a_user_without_a_password_is_not_called_a_wrong_password() {
    for scheme in ["Digest realm=r, nonce=n, qop=auth", "Basic realm=r"] {
        let camera = Camera::visits(2, move |_, _, camera| refuse(camera, scheme));
        let end = check(&camera.url, &["--user", "admin"]).expect(3);
        assert!(
            end.err.contains("hint: the user is given without a password: --user USER:PASSWORD"),
            "{}",
            end.err
        );
    }
    let server = Server::start(&kit::frames(), &["--auth", "me:secret"]);
    for command in ["clients", "slow"] {
        let end = {
            let words = ["bench", command, &server.stream, "--user", "me", "--quiet"];
            let few: &[&str] = if command == "clients" { &["-n", "1"] } else { &[] };
            run(mjpeg(words).args(few)).expect(3)
        };
        assert!(end.err.contains("given without a password"), "{}", end.err);
    }
}

#[test]
fn a_password_comes_from_a_file_a_netrc_or_the_url() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("password"), "pass word:1\n").unwrap();
    fs::write(path("pair"), "admin:pass word:1\n").unwrap();
    fs::write(path("netrc"), "machine 127.0.0.1 login admin password \"pass word:1\"\n").unwrap();
    let (password, pair, netrc) = (path("password"), path("pair"), path("netrc"));
    for (userinfo, args) in [
        ("", &["--user", "admin:pass word:1"][..]),
        ("", &["--user", "admin", "--password-file", &password]),
        ("admin@", &["--password-file", &password]),
        ("", &["--password-file", &pair]),
        ("", &["--netrc-file", &netrc]),
        ("admin:pass%20word:1@", &[]),
        ("admin:other@", &["--user", "admin:pass word:1"]),
    ] {
        let camera = Camera::visits(2, |number, request, camera| match number {
            1 => refuse(camera, "Basic realm=\"cam\""),
            _ => {
                assert_eq!(
                    authorization(request).as_deref(),
                    Some("Basic YWRtaW46cGFzcyB3b3JkOjE="),
                    "{request}"
                );
                stream(camera);
            }
        });
        let end = check(&camera.url.replace("http://", &format!("http://{userinfo}")), args).expect(0);
        assert!(!end.text().contains("word") && !end.err.contains("word"), "{}{}", end.text(), end.err);
    }
}

#[test]
fn an_own_authorization_field_is_sent_once_and_alone() {
    let camera = Camera::visits(1, |_, request, camera| {
        assert_eq!(request.matches("uthorization").count(), 1, "{request}");
        assert_eq!(authorization(request).as_deref(), Some("Bearer t0ken"));
        refuse(camera, "Basic realm=x");
    });
    let args = ["--header", "Authorization: Bearer t0ken", "--user", "u:p"];
    assert!(!check(&camera.url, &args).expect(3).err.contains("t0ken"));
}

#[test]
fn fields_and_passwords_stay_with_the_host_that_they_are_for() {
    let other = Camera::visits(1, |_, request, camera| {
        let request = request.to_lowercase();
        assert!(!request.contains("x-key") && !request.contains("authorization"), "{request}");
        refuse(camera, "Basic realm=other");
    });
    let location = other.url.clone();
    let first = Camera::asked(move |request, camera| {
        assert!(request.contains("\r\nX-Key: s3cret\r\n"), "{request}");
        camera.send(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n").as_bytes());
    });
    let end = check(&first.url, &["--header", "X-Key: s3cret", "--user", "u:s3cret"]).expect(3);
    assert!(end.err.contains("another host") && !end.err.contains("s3cret"), "{}", end.err);
}

#[test]
fn our_own_server_with_a_password_is_recorded_and_no_output_has_the_password() {
    let server = Server::start(&kit::frames(), &["--fps", "50", "--auth", "me:hunter22"]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let url = server.stream.replace("http://", "http://me:hunter22@");
    let mut command = mjpeg(["record", &url, "--frames", "3", "--format", "json"]);
    let end = run(command.arg(&out)).expect(0);
    assert!(!end.text().contains("hunter22") && !end.err.contains("hunter22"), "{}{}", end.text(), end.err);
    for entry in fs::read_dir(&out).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"hunter22"));
    }
    let end = check(&server.stream, &["--user", "me:wrong"]).expect(3);
    assert!(end.err.contains("the user or the password is wrong"), "{}", end.err);
}

#[test]
fn a_password_is_in_no_file_that_a_run_writes_and_in_nothing_that_its_process_shows_beyond_what_was_typed() {
    let server = Server::start(&kit::frames(), &["--fps", "50", "--auth", "me:hunter22"]);
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "hunter22\n").unwrap();
    let names = ["out", "raw", "all"].map(|name| folder.path().join(name));
    let mut command = mjpeg(["record", &server.stream, "--format", "json", "--user", "me"]);
    command.arg("--password-file").arg(&secret).arg(&names[0]);
    command.arg("--raw").arg(&names[1]).arg("--concat").arg(&names[2]);
    let recorder = start(&mut command);
    kit::eventually("a frame", || fs::metadata(&names[2]).ok());
    for shown in ["cmdline", "environ", "comm"] {
        let bytes = fs::read(format!("/proc/{}/{shown}", recorder.pid())).unwrap();
        assert!(!holds_the_password(&bytes), "{shown}");
    }
    recorder.signal("TERM");
    let end = recorder.end().expect(0);
    assert!(!holds_the_password(&end.out) && !holds_the_password(end.err.as_bytes()), "{}", end.err);
    let listed = fs::read_dir(&names[0]).unwrap().map(|entry| entry.unwrap().path());
    for file in listed.chain(names[1..].iter().cloned()) {
        assert!(!holds_the_password(&fs::read(&file).unwrap()), "{}", file.display());
    }
    let url = server.stream.replace("http://", "http://me:hunter22@");
    for format in ["json", "text"] {
        let end = run(&mut mjpeg(["check", &url, "--frames", "3", "--format", format])).expect(0);
        assert!(!holds_the_password(&end.out) && !holds_the_password(end.err.as_bytes()), "{format}");
    }
}

#[test]
fn a_password_in_a_redirection_is_not_shown_and_no_request_has_a_referer() {
    let gone = Camera::asked(|request, camera| {
        assert!(!request.to_lowercase().contains("referer"), "{request}");
        camera.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
    let location = gone.url.replace("http://", "http://me:hunter22@");
    let first = Camera::start(move |camera| {
        camera.send(
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        );
    });
    let end = check(&first.url, &[]).expect(3);
    assert!(end.err.contains("404"), "{}", end.err);
    assert!(!holds_the_password(&end.out) && !holds_the_password(end.err.as_bytes()), "{}", end.err);
}

/// As typed, or in Base64 behind its user.
fn holds_the_password(bytes: &[u8]) -> bool {
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    holds(b"hunter22") || holds(b"bWU6aHVudGVyMjI=")
}
