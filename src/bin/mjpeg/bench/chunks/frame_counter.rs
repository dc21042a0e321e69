//! Counts the frames of one response as they arrive, and compares each with the frame that was sent.

use anyhow::{bail, ensure};
use mjpeg::http::Head;
use mjpeg::multipart::{self, Limits};
use mjpeg::response::{Event, Expected, Reader};

use super::parts::Parts;

/// The size of one read.
const READ_BYTES: usize = 128 << 10;

/// Counts the frames in the bytes of one response.
#[derive(Debug)]
pub struct FrameCounter<'a> {
    parts: &'a Parts,
    reader: Reader,
}

impl<'a> FrameCounter<'a> {
    /// A counter for a response that carries `parts`.
    pub fn new(parts: &'a Parts) -> Self {
        let limits = Limits::default().read_bytes(READ_BYTES);
        Self { parts, reader: Reader::with_limits(Expected::Response, limits) }
    }

    /// The buffer to read into.
    pub fn space(&mut self) -> &mut [u8] {
        self.reader.space()
    }

    /// Takes the first `len` bytes of the buffer, and returns how many frames they completed.
    ///
    /// # Errors
    ///
    /// If the response is not a stream, or its frames differ from those that were sent.
    pub fn filled(&mut self, len: usize) -> anyhow::Result<usize> {
        self.reader.filled(len);
        let mut frames = 0;
        while let Some(event) = self.reader.next_event()? {
            match event {
                Event::Head(head) => ensure_ok(head)?,
                Event::Body(multipart::Event::Part(part)) => {
                    if part.body != self.parts.jpeg(part.number - 1) {
                        bail!("part {} differs from the part that was sent", part.number);
                    }
                    frames += 1;
                }
                Event::Body(multipart::Event::Deviation(deviation)) => {
                    bail!(
                        "byte {} of the stream differs from what was sent: {}",
                        deviation.offset,
                        deviation.kind
                    )
                }
                _ => bail!("the response holds bytes that are not frames"),
            }
        }
        Ok(frames)
    }

    /// Whether the last chunk has arrived.
    pub fn is_over(&self) -> bool {
        self.reader.is_over()
    }
}

fn ensure_ok(head: &Head) -> anyhow::Result<()> {
    ensure!(head.status == 200, "the server answered {} {}", head.status, head.reason);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the frames in `bytes`, read `step` bytes at a time; also whether the response is over.
    fn receive(parts: &Parts, bytes: &[u8], step: usize) -> anyhow::Result<(usize, bool)> {
        let mut counter = FrameCounter::new(parts);
        let mut frames = 0;
        for piece in bytes.chunks(step) {
            counter.space()[..piece.len()].copy_from_slice(piece);
            frames += counter.filled(piece.len())?;
        }
        Ok((frames, counter.is_over()))
    }

    fn response(parts: &Parts, framing: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{framing}\r\n\r\n", parts.content_type()).into_bytes()
    }

    fn jpeg(len: u8) -> Vec<u8> {
        [&[0xff, 0xd8, 0xff, 0xfe, 0, len], &vec![b' '; usize::from(len) - 2][..], &[0xff, 0xd9]].concat()
    }

    #[test]
    fn a_frame_is_counted_when_its_last_byte_arrives_at_every_split() {
        let parts = Parts::new(&[jpeg(20), jpeg(5)]).unwrap();
        let mut bytes = response(&parts, "Transfer-Encoding: chunked");
        let body = [parts.bytes(0), parts.bytes(1), parts.bytes(2)].concat();
        for chunk in body.chunks(33) {
            bytes.extend_from_slice(&[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        for step in 1..bytes.len() {
            assert_eq!(receive(&parts, &bytes, step).unwrap(), (3, true), "{step} bytes at a time");
        }
        let plain = [response(&parts, "Connection: close"), parts.bytes(0).to_vec(), parts.bytes(1).to_vec()]
            .concat();
        assert_eq!(receive(&parts, &plain, 7).unwrap(), (2, false));
        assert_eq!(
            receive(&parts, &plain[..plain.len() - 2], 7).unwrap(),
            (2, false),
            "without the last CRLF"
        );
        assert_eq!(receive(&parts, &plain[..plain.len() - 3], 7).unwrap(), (1, false));
    }

    #[test]
    fn a_response_that_differs_from_the_sent_frames_is_an_error() {
        let parts = Parts::new(&[jpeg(20), jpeg(5)]).unwrap();
        let swapped = [response(&parts, "Connection: close"), parts.bytes(1).to_vec()].concat();
        assert!(receive(&parts, &swapped, 4096).unwrap_err().to_string().contains("part 1 differs"));
        assert!(
            receive(&parts, b"HTTP/1.1 500 Oops\r\n\r\n", 4096).unwrap_err().to_string().contains("500 Oops")
        );
    }
}
