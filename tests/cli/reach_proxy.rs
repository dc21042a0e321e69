//! How a URL is reached through a proxy.

use crate::kit;
use crate::reach::{check, stream};

use kit::camera::Camera;
use kit::run::{Server, mjpeg, run};

#[test]
fn a_proxy_gets_the_whole_url_and_the_environment_has_none_for_this_machine() {
    let proxy = Camera::asked(|request, camera| {
        assert!(
            request.starts_with("GET http://cam.test:81/x?y HTTP/1.1\r\nHost: cam.test:81\r\n"),
            "{request}"
        );
        assert!(request.contains("\r\nProxy-Authorization: Basic dTpw\r\n"), "{request}");
        stream(camera);
    });
    let url = proxy.url.replace("http://", "http://u:p@");
    check("http://cam.test:81/x?y", &["--proxy", &url]).expect(0);

    let server = Server::start(&kit::frames(), &["--fps", "50"]);
    let mut command = mjpeg(["check", &server.stream, "--frames", "3", "--quiet"]);
    command.env("http_proxy", "http://127.0.0.1:9").env("ALL_PROXY", "http://127.0.0.1:9");
    run(&mut command).expect(0);
    let mut command = mjpeg(["check", "http://cam.test/", "--frames", "3", "--quiet"]);
    command.env("http_proxy", "http://127.0.0.1:9").env_remove("no_proxy").env_remove("NO_PROXY");
    let end = run(&mut command).expect(3);
    assert!(end.err.contains("proxy 127.0.0.1:9: connection refused"), "{}", end.err);
    let mut command = mjpeg(["check", "http://cam.test/", "--frames", "3", "--quiet"]);
    command.env_remove("http_proxy").env("all_proxy", "socks5h://127.0.0.1:9").env_remove("no_proxy");
    let end = run(command.env_remove("NO_PROXY")).expect(3);
    assert!(end.err.contains("variable all_proxy") && end.err.contains("SOCKS"), "{}", end.err);
    assert!(end.err.contains("hint: --proxy ''"), "{}", end.err);
}

#[test]
fn a_tunnel_that_the_proxy_refuses_is_named() {
    let proxy = Camera::asked(|request, camera| {
        assert!(request.starts_with("CONNECT cam.test:443 HTTP/1.1\r\n"), "{request}");
        camera.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    let end = check("https://cam.test/", &["--proxy", &proxy.url]).expect(3);
    assert!(end.err.contains("proxy 127.0.0.1:") && end.err.contains("status 403"), "{}", end.err);
}
