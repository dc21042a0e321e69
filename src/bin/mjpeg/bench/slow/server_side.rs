//! Whether the server has closed a connection that is not read. Its FIN waits behind the bytes that are not read, so the
//! viewer cannot see it; the table of connections of this machine can, if the server runs here.

use std::fs;
use std::net::{IpAddr, SocketAddr};

/// The state ESTABLISHED, in /proc/net/tcp.
const ESTABLISHED: &str = "01";

/// Whether the server's end of a connection is open; `None` if it is not on this machine, or not known.
pub fn is_open(viewer: SocketAddr, server: SocketAddr) -> Option<bool> {
    let table = if server.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    let text = fs::read_to_string(table).ok()?;
    // Our own end shows that the table has connections of this kind.
    state(&text, viewer, server)?;
    Some(state(&text, server, viewer).is_some_and(|state| state == ESTABLISHED))
}

/// The state of the end at `local`.
fn state(table: &str, local: SocketAddr, remote: SocketAddr) -> Option<&str> {
    let (local, remote) = (hex(local), hex(remote));
    table.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let is_same = fields.next()? == local && fields.next()? == remote;
        if is_same { fields.next() } else { None }
    })
}

/// An address as in /proc/net/tcp: 32-bit words in the byte order of the machine.
fn hex(address: SocketAddr) -> String {
    let bytes = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = bytes.as_chunks::<4>().0.iter().map(|word| format!("{:08X}", u32::from_ne_bytes(*word)));
    format!("{}:{:04X}", words.collect::<String>(), address.port())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_end_of_the_server_is_seen_although_the_viewer_does_not_read() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let viewer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            let (own, peer) = (viewer.local_addr().unwrap(), viewer.peer_addr().unwrap());
            assert_eq!(is_open(own, peer), Some(true));
            server.write_all(&[0; 1000]).unwrap();
            drop(server);
            assert_eq!(is_open(own, peer), Some(false));
            drop(viewer);
        }
    }
}
