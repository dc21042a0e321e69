//! The library's reader, where a stream cannot be skimmed: it holds a frame, and finds its end in any dialect.

use mjpeg::multipart::{self, DeviationKind, Extent, Part};
use mjpeg::response::{Event, Reader};

use super::found::Found;
use super::frame::{Frame, START_BYTES, Stamp};

/// A reader that has read a head with this Content-Type.
pub fn with_head(mut reader: Reader, content_type: Option<&[u8]>) -> Reader {
    let Some(content_type) = content_type else { return reader };
    let mut head = b"HTTP/1.1 200 OK\r\nContent-Type: ".to_vec();
    head.extend(content_type.iter().filter(|&&byte| byte != b'\r' && byte != b'\n'));
    head.extend_from_slice(b"\r\n\r\n");
    fill(&mut reader, &head);
    reader
}

/// Gives the bytes of a head to the library's reader.
pub fn fill(reader: &mut Reader, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let space = reader.space();
        let n = space.len().min(rest.len());
        if n == 0 {
            return;
        }
        space[..n].copy_from_slice(&rest[..n]);
        reader.filled(n);
        rest = &rest[n..];
    }
}

/// Gives bytes to the library's reader, and takes its frames.
pub fn read(
    reader: &mut Reader,
    bytes: &[u8],
    too_large: &mut u64,
    each: &mut impl FnMut(Frame),
) -> Result<(), Found> {
    let mut rest = bytes;
    loop {
        loop {
            match reader.next_event() {
                Ok(Some(Event::Body(multipart::Event::Part(part)))) => {
                    frame(&part).into_iter().for_each(&mut *each);
                }
                Ok(Some(Event::Body(multipart::Event::Deviation(deviation)))) => {
                    *too_large += u64::from(matches!(deviation.kind, DeviationKind::BodyTooLarge { .. }));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return Err(Found::NotAStream(error.to_string())),
            }
        }
        if reader.is_over() {
            return Err(Found::End);
        }
        if rest.is_empty() {
            return Ok(());
        }
        let space = reader.space();
        let n = space.len().min(rest.len());
        if n == 0 {
            return Err(Found::NotAStream("the response cannot be read".into()));
        }
        space[..n].copy_from_slice(&rest[..n]);
        reader.filled(n);
        rest = &rest[n..];
    }
}

/// The frame in a part; `None` for text between pictures, and for damaged pictures.
fn frame(part: &Part<'_>) -> Option<Frame> {
    let is_picture = matches!(part.extent, Extent::Complete { .. });
    let start = &part.body[..part.body.len().min(START_BYTES)];
    let stamp = Stamp::find(part.fields.first("x-timestamp"), start);
    is_picture.then_some(Frame { bytes: part.body.len() as u64, stamp })
}
