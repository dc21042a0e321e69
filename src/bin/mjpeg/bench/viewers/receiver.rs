//! The response to one viewer: its head, its transfer coding, and the frames in it, in little memory.

use std::rc::Rc;

use memchr::memmem;
use mjpeg::http::{ChunkError, ContentType, Dechunker, HEAD_BYTES, Head, HeadErrorKind};
use mjpeg::multipart::Limits;
use mjpeg::response::{Expected, Reader};

use super::found::{Answer, Found};
use super::frame::Frame;
use super::library::{fill, read, with_head};
use super::proof::{Outcome, Proof, Trust};
use super::skimmer::{Skimmer, Step};

/// Reads one response.
#[derive(Debug)]
pub struct Receiver {
    trust: Rc<Trust>,
    /// The largest frame that the library's reader may hold.
    body_bytes: usize,
    stage: Stage,
    /// Parts that were not read because they are larger than `body_bytes`.
    too_large: u64,
    /// The answer, if its content type is none of a stream of parts.
    answer: Option<Box<Answer>>,
}

#[derive(Debug)]
enum Stage {
    Head(Vec<u8>),
    /// It is not known yet whether the chunks that the head announces are there.
    Chunks {
        head: Box<Head>,
        start: Vec<u8>,
    },
    Body {
        chunks: Option<Dechunker>,
        reading: Reading,
    },
    Over,
}

#[derive(Debug)]
enum Reading {
    Skim { skimmer: Skimmer, content_type: Vec<u8> },
    Both { proof: Box<Proof>, content_type: Vec<u8> },
    Read(Box<Reader>),
}

impl Receiver {
    /// A receiver at the start of a response.
    pub fn new(trust: &Rc<Trust>, body_bytes: usize) -> Self {
        Self {
            trust: Rc::clone(trust),
            body_bytes,
            stage: Stage::Head(Vec::new()),
            too_large: 0,
            answer: None,
        }
    }

