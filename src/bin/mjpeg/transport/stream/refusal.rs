//! A response that is no stream: the page that the server sends instead.

use std::time::Duration;

use mjpeg::http::decimal;

use super::Stream;
use crate::transport::page::{self, Page};

impl Stream {
    /// What the answer is, if it is a text.
    pub(in crate::transport) fn page_shown(&self) -> Option<Page> {
        Page::of(self.reader.head()?, self.first_bytes.start(), self.reader.is_in_chunks(), self.secrets())
    }

    /// The start of the body of a response that is no stream, at most `most` bytes, without chunk framing. Reads
    /// until `deadline` of the clock at the latest. The stream cannot be used afterwards.
    pub(in crate::transport) fn page(&mut self, most: usize, deadline: Duration) -> Vec<u8> {
        let Some(head) = self.reader.head() else { return Vec::new() };
        let read = self.first_bytes.take_early().into_iter().flat_map(|(_, bytes)| bytes).collect();
        self.wire.set_deadline(Some(deadline));
        page::body(head, read, most, &mut self.input)
    }

    /// Reads a page of at most `most` bytes to its end, so that the connection can be used again, until `deadline` of the
    /// clock at the latest. The stream is to be dropped then.
    pub(in crate::transport) fn skip_page(&mut self, most: usize, deadline: Duration) {
        let Some(length) = self.reader.head().and_then(|head| head.text("content-length")) else { return };
        let length = decimal::<usize>(length.trim()).filter(|&length| length <= most);
        if length.is_some_and(|length| self.page(length, deadline).len() == length) {
            self.allow_keeping();
        }
    }
}
