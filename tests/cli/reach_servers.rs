//! How real servers are reached: TLS of nginx, Digest of lighttpd. They listen at Unix sockets, so that no port is fixed.

#![cfg(target_os = "linux")]

use crate::kit;

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use kit::camera::{Camera, part};
use kit::peer;
use kit::run::{End, Run, Server, mjpeg, run, start};

/// The host in the certificates and in URLs.
const HOST: &str = "cam.test";

/// A folder with a web site whose only file is a stream.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("www")).unwrap();
    let parts: Vec<u8> = kit::contents(&kit::frames())[..3].iter().flat_map(|jpeg| part(jpeg)).collect();
    fs::write(folder.path().join("www/a.mjpeg"), parts).unwrap();
    folder
}

fn openssl(folder: &Path, args: &[&str]) {
    let output = Command::new("openssl").args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a self-signed certificate for [`HOST`] with these extensions, valid from `start` to `end`, in `name.pem` and
/// its key in `name.key`.
fn certificate(folder: &Path, name: &str, extensions: &str, start: &str, end: &str) {
    let conf = format!(
        "[ca]\ndefault_ca=a\n[a]\ndatabase={name}.index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
         x509_extensions=v\nrand_serial=yes\n[p]\ncommonName=supplied\n[v]\n{extensions}\n"
    );
    fs::write(folder.join(format!("{name}.conf")), conf).unwrap();
    fs::write(folder.join(format!("{name}.index")), "").unwrap();
    let (key, csr, pem, conf) =
        (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"), format!("{name}.conf"));
    let curve = "ec_paramgen_curve:prime256v1";
    openssl(
        folder,
        &[
            "req", "-new", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-keyout", &key, "-out", &csr,
            "-subj", "/CN=x",
        ],
    );
    let dates = ["-startdate", start, "-enddate", end];
    openssl(
        folder,
        &[
            &["ca", "-config", &conf, "-selfsign", "-keyfile", &key, "-in", &csr, "-out", &pem][..],
            &dates,
            &["-batch", "-notext"],
        ]
        .concat(),
    );
}

/// Starts nginx with the site of `folder` over TLS with the certificate `name`, and returns its socket.
fn nginx(folder: &Path, name: &str) -> (Run, PathBuf) {
    let path = folder.display();
    let socket = folder.join(format!("{name}.socket"));
    let conf = format!(
        "daemon off; master_process off; pid {path}/{name}.pid; error_log {path}/{name}.error;\n\
         events {{}}\n\
         http {{ access_log off; client_body_temp_path {path}/a; proxy_temp_path {path}/b;\n\
         fastcgi_temp_path {path}/c; uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;\n\
         types {{ }} default_type 'multipart/x-mixed-replace; boundary=foo';\n\
         server {{ listen unix:{path}/{name}.socket ssl; ssl_certificate {path}/{name}.pem;\n\
         ssl_certificate_key {path}/{name}.key; root {path}/www;\n\
         location /secret {{ alias {path}/www/a.mjpeg; auth_basic cam; auth_basic_user_file {path}/users; }}\n\
         location /live {{ proxy_pass http://unix:{path}/live.socket:/stream; proxy_buffering off; }} }} }}\n"
    );
    let file = folder.join(format!("{name}.nginx"));
    fs::write(&file, conf).unwrap();
    let nginx = start(Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(&file));
    kit::eventually("nginx listens", || UnixStream::connect(&socket).ok());
    (nginx, socket)
}

fn check(url: &str, socket: &Path, args: &[&str]) -> End {
    let mut command = mjpeg(["check", url, "--quiet", "--unix-socket"]);
    run(command.arg(socket).args(args).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR"))
}

#[test]
fn a_certificate_of_nginx_is_checked_and_each_fault_is_named_with_its_cure() {
    let (Some(_), Some(_)) = (peer::find("nginx"), peer::find("openssl")) else { return };
    let site = site();
    let folder = site.path();
    fs::write(folder.join("users"), "me:{PLAIN}pass word\n").unwrap();
    let (past, future) = ("20200101000000Z", "20490101000000Z");
    // As openssl makes it by default: it says that it is an authority.
    let own = format!("subjectAltName=DNS:{HOST},IP:127.0.0.1\nbasicConstraints=CA:TRUE");
    certificate(folder, "authority", &own, past, future);
    certificate(
        folder,
        "plain",
        &format!("subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE"),
        past,
        future,
    );
    certificate(folder, "expired", &own, past, "20200201000000Z");
    certificate(folder, "early", &own, "20480101000000Z", future);
    let url = format!("https://{HOST}/a.mjpeg");
    for name in ["authority", "plain"] {
        let (_nginx, socket) = nginx(folder, name);
        let pem = folder.join(format!("{name}.pem")).display().to_string();
        for trust in [&["--insecure"][..], &["--cacert", &pem]] {
            check(&url, &socket, trust).expect(0);
        }
        let untrusted = check(&url, &socket, &[]).expect(3);
        let why =
            if name == "plain" { "not signed by an authority" } else { "signed its certificate itself" };
        assert!(untrusted.err.contains(why), "{name}: {}", untrusted.err);
        assert!(
            untrusted.err.contains("hint: --insecure") && untrusted.err.contains("--cacert"),
            "{}",
            untrusted.err
        );
        let other = folder.join("expired.pem").display().to_string();
        check(&url, &socket, &["--cacert", &other]).expect(3);

        let wrong = check("https://other.test/a.mjpeg", &socket, &["--cacert", &pem]).expect(3);
        assert!(
            wrong.err.contains(&format!("is for {HOST}")) && wrong.err.contains("not for other.test"),
            "{}",
            wrong.err
        );
        check("https://other.test/a.mjpeg", &socket, &["--insecure"]).expect(0);

        let mut command = mjpeg(["check", &url, "--quiet", "--unix-socket"]);
        run(command.arg(&socket).env("SSL_CERT_FILE", &pem)).expect(0);

        // A folder: the files in it, whatever their names are.
        let trusted = folder.join(format!("{name}.trusted"));
        fs::create_dir(&trusted).unwrap();
        fs::copy(&pem, trusted.join("camera.crt")).unwrap();
        let with_folder = |trusted: &Path| {
            let mut command = mjpeg(["check", &url, "--quiet", "--unix-socket"]);
            command.arg(&socket).env_remove("SSL_CERT_FILE").env("SSL_CERT_DIR", trusted);
            run(&mut command)
        };
        with_folder(&trusted).expect(0);
        let end = with_folder(&folder.join("www")).expect(6);
        assert!(end.err.contains("SSL_CERT_DIR") && end.err.contains("no file with a cert"), "{}", end.err);

        // Basic over TLS.
        let secret = format!("https://{HOST}/secret");
        check(&secret, &socket, &["--insecure", "--user", "me:pass word"]).expect(0);
        let refused = check(&secret, &socket, &["--insecure", "--user", "me:wrong"]).expect(3);
        assert!(refused.err.contains("401 Authorization Required"), "{}", refused.err);

        // Without TLS to a port with TLS: nginx says so in its page.
        let plain = check(&format!("http://{HOST}/a.mjpeg"), &socket, &[]).expect(3);
        assert!(plain.err.contains("400") && plain.err.contains("HTTPS port"), "{}", plain.err);
    }
    for (name, why) in [("expired", "has expired"), ("early", "is not valid yet")] {
        let (_nginx, socket) = nginx(folder, name);
        let pem = folder.join(format!("{name}.pem")).display().to_string();
        let end = check(&url, &socket, &["--cacert", &pem]).expect(3);
        assert!(end.err.contains(why) && end.err.contains("clock"), "{name}: {}", end.err);
        for word in ["InvalidCertificate", "Error", "UnixTime", "rustls"] {
            assert!(!end.err.contains(word), "{name}: {}", end.err);
        }
        check(&url, &socket, &["--insecure"]).expect(0);
    }
}

#[test]
fn the_certificates_of_the_system_are_trusted() {
    const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";
    let (Some(_), Some(_)) = (peer::find("nginx"), peer::find("openssl")) else { return };
    let may_mount = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|it| it.success());
    if !may_mount || !Path::new(SYSTEM).exists() {
        return;
    }
    let site = site();
    let extensions = format!("subjectAltName=DNS:{HOST}");
    certificate(site.path(), "added", &extensions, "20200101000000Z", "20490101000000Z");
    let (_nginx, socket) = nginx(site.path(), "added");
    // The administrator has added the certificate; the file is seen by this process only.
    let script = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(site.path().join("added.pem")).arg(SYSTEM);
    command.arg(env!("CARGO_BIN_EXE_mjpeg")).args(["check", &format!("https://{HOST}/a.mjpeg"), "-q"]);
    command.arg("--unix-socket").arg(&socket).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    run(&mut command).expect(0);
}

#[test]
fn tls_and_plain_http_that_meet_are_told_apart() {
    let server = Server::start(&kit::frames(), &[]);
    let end = run(&mut mjpeg(["check", &server.stream.replace("http://", "https://"), "--quiet"])).expect(3);
    assert!(end.err.contains("does not speak TLS") && end.err.contains("http://"), "{}", end.err);
    // The alert that OpenSSL sends to a client without TLS.
    let camera = Camera::sending("\x15\x03\x01", vec![vec![0, 2, 2, 70]]);
    let end = run(&mut mjpeg(["check", &camera.url, "--quiet"])).expect(3);
    assert!(end.err.contains("expects TLS") && end.err.contains("https://"), "{}", end.err);
    // A file without a certificate.
    let file = kit::repository("Cargo.toml");
    let mut command = mjpeg(["check", "https://127.0.0.1:9/", "--quiet", "--cacert"]);
    let end = run(command.arg(file)).expect(6);
    assert!(end.err.contains("has no certificate") && end.err.contains("BEGIN CERTIFICATE"), "{}", end.err);
}

#[test]
fn a_stream_over_tls_is_recorded_bit_for_bit() {
    let (Some(_), Some(_)) = (peer::find("nginx"), peer::find("openssl")) else { return };
    let site = site();
    certificate(
        site.path(),
        "tls",
        &format!("subjectAltName=DNS:{HOST}"),
        "20200101000000Z",
        "20490101000000Z",
    );
    let (_nginx, socket) = nginx(site.path(), "tls");
    let out = site.path().join("out");
    let mut command =
        mjpeg(["record", &format!("https://{HOST}/a.mjpeg"), "--insecure", "--quiet", "--unix-socket"]);
    run(command.arg(&socket).arg(&out)).expect(0);
    assert!(kit::contents(&out) == kit::contents(&kit::frames())[..3]);
}

#[test]
fn a_signal_ends_a_stream_over_tls() {
    let (Some(_), Some(_)) = (peer::find("nginx"), peer::find("openssl")) else { return };
    let site = site();
    let folder = site.path();
    let own = format!("subjectAltName=DNS:{HOST}\nbasicConstraints=CA:TRUE");
    certificate(folder, "own", &own, "20200101000000Z", "20490101000000Z");
    let behind = folder.join("live.socket");
    let _server = start(mjpeg(["serve", "--fps", "20", "--unix"]).arg(&behind).arg(kit::frames()));
    kit::eventually("the server listens", || UnixStream::connect(&behind).ok());
    let (_nginx, socket) = nginx(folder, "own");
    let url = format!("https://{HOST}/live");
    let own = ["--insecure", "--unix-socket", socket.to_str().unwrap()];

    let out = folder.join("out");
    let record = start(mjpeg(["record", &url, "--quiet"]).args(own).arg(&out));
    kit::eventually("a picture", || out.join("frame-000002.jpg").exists().then_some(()));
    record.signal("TERM");
    record.end().expect(0);

    let monitor = start(mjpeg(["monitor", &url, "--quiet", "--window=300ms"]).args(own));
    assert!(monitor.line().contains("\"to\":\"good\""));
    monitor.signal("TERM");
    monitor.end().expect(0);
}

#[test]
fn digest_of_lighttpd_is_answered() {
    let Some(_) = peer::find("lighttpd") else { return };
    for (algorithms, users) in [
        // The user `me` with the password `pass word`.
        ("MD5", "me:cam:MD5HASH\n"),
        ("SHA-256", "me:cam:SHAHASH\n"),
        ("SHA-256|MD5", "me:cam:SHAHASH\n"),
    ] {
        let site = site();
        let folder = site.path();
        let (path, socket) = (folder.display(), folder.join("socket"));
        let users = users.replace("MD5HASH", &hash("md5sum")).replace("SHAHASH", &hash("sha256sum"));
        fs::write(folder.join("users"), users).unwrap();
        let conf = format!(
            "server.document-root = \"{path}/www\"\nserver.bind = \"{path}/socket\"\nserver.port = 80\n\
             server.errorlog = \"{path}/error\"\nserver.modules = (\"mod_auth\", \"mod_authn_file\")\n\
             mimetype.assign = (\".mjpeg\" => \"multipart/x-mixed-replace; boundary=foo\")\n\
             auth.backend = \"htdigest\"\nauth.backend.htdigest.userfile = \"{path}/users\"\n\
             auth.require = (\"/\" => (\"method\" => \"digest\", \"algorithm\" => \"{algorithms}\",\n\
             \"realm\" => \"cam\", \"require\" => \"valid-user\"))\n"
        );
        fs::write(folder.join("conf"), conf).unwrap();
        let _lighttpd = start(Command::new("lighttpd").arg("-D").arg("-f").arg(folder.join("conf")));
        kit::eventually("lighttpd listens", || UnixStream::connect(&socket).ok());
        let url = format!("http://{HOST}/a.mjpeg?channel=1&subtype=1");
        check(&url, &socket, &["--user", "me:pass word"]).expect(0);
        let end = check(&url, &socket, &["--user", "me:wrong"]).expect(3);
        assert!(
            end.err.contains("401") && end.err.contains("the user or the password is wrong"),
            "{}",
            end.err
        );
        let end = check(&url, &socket, &[]).expect(3);
        assert!(end.err.contains("(text/html: \"401 Unauthorized\")"), "{}", end.err);
    }
}

/// The hash of user, realm and password that an htdigest file has.
fn hash(program: &str) -> String {
    let output =
        Command::new("sh").args(["-c", &format!("printf 'me:cam:pass word' | {program}")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_string()
}
