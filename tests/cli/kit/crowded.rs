//! A camera that any number of viewers may watch.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::camera;
use super::picture::SMALLEST;

/// A server for any number of viewers: each connection runs `script` with its number, counted from 0, and the head of its
/// request. All end when it is dropped.
pub struct Crowded {
    /// Its URL.
    pub url: String,
    address: String,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Crowded {
    /// Starts it.
    pub fn start(script: impl Fn(usize, &str, &mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, script) = (Arc::clone(&is_over), Arc::new(script));
        let count = AtomicUsize::new(0);
        let accepting = std::thread::spawn(move || {
            let mut viewers = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (script, is_over) = (Arc::clone(&script), Arc::clone(&over));
                viewers.push(std::thread::spawn(move || {
                    let mut peer = Peer { stream, is_over };
                    let request = peer.request();
                    script(number, &request, &mut peer);
                }));
            }
            viewers.into_iter().for_each(|viewer| viewer.join().unwrap());
        });
        Self { url: format!("http://{address}/"), address, is_over, accepting: Some(accepting) }
    }
}

impl Drop for Crowded {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It may wait for a connection.
        let _ = TcpStream::connect(&self.address);
        if let Some(accepting) = self.accepting.take()
            && !std::thread::panicking()
        {
            accepting.join().unwrap();
        }
    }
}

/// The server's side of a connection.
pub struct Peer {
    stream: TcpStream,
    /// Whether the test is over.
    pub is_over: Arc<AtomicBool>,
}

impl Peer {
    fn request(&mut self) -> String {
        let (mut head, mut byte) = (Vec::new(), [0]);
        let _ = self.stream.set_read_timeout(Some(Duration::from_secs(20)));
        while !head.ends_with(b"\r\n\r\n") && matches!(self.stream.read(&mut byte), Ok(1)) {
            head.push(byte[0]);
        }
        String::from_utf8_lossy(&head).into_owned()
    }

    /// Sends; `false` if the viewer has left or the test is over.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        !self.is_over.load(Ordering::SeqCst) && self.stream.write_all(bytes).is_ok()
    }

    /// Sends a part every `every` until the viewer leaves.
    pub fn stream(&mut self, part: &[u8], every: Duration) {
        while self.send(part) {
            std::thread::sleep(every);
        }
    }

    /// Resets the connection when it is dropped.
    pub fn reset(&self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// A picture.
pub fn jpeg() -> Vec<u8> {
    [b"\xff\xd8", SMALLEST].concat()
}

/// A part with it.
pub fn part() -> Vec<u8> {
    camera::part(&jpeg())
}
