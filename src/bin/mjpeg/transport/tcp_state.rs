//! What the system knows about a TCP connection: packets, losses, and signs of life.
//!
//! Linux tells it over a netlink socket (sock_diag(7)), to any user, as a `struct tcp_info`. getsockopt(TCP_INFO) would need unsafe
//! code: no crate here reads it.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;

/// A connection that the system can be asked about.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub struct Asked {
    ours: SocketAddr,
    theirs: SocketAddr,
}

/// The state of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpState {
    /// Bytes that can be read.
    pub readable: u32,
    /// Whether packets wait for a missing one before them.
    pub has_hole: bool,
    /// Since the last packet.
    pub quiet: Duration,
    /// The time to the other end and back.
    pub round_trip: Duration,
    /// Packets that came out of order.
    pub out_of_order: u32,
    /// Packets that came.
    pub packets: u32,
    /// Those with bytes.
    pub with_bytes: u32,
}

impl TcpState {
    /// Packets without bytes that came: answers to what we sent.
    pub fn without_bytes(&self) -> u32 {
        self.packets.wrapping_sub(self.with_bytes)
    }
}

impl Asked {
    /// The connection of `socket`, if it is one of TCP.
    pub fn of(socket: &Socket) -> Option<Self> {
        let ours = socket.local_addr().ok()?.as_socket()?;
        Some(Self { ours, theirs: socket.peer_addr().ok()?.as_socket()? })
    }

    /// The state now; `None` where the system does not tell.
    #[cfg(target_os = "linux")]
    pub fn state(&self) -> Option<TcpState> {
        diag::answer(&diag::request(self)).and_then(|answer| diag::parsed(&answer))
    }

    /// The state now; `None` where the system does not tell.
    #[cfg(not(target_os = "linux"))]
    pub fn state(&self) -> Option<TcpState> {
        None
    }
}

/// The protocol of sock_diag(7). Numbers are in the order of the machine, ports and addresses in that of the network.
#[cfg(target_os = "linux")]
mod diag {
    use std::net::{IpAddr, SocketAddr};
    use std::time::Duration;