    /// The answer, if its content type is none of a stream of parts.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_deref()
    }

    /// Parts that are too large for a viewer.
    pub fn too_large(&self) -> u64 {
        self.too_large
    }

    /// Takes the next bytes, which it may change, and calls `each` for each frame that they complete.
    ///
    /// # Errors
    ///
    /// What else the response is. It takes no more bytes then.
    pub fn take(&mut self, bytes: &mut [u8], each: &mut impl FnMut(Frame)) -> Result<(), Found> {
        let result = self.advance(bytes, each);
        if result == Err(Found::End) {
            self.finish(each);
        } else if result.is_err() {
            self.stage = Stage::Over;
        }
        result
    }

    fn advance(&mut self, mut bytes: &mut [u8], each: &mut impl FnMut(Frame)) -> Result<(), Found> {
        while !bytes.is_empty() {
            match &mut self.stage {
                Stage::Body { .. } => return self.body(bytes, each),
                Stage::Over => return Ok(()),
                Stage::Head(head) => {
                    let before = head.len();
                    let room = (HEAD_BYTES + 1).saturating_sub(before).min(bytes.len());
                    head.extend_from_slice(&bytes[..room]);
                    let seen = &head[before.saturating_sub(3)..];
                    let may_end = memmem::find(seen, b"\n\n").or(memmem::find(seen, b"\n\r\n")).is_some();
                    // The first bytes show whether it is HTTP. A head without an end is searched once more at its limit.
                    if !may_end && before >= 8 && head.len() < HEAD_BYTES {
                        return Ok(());
                    }
                    let mut head = std::mem::take(head);
                    let taken = match Head::parse(&head) {
                        Ok(None) => {
                            self.stage = Stage::Head(head);
                            return Ok(());
                        }
                        Ok(Some(found)) => {
                            let taken = found.len.saturating_sub(before);
                            self.start(found, &head)?;
                            taken
                        }
                        Err(error) if error.kind != HeadErrorKind::Protocol => {
                            return Err(Found::NotAStream(error.to_string()));
                        }
                        // A body alone, as GStreamer's tcpserversink sends it, or no HTTP at all.
                        Err(_) => {
                            self.stage = Stage::Body { chunks: None, reading: self.reader(None) };
                            self.body(&mut head, each)?;
                            room
                        }
                    };
                    bytes = &mut bytes[taken..];
                }
                Stage::Chunks { head, start } => {
                    start.extend_from_slice(bytes);
                    let Some(is_kept) = Dechunker::is_kept_in(start) else { return Ok(()) };
                    let (head, mut start) = (head.clone(), std::mem::take(start));
                    let chunks = is_kept.then(Dechunker::new);
                    self.stage = Stage::Body { chunks, reading: self.reading(&head) };
                    return self.body(&mut start, each);
                }
            }
        }
        Ok(())
    }

    /// Whether the head has not come.
    pub fn is_before_body(&self) -> bool {
        matches!(self.stage, Stage::Head(_))
    }

    /// The connection has ended: the last frame may be complete by that.
    pub fn finish(&mut self, each: &mut impl FnMut(Frame)) {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let reader = match stage {
            Stage::Body { reading: Reading::Read(reader), .. } => Some(*reader),
            Stage::Body { reading: Reading::Both { mut proof, .. }, .. } => Some(proof.take_reader()),
            _ => None,
        };
        if let Some(mut reader) = reader {
            reader.finish();
            // How it ended is known from the connection.
            let _ = read(&mut reader, &[], &mut self.too_large, each);
        }
    }

    /// Chooses how to read the body behind this head. `bytes` are those of the head.
    fn start(&mut self, head: Head, bytes: &[u8]) -> Result<(), Found> {
        if (100..200).contains(&head.status) {
            // Interim heads are read and dropped.
            self.stage = Stage::Head(Vec::new());
            return Ok(());
        }
        if !(200..300).contains(&head.status) {
            return Err(Found::Refusal(Box::new(head)));
        }
        let content_type = head.fields().first("content-type").unwrap_or_default();
        let is_multipart = ContentType::parse(content_type).is_multipart();
        self.stage = if !is_multipart || head.fields().first("content-encoding").is_some() {
            // One picture, a page, pictures without multipart, or a compressed body: the library's reader knows them.
            self.answer = (!is_multipart).then(|| Box::new(Answer::new(&head)));
            let mut reader = self.library();
            fill(&mut reader, &bytes[..head.len]);
            Stage::Body { chunks: None, reading: Reading::Read(Box::new(reader)) }
        } else if head.is_chunked() {
            Stage::Chunks { head: Box::new(head), start: Vec::new() }
        } else {
            Stage::Body { chunks: None, reading: self.reading(&head) }
        };
        Ok(())
    }

    fn reading(&self, head: &Head) -> Reading {
        let content_type = head.fields().first("content-type").unwrap_or_default().to_vec();
        let boundary = ContentType::parse(&content_type).boundary.map(|it| it.value.into_owned());
        let Some(boundary) = boundary.filter(|_| !self.trust.has_no_lengths()) else {
            return self.reader(Some(&content_type));
        };
        let skimmer = Skimmer::new(&boundary);
        if !self.trust.may_prove() {
            return Reading::Skim { skimmer, content_type };
        }
        let reader = with_head(self.library(), Some(&content_type));
        Reading::Both { proof: Box::new(Proof::new(reader, skimmer, &self.trust)), content_type }
    }

    /// The library's reader at the start of a body, or at a place inside it.
    fn reader(&self, content_type: Option<&[u8]>) -> Reading {
        Reading::Read(Box::new(with_head(self.library(), content_type)))
    }

    fn library(&self) -> Reader {
        let limits =
            Limits::default().body_bytes(self.body_bytes).read_bytes(16 << 10).search_bytes(256 << 10);
        Reader::with_limits(Expected::Response, limits)
    }

    fn body(&mut self, bytes: &mut [u8], each: &mut impl FnMut(Frame)) -> Result<(), Found> {
        self.answer.iter_mut().for_each(|answer| answer.take(bytes));
        let Stage::Body { chunks, .. } = &mut self.stage else { return Ok(()) };
        let (len, end) = match chunks {
            Some(chunks) => {
                let broken = |error: &ChunkError| Found::NotAStream(error.to_string());
                let len = chunks.decode(bytes).map_err(|error| broken(&error))?;
                // What came before the error counts.
                let end = chunks.error().map(|error| broken(&error));
                (len, end.or(chunks.is_done().then_some(Found::End)))
            }
            None => (bytes.len(), None),
        };
        self.content(&bytes[..len], each)?;
        end.map_or(Ok(()), Err)
    }

    fn content(&mut self, bytes: &[u8], each: &mut impl FnMut(Frame)) -> Result<(), Found> {
        let Stage::Body { reading, .. } = &mut self.stage else { return Ok(()) };
        match reading {
            Reading::Skim { skimmer, content_type } => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (taken, step) = skimmer.step(rest);
                    rest = &rest[taken..];
                    match step {
                        Step::Frame(frame) => each(frame),
                        Step::More => {}
                        Step::End => return Err(Found::End),
                        Step::Odd => {
                            let (unread, content_type) = (skimmer.unread().to_vec(), content_type.clone());
                            let next = self.reader(Some(&content_type));
                            let Stage::Body { reading, .. } = &mut self.stage else { return Ok(()) };
                            *reading = next;
                            self.content(&unread, each)?;
                            return self.content(rest, each);
                        }
                    }
                }
                if skimmer.is_over() { Err(Found::End) } else { Ok(()) }
            }
            Reading::Read(reader) => read(reader, bytes, &mut self.too_large, each),
            Reading::Both { proof, content_type } => {
                let result = proof.read(bytes, &mut self.too_large, each);
                *reading = match proof.outcome() {
                    None => return result,
                    Some(Outcome::Right(skimmer)) => {
                        Reading::Skim { skimmer, content_type: std::mem::take(content_type) }
                    }
                    Some(Outcome::Wrong(reader)) => Reading::Read(reader),
                };
                result
            }
        }
    }
}

#[cfg(test)]
mod tests;
