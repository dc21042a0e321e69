//! nginx in front of another server.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use super::bridge::bridge;
use super::run::{Run, start};

/// Starts nginx in front of the server at `socket`, with these directives, and returns its `HOST:PORT`. Its files are in
/// `folder`.
pub fn nginx(folder: &Path, socket: &Path, directives: &str) -> (Run, String) {
    let (path, behind, front) = (folder.display(), socket.display(), folder.join("nginx"));
    // One process, which ends with the test.
    let conf = format!(
        "daemon off; master_process off; pid {path}/pid; error_log {path}/error;\n\
         events {{}}\n\
         http {{ access_log off; client_body_temp_path {path}/a; proxy_temp_path {path}/b;\n\
         fastcgi_temp_path {path}/c; uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;\n\
         server {{ listen unix:{path}/nginx;\n\
         location / {{ {directives} proxy_pass http://unix:{behind}:/; }} }} }}\n"
    );
    fs::write(folder.join("conf"), conf).unwrap();
    let nginx = start(Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(folder.join("conf")));
    super::eventually("nginx listens", || UnixStream::connect(&front).ok());
    (nginx, bridge(&front))
}
