//! A TCP port in front of a Unix socket.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Forwards connections from a TCP port that the system chooses to a Unix socket at `path`, and returns `HOST:PORT`.
/// Servers that cannot report a chosen port listen at a path instead.
pub fn bridge(path: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let path = path.to_path_buf();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = UnixStream::connect(&path) else { return };
            let (near_too, far_too) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || carry(&near, far));
            std::thread::spawn(move || {
                let _ = io::copy(&mut &far_too, &mut &near_too);
                let _ = near_too.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    address
}

/// Forwards the request. When the viewer leaves, both connections are closed.
fn carry(mut near: &TcpStream, mut far: UnixStream) {
    let _ = io::copy(&mut near, &mut far);
    let _ = far.shutdown(std::net::Shutdown::Both);
}
