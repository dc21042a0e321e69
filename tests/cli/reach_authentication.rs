//! Passwords: where they come from, where they go, and that they are shown nowhere.

use crate::kit;

use std::fs;

use kit::camera::{Camera, Connection, HEAD, part};
use kit::run::{End, Server, mjpeg, run};

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
