//! The top of a picture in grey pixels: a strip takes no more of it, and only so much is decoded.

use image::GrayImage;
use mjpeg::jpeg::{Coding, FrameHeader, Marker, Process, ScanHeader, Segments};

use crate::decoded::Decoded;

/// The most bytes of a decoded picture, which may say that it is larger than the memory: 8K with three components.
const MOST_BYTES: u64 = 7680 * 4320 * 3;
/// Offset of the number of lines in a frame header, behind `FF`, its code, its length and the precision (T.81 B.2.2).
const LINES_AT: usize = 5;

/// Decodes the tops of pictures. It keeps its buffer.
#[derive(Debug, Default)]
pub struct Top {
    jpeg: Vec<u8>,
}

impl Top {
    /// The first lines of a picture, at least as many as a strip takes at any scale; `None` if they cannot be decoded. Of a
    /// picture whose lines are not in one scan from top to bottom it is the whole picture.
    pub fn grey(&mut self, jpeg: &[u8]) -> Option<GrayImage> {
        let jpeg = match cut(jpeg) {
            Some((at, lines)) => {
                self.jpeg.clear();
                self.jpeg.extend_from_slice(jpeg);
                self.jpeg.get_mut(at..at + 2)?.copy_from_slice(&lines.to_be_bytes());
                &self.jpeg
            }
            None => jpeg,
        };
        Some(Decoded::of(jpeg, MOST_BYTES).ok()?.into_grey())
    }
}

/// Where the number of lines is in the picture, and the smaller number that makes a decoder stop there. The bytes behind these
/// lines are then bytes behind the end of the scan, which decoders pass over.
fn cut(jpeg: &[u8]) -> Option<(usize, u16)> {
    let mut frame: Option<(usize, FrameHeader)> = None;
    for segment in Segments::of(jpeg) {
        if segment.marker.is_frame_header() {
            frame = Some((segment.at + LINES_AT, FrameHeader::parse(segment.marker, segment.parameters)?));
        } else if segment.marker == Marker::SOS {
            let ((at, frame), scan) = (frame?, ScanHeader::parse(segment.parameters)?);
            let is_sequential = matches!(frame.process(), Process::Baseline | Process::Extended);
            let is_one_scan = scan.components().len() == usize::from(frame.component_count);
            let lines = lines(&frame);
            let is_cut =
                is_sequential && is_one_scan && frame.coding() == Coding::Huffman && lines < frame.height;
            return is_cut.then_some((at, lines));
        }
    }
    None
}

/// The lines that a strip takes at most: four boxes of which 36 fill a line, and that are 1.75 times as high as wide. They are
/// rounded up to whole MCUs.
fn lines(frame: &FrameHeader) -> u16 {
    let most = u32::from(frame.width) * 7 / 36 + 1;
    let mcu = 8 * frame.components().iter().map(|it| u32::from(it.vertical)).max().unwrap_or(1);
    u16::try_from(most.div_ceil(mcu) * mcu).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pattern::Pattern;

    #[test]
    fn the_top_is_that_of_the_whole_picture() {
        let files = std::fs::read_dir("fixtures/jpeg").unwrap().map(|it| it.unwrap().path());
        let mut pictures: Vec<_> = files.filter_map(|it| std::fs::read(it).ok()).collect();
        let mut pattern = Pattern::new("640x480".parse().unwrap(), 7);
        pictures.push(pattern.frame(1, Duration::ZERO).unwrap());
        let (mut top, mut shorter) = (Top::default(), 0);
        for jpeg in &pictures {
            let Ok(whole) = Decoded::of(jpeg, MOST_BYTES) else { continue };
            let (whole, top) = (whole.into_grey(), top.grey(jpeg).unwrap());
            assert_eq!(whole.width(), top.width());
            // The colours of the last lines are mixed with those of the lines below.
            let same = if top.height() < whole.height() { top.height() - 2 } else { whole.height() };
            let bytes = (whole.width() * same) as usize;
            assert!(whole.as_raw()[..bytes] == top.as_raw()[..bytes]);
            assert!(top.height() >= whole.height().min(whole.width() * 7 / 36));
            shorter += u32::from(top.height() < whole.height());
        }
        assert!(shorter > 0 && pictures.len() > 3);
    }

    #[test]
    fn what_is_no_picture_has_no_top() {
        let mut top = Top::default();
        for jpeg in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xc0\x00\x02\xff\xda\x00\x02", &[0; 100]] {
            assert!(top.grey(jpeg).is_none());
        }
    }
}
