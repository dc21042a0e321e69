//! A fake camera that may misbehave: it accepts one connection and sends the bytes of a script.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// The head of a stream with the boundary `foo`.
pub const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=foo\r\nConnection: close\r\n\r\n";

/// A camera for one viewer. Dropping it fails the test if no viewer connected.
pub struct Camera {
    /// The URL of its stream.
    pub url: String,
    script: Option<JoinHandle<()>>,
}

impl Camera {
    /// Answers the first request with `script`. The connection closes when `script` returns.
    pub fn start(script: impl FnOnce(&mut Connection) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stream", listener.local_addr().unwrap());
        let script = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut connection = Connection { stream, asked: Vec::new() };
            connection.request();
            script(&mut connection);
        });
        Self { url, script: Some(script) }
    }

    /// Answers `count` requests, each on its own connection, with `script`. It gets the number of the request, from 1,
    /// and its head.
    pub fn visits(
        count: usize,
        mut script: impl FnMut(usize, &str, &mut Connection) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stream", listener.local_addr().unwrap());
        let script = std::thread::spawn(move || {
            for number in 1..=count {
                let (stream, _) = listener.accept().unwrap();
                let mut connection = Connection { stream, asked: Vec::new() };
                connection.request();
                let request = String::from_utf8_lossy(&connection.asked).into_owned();
                script(number, &request, &mut connection);
            }
        });
        Self { url, script: Some(script) }
    }

    /// Answers the first request with `script`, which gets the head of the request.
    pub fn asked(script: impl FnOnce(&str, &mut Connection) + Send + 'static) -> Self {
        Self::start(move |connection| {
            let request = String::from_utf8_lossy(&connection.asked).into_owned();
            script(&request, connection);
        })
    }

    /// Sends `head`, then each of `pieces`, and closes.
    pub fn sending(head: &str, pieces: Vec<Vec<u8>>) -> Self {
        let head = head.to_string();
        Self::start(move |connection| {
            connection.send(head.as_bytes());
            pieces.iter().for_each(|piece| connection.send(piece));
        })
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        let Some(script) = self.script.take() else { return };
        // If the script still waits for a viewer, this connection ends the wait.
        if !script.is_finished() && !std::thread::panicking() {
            let address = self.url.trim_start_matches("http://").trim_end_matches("/stream");
            let _ = TcpStream::connect(address);
        }
        if !std::thread::panicking() {
            script.join().expect("the camera's script failed, or no viewer connected");
        }
    }
}

/// The camera's side of the connection.
pub struct Connection {
    stream: TcpStream,
    /// The head of the request.
    asked: Vec<u8>,
}

impl Connection {
    fn request(&mut self) {
        let mut byte = [0];
        while !self.asked.ends_with(b"\r\n\r\n") {
            let n = self.stream.read(&mut byte).unwrap();
            assert!(n > 0, "the camera received no request");
            self.asked.push(byte[0]);
        }
    }

    /// Sends bytes. It is not an error if the viewer has left.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends bytes; `false` if the viewer has left.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Waits until the viewer has left.
    pub fn wait_for_the_viewer_to_leave(&mut self) {
        let _ = self.stream.set_read_timeout(Some(super::PATIENCE));
        let mut rest = [0; 512];
        while matches!(self.stream.read(&mut rest), Ok(n) if n > 0) {}
    }

    /// Makes the close of the connection a reset. The viewer loses bytes that it has not read by then, so wait first until it
    /// has read them.
    pub fn reset(&mut self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
}

/// A correct part.
pub fn part(jpeg: &[u8]) -> Vec<u8> {
    part_with_length(jpeg, jpeg.len())
}

/// A part with this Content-Length.
pub fn part_with_length(jpeg: &[u8], length: usize) -> Vec<u8> {
    let head = format!("--foo\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), jpeg, b"\r\n"].concat()
}

/// One HTTP chunk.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
