//! A fake camera for any number of viewers at once, which counts its connections and their bytes, and can be switched off.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::camera::{HEAD, part};

/// From one picture to the next.
const INTERVAL: Duration = Duration::from_millis(20);

/// What the camera does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// It sends pictures until the mode changes.
    Stream,
    /// It sends the next picture only.
    Snapshot,
    /// It sends these bytes and closes.
    Answer(&'static str),
    /// It sends nothing until the mode changes.
    Silence,
}

/// A camera that sends the test frames, one after the other, over all its connections.
pub struct BusyCamera {
    /// The URL of its stream.
    pub url: String,
    shared: Arc<Shared>,
    accepts: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    frames: Vec<Vec<u8>>,
    mode: Mutex<Option<Mode>>,
    requests: Mutex<Vec<String>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
    bytes: AtomicUsize,
    sent: AtomicUsize,
    is_over: AtomicBool,
}

impl BusyCamera {
    /// Starts a camera in this mode.
    pub fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stream", listener.local_addr().unwrap());
        let frames = super::contents(&super::frames());
        let shared = Arc::new(Shared { frames, mode: Mutex::new(Some(mode)), ..Shared::default() });
        let of_thread = Arc::clone(&shared);
        let accepts = std::thread::spawn(move || {
            let mut viewers = Vec::new();
            for stream in listener.incoming() {
                if of_thread.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let of_viewer = Arc::clone(&of_thread);
                viewers.push(std::thread::spawn(move || of_viewer.serve(&stream.unwrap())));
            }
            viewers.into_iter().for_each(|viewer| viewer.join().unwrap());
        });
        Self { url, shared, accepts: Some(accepts) }
    }

    /// Changes the mode. Open connections are closed.
    pub fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = Some(mode);
    }

    /// The URL with this before the host, such as a user and a password.
    pub fn url_with(&self, user: &str) -> String {
        self.url.replace("http://", &format!("http://{user}"))
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Requests so far.
    pub fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }

    /// Connections that are open now.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// The most connections that were open at a time.
    pub fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }

    /// Bytes sent so far.
    pub fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::SeqCst)
    }

    /// Waits until no connection is open.
    pub fn is_left(&self) {
        super::eventually("no connection to the camera is open", || (self.open() == 0).then_some(()));
    }
}

impl Drop for BusyCamera {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        *self.shared.mode.lock().unwrap() = None;
        let _ = TcpStream::connect(self.url.trim_start_matches("http://").trim_end_matches("/stream"));
        let ended = self.accepts.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "a thread of the camera failed");
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(open, Ordering::SeqCst);
        if let Some(request) = request(stream) {
            self.requests.lock().unwrap().push(request);
            self.answer(stream);
        }
        let _ = stream.shutdown(Shutdown::Both);
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    fn answer(&self, stream: &TcpStream) {
        let Some(mode) = self.mode.lock().unwrap().clone() else { return };
        match mode {
            Mode::Answer(bytes) => drop(self.send(stream, bytes.as_bytes())),
            Mode::Snapshot => {
                let jpeg = self.next();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
                    jpeg.len()
                );
                let _ = self.send(stream, &[head.as_bytes(), jpeg].concat());
            }
            Mode::Silence => self.wait_while(&mode, stream),
            Mode::Stream => {
                let mut sends = self.send(stream, HEAD.as_bytes());
                while sends && self.mode.lock().unwrap().as_ref() == Some(&mode) {
                    sends = self.send(stream, &part(self.next()));
                    std::thread::sleep(INTERVAL);
                }
            }
        }
    }

    /// Waits until the mode changes or the viewer leaves.
    fn wait_while(&self, mode: &Mode, mut stream: &TcpStream) {
        stream.set_read_timeout(Some(INTERVAL)).unwrap();
        while self.mode.lock().unwrap().as_ref() == Some(mode) {
            if matches!(stream.read(&mut [0]), Ok(0)) {
                return;
            }
        }
    }

    fn next(&self) -> &[u8] {
        &self.frames[self.sent.fetch_add(1, Ordering::SeqCst) % self.frames.len()]
    }

    /// Sends bytes; `false` if the viewer has left.
    fn send(&self, mut stream: &TcpStream, bytes: &[u8]) -> bool {
        self.bytes.fetch_add(bytes.len(), Ordering::SeqCst);
        stream.write_all(bytes).is_ok()
    }
}

/// The head of the request; `None` if the viewer leaves before.
fn request(mut stream: &TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    stream.set_read_timeout(Some(super::PATIENCE)).unwrap();
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read(&mut byte), Ok(1)) {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}