    use rustix::net::netlink::{self, SocketAddrNetlink};
    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
    };

    use super::{Asked, TcpState};

    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST: u16 = 1;
    const IPPROTO_TCP: u8 = 6;
    const INET_DIAG_INFO: u16 = 2;
    const INET_DIAG_SKMEMINFO: u16 = 7;
    /// The sizes of `nlmsghdr`, `inet_diag_msg` and `rtattr`.
    const HEADER: usize = 16;
    const MESSAGE: usize = 72;
    const ATTRIBUTE: usize = 4;

    /// `nlmsghdr` and `inet_diag_req_v2`.
    pub fn request(asked: &Asked) -> Vec<u8> {
        let mut id = Vec::with_capacity(48);
        id.extend(asked.ours.port().to_be_bytes());
        id.extend(asked.theirs.port().to_be_bytes());
        let (mut ours, mut theirs) = ([0; 16], [0; 16]);
        copy(asked.ours, &mut ours);
        copy(asked.theirs, &mut theirs);
        id.extend(ours.into_iter().chain(theirs));
        let interface = match asked.ours {
            SocketAddr::V6(address) => address.scope_id(),
            SocketAddr::V4(_) => 0,
        };
        id.extend(interface.to_ne_bytes());
        // INET_DIAG_NOCOOKIE
        id.extend([0xFF; 8]);
        let family = if asked.ours.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
        let extensions = 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_SKMEMINFO - 1);
        let family = u8::try_from(family.as_raw()).unwrap_or_default();
        let all_states = u32::MAX;
        let mut request = Vec::with_capacity(72);
        let len = (HEADER + 8 + id.len()) as u32;
        request.extend(len.to_ne_bytes());
        request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        request.extend(NLM_F_REQUEST.to_ne_bytes());
        request.extend([0; 8]);
        request.extend([family, IPPROTO_TCP, extensions, 0]);
        request.extend(all_states.to_ne_bytes());
        request.extend(id);
        request
    }

    fn copy(address: SocketAddr, to: &mut [u8; 16]) {
        match address.ip() {
            IpAddr::V4(ip) => to[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => *to = ip.octets(),
        }
    }

    /// Asks the kernel, which answers before `sendto` returns.
    pub fn answer(request: &[u8]) -> Option<Vec<u8>> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let protocol = Some(netlink::SOCK_DIAG);
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol).ok()?;
        sendto(&socket, request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).ok()?;
        let mut answer = vec![0; 4096];
        let (read, _) = recv(&socket, &mut answer[..], RecvFlags::DONTWAIT).ok()?;
        answer.truncate(read);
        Some(answer)
    }

    /// What an answer says: `inet_diag_msg` and its attributes. Fields that an old kernel does not have are zero.
    pub fn parsed(answer: &[u8]) -> Option<TcpState> {
        let of_type = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
        let len = number(answer, 0)? as usize;
        let message = answer.get(..len)?.get(HEADER..)?;
        if of_type != SOCK_DIAG_BY_FAMILY {
            return None;
        }
        // idiag_rqueue: bytes that can be read.
        let readable = number(message, 56)?;
        let mut attributes = message.get(MESSAGE..)?;
        let (mut state, mut held) = (None, 0);
        while let Some(head) = attributes.get(..ATTRIBUTE) {
            let len = usize::from(u16::from_ne_bytes([head[0], head[1]]));
            let Some(value) = attributes.get(ATTRIBUTE..len) else { break };
            match u16::from_ne_bytes([head[2], head[3]]) {
                INET_DIAG_INFO => state = Some(info(value)),
                // sk_rmem_alloc: the memory of what was received and not read.
                INET_DIAG_SKMEMINFO => held = number(value, 0).unwrap_or_default(),
                _ => {}
            }
            attributes = attributes.get(len.next_multiple_of(4)..).unwrap_or_default();
        }
        // What was received and cannot be read is behind a missing packet.
        state.map(|state| TcpState { readable, has_hole: readable == 0 && held > 0, ..state })
    }

    /// `struct tcp_info`.
    fn info(info: &[u8]) -> TcpState {
        let field = |at: usize| number(info, at).unwrap_or_default();
        let (last_bytes_ms, last_packet_ms) = (field(52), field(56));
        TcpState {
            readable: 0,
            has_hole: false,
            quiet: Duration::from_millis(last_bytes_ms.min(last_packet_ms).into()),
            round_trip: Duration::from_micros(field(68).into()),
            packets: field(140),
            with_bytes: field(152),
            out_of_order: field(224),
        }
    }

    fn number(bytes: &[u8], at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_system_tells_of_packets_on_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut far, _) = listener.accept().unwrap();
            let mut near = Socket::from(near);
            let asked = Asked::of(&near).unwrap();
            let before = asked.state().unwrap();
            assert!(!before.has_hole);
            far.write_all(b"picture").unwrap();
            near.peek(&mut [0; 7].map(std::mem::MaybeUninit::new)).unwrap();
            assert_eq!(asked.state().unwrap().readable, 7);
            near.read_exact(&mut [0; 7]).unwrap();
            let after = asked.state().unwrap();
            assert_eq!(after.with_bytes, before.with_bytes + 1, "{before:?} {after:?}");
            assert!(after.quiet < Duration::from_secs(60) && !after.has_hole);
        }
    }

    #[test]
    fn a_connection_that_is_gone_and_a_broken_answer_tell_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = Socket::from(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        let asked = Asked::of(&near).unwrap();
        let whole = diag::answer(&diag::request(&asked)).unwrap();
        assert!(diag::parsed(&whole).is_some());
        for cut in 0..whole.len() {
            assert_eq!(diag::parsed(&whole[..cut]), None, "{cut}");
            let mut broken = whole.clone();
            broken[cut] ^= 0xFF;
            let _ = diag::parsed(&broken);
        }
        let nobody = Asked { ours: "127.0.0.1:1".parse().unwrap(), theirs: "127.0.0.1:2".parse().unwrap() };
        assert_eq!(nobody.state(), None);
    }
}
