//! A camera with the page of `mjpeg serve` and a stream that is not ours.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::picture::solid;

const PAGE: &str = include_str!("../../../src/bin/mjpeg/serve/page.html");

/// A camera that serves the page and a stream in another dialect: a preamble, bare line feeds, no lengths, parts that are
/// not pictures, all in small pieces.
pub struct PageCamera {
    /// `HOST:PORT`.
    pub address: String,
}

impl PageCamera {
    /// The colours of its pictures.
    pub const COLOURS: [[u8; 3]; 2] = [[200, 200, 0], [0, 200, 200]];

    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        // Both threads end with the test program; the browser has closed its connections by then.
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                std::thread::spawn(move || socket.and_then(Self::answer));
            }
        });
        Self { address }
    }

    fn answer(mut socket: TcpStream) -> std::io::Result<()> {
        let mut request = [0; 4096];
        let n = socket.read(&mut request)?;
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        if !request[..n].starts_with(b"GET /stream ") {
            return write!(socket, "{head}Content-Type: text/html\r\n\r\n{PAGE}");
        }
        write!(
            socket,
            "{head}Content-Type: multipart/x-mixed-replace;boundary=\"foo\"\r\n\r\nhello --foo\n"
        )?;
        let bodies =
            [solid(Self::COLOURS[0], 32, 32), solid(Self::COLOURS[1], 32, 32), b"no picture".to_vec()];
        for (n, body) in bodies.iter().cycle().enumerate() {
            let stamp = 784_111_777 + n;
            let part = [
                format!("--foo\nContent-Type: image/jpeg\nX-Timestamp: {stamp}.5\n\n").as_bytes(),
                body,
                b"\n",
            ]
            .concat();
            for piece in part.chunks(1 + n % 7 * 40) {
                socket.write_all(piece)?;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}
