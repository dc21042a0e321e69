//! An open stream: where its bytes come from, and the reader that parses them.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::check::Silence;
use mjpeg::consumers::HeadStart;
use mjpeg::http::{Head, HeadError, decimal};
use mjpeg::multipart::Limits;
use mjpeg::response::{Expected, Reader};
use rustix::event::PollFlags;
use socket2::Socket;

use super::arrivals::Arrivals;
use super::connection::Pulse;
use super::first_bytes::FirstBytes;
use super::kept::{Kept, allows_another_request};
use super::page::{self, Page};
use super::provenance::Provenance;
use super::recorded::Recorded;
use super::rooms;
use super::secrets::Secrets;
use super::tap::Tap;
use super::wire::{Wire, WireEnd};
use crate::clock::Clock;
use crate::problem::Problem;

/// The least room for a read of a lean stream: the rest is as large as its pictures.
const LEAN_READ_BYTES: usize = 4 << 10;

/// A stream whose head has been read, if it has one.
pub struct Stream {
    input: Box<dyn Read + Send>,
    /// The parser of what was read.
    pub(super) reader: Reader,
    /// When the bytes of the body came; empty for streams that are not live.
    pub(super) arrivals: Arrivals,
    wire: Arc<Wire>,
    clock: Clock,
    is_live: bool,
    /// The times of a capture that has some.
    recorded: Option<Recorded>,
    /// Whether bytes may be long in coming: not those of a file or of the test pattern.
    may_pause: bool,
    /// Where it came from.
    pub(super) provenance: Provenance,
    first_bytes: FirstBytes,
    /// Where the connection may go when the response has been read.
    kept: Option<Kept>,
    /// The socket, if the reader's memory is given back while nothing comes.
    lean: Option<Arc<Socket>>,
}

/// What one read brought.
#[derive(Debug)]
pub(super) enum Received {
    /// Bytes for the reader.
    Some,
    /// Nothing more: why.
    Ended(WireEnd),
    /// The tap failed.
    Problem(Problem),
}

impl Stream {
    /// A stream of which nothing has been read.
    pub(super) fn new(
        input: Box<dyn Read + Send>,
        expected: Expected,
        wire: &Arc<Wire>,
        clock: &Clock,
        is_live: bool,
    ) -> Self {
        Self {
            input,
            reader: Reader::new(expected),
            arrivals: Arrivals::default(),
            wire: Arc::clone(wire),
            clock: clock.clone(),
            is_live,
            recorded: None,
            may_pause: true,
            provenance: Provenance::default(),
            first_bytes: FirstBytes::default(),
            kept: None,
            lean: None,
        }
    }

    /// From now on, the memory for reads is given back while nothing comes from `socket`, which is the input. Nothing has
    /// been read.
    pub(super) fn be_lean(&mut self, expected: Expected, socket: Arc<Socket>) {
        self.reader = Reader::with_limits(expected, Limits::default().read_bytes(LEAN_READ_BYTES));
        self.lean = Some(socket);
    }

    /// Sets where the connection may be kept when the response has been read.
    pub(super) fn may_keep(&mut self, kept: &Kept) {
        self.kept = Some(kept.clone());
    }

    /// Keeps the connection, if the response has been read and its head allows that. The stream is to be dropped then.
    pub(super) fn keep_connection(&self) {
        if self.reader.is_over() {
            self.allow_keeping();
        }
    }

    fn allow_keeping(&self) {
        if let Some(kept) = &self.kept
            && self.reader.head().is_some_and(allows_another_request)
        {
            kept.allow();
        }
    }

    /// The response head. A bare multipart body has none.
    pub fn head(&self) -> Option<&Head> {
        self.reader.head().or(self.provenance.substitute.as_ref())
    }

    /// What a live response starts with. In a file, empty lines before the head mean nothing.
    pub(super) fn head_start(&self) -> HeadStart {
        match self.reader.head() {
            None if self.is_live => HeadStart::Body,
            Some(_) if self.is_live && self.reader.blank_before_head() > 0 => HeadStart::BlankLine,
            _ => HeadStart::StatusLine,
        }
    }

    /// The URL that it came from, after redirections and without a password.
    pub fn url(&self) -> Option<&str> {
        self.provenance.url.as_deref()
    }

    /// What is secret in the requests: the server may repeat it in what is shown.
    pub fn secrets(&self) -> &Secrets {
        &self.provenance.secrets
    }

    /// The heads before the one that counts, in order.
    pub(super) fn earlier_heads(&self) -> impl Iterator<Item = &Head> {
        self.provenance.on_the_way.iter().chain(self.reader.earlier_heads())
    }

    /// What the answer is, if it is a text.
    pub(super) fn page_shown(&self) -> Option<Page> {
        Page::of(self.reader.head()?, self.first_bytes.start(), self.reader.is_in_chunks(), self.secrets())
    }

    /// Sets whether bytes may be long in coming, so that there is an idle limit.
    pub(super) fn set_may_pause(&mut self, may_pause: bool) {
        self.may_pause = may_pause;
    }

    /// Sets the times of a capture that has some.
    pub(super) fn set_recorded(&mut self, recorded: Recorded) {
        self.recorded = Some(recorded);
    }

    /// The times of a capture that has some.
    pub(super) fn recorded(&self) -> Option<&Recorded> {
        self.recorded.as_ref()
    }

    /// Whether bytes may be long in coming.
    pub(super) fn may_pause(&self) -> bool {
        self.may_pause
    }

    /// Whether bytes come as they are made.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// What was read before there was a tap, with its times. It is not kept.
    pub(super) fn take_early(&mut self) -> Vec<(Duration, Vec<u8>)> {
        self.first_bytes.take_early()
    }

    /// It is a stream: forgets what would be shown of a page.
    pub(super) fn is_found(&mut self) {
        self.first_bytes.forget_start();
    }

    /// Reads until it is known where the body starts.
    ///
    /// # Errors
    ///
    /// How the input ended before that; `Ok` with a body that is empty.
    pub(super) fn read_head(&mut self) -> Result<(), WireEnd> {
        while !self.reader.is_started() {
            let space = self.reader.space();
            if space.is_empty() {
                // The reader has an error to return.
                return Ok(());
            }
            let n = match self.input.read(space) {
                Ok(n) if n > 0 => n,
                Ok(_) => return Err(self.wire.end().unwrap_or(WireEnd::Closed)),
                Err(error) => return Err(self.wire.end().unwrap_or(WireEnd::Reset(error.to_string()))),
            };
            let at = self.tap_time();
            self.first_bytes.keep_early(at, &self.reader.space()[..n]);
            self.filled(n, self.read_time());
        }
        if self.reader.head().is_some_and(|head| !Page::may_be_of(head)) {
            self.is_found();
        }
        Ok(())
    }

    /// Whether the response starts with these bytes.
    pub(super) fn starts_with(&self, bytes: &[u8]) -> bool {
        self.first_bytes.begin_with(bytes)
    }

    /// The start of the body of a response that is no stream, at most `most` bytes, without chunk framing. Reads
    /// until `deadline` of the clock at the latest. The stream cannot be used afterwards.
    pub(super) fn page(&mut self, most: usize, deadline: Duration) -> Vec<u8> {
        let Some(head) = self.reader.head() else { return Vec::new() };
        let read = self.first_bytes.take_early().into_iter().flat_map(|(_, bytes)| bytes).collect();
        self.wire.set_deadline(Some(deadline));
        page::body(head, read, most, &mut self.input)
    }

    /// Reads a page of at most `most` bytes to its end, so that the connection can be used again, until `deadline` of the
    /// clock at the latest. The stream is to be dropped then.
    pub(super) fn skip_page(&mut self, most: usize, deadline: Duration) {
        let Some(length) = self.reader.head().and_then(|head| head.text("content-length")) else { return };
        let length = decimal::<usize>(length.trim()).filter(|&length| length <= most);
        if length.is_some_and(|length| self.page(length, deadline).len() == length) {
            self.allow_keeping();
        }
    }

    /// Why the start of the response cannot be read, if it cannot.
    pub(super) fn reader_error(&self) -> Result<(), HeadError> {
        self.reader.head_error().map_or(Ok(()), Err)
    }

    /// The problem of an input on our side that gave no byte for `waited`.
    pub(super) fn unanswered(&self, waited: Duration) -> Problem {
        let waited = waited.as_secs_f64();
        anyhow!(
            "cannot read {}: it did not answer within {waited:.1} s; a mount that hangs?",
            self.provenance.name()
        )
        .into()
    }

    /// Reads what is there, waiting for the first byte until `deadline` of the clock, and shows it to `tap`.
    pub(super) fn read(
        &mut self,
        deadline: Option<Duration>,
        tap: Option<&mut (dyn Tap + 'static)>,
    ) -> Received {
        if self.reader.is_over() {
            // Further bytes on this connection are not part of the response.
            return Received::Ended(WireEnd::Closed);
        }
        self.wire.set_deadline(deadline);
        if let Some(socket) = &self.lean {
            rooms::give_back(self.reader.release());
            if let Err(end) = self.wire.wait(socket, PollFlags::IN) {
                return self.ended(self.wire.ended(end));
            }
            if !self.reader.has_room() {
                self.reader.lend(rooms::take());
            }
        }
        let n = match self.input.read(self.reader.space()) {
            Ok(n) if n > 0 => n,
            // The wire knows better than the client above it how the bytes ended.
            Ok(_) => return self.ended(self.wire.end().unwrap_or(WireEnd::Closed)),
            Err(error) => return self.ended(self.wire.end().unwrap_or(WireEnd::Reset(error.to_string()))),
        };
        let arrived = self.tap_time();
        if let Some(tap) = tap
            && let Err(problem) = tap.bytes(&self.reader.space()[..n], arrived)
        {
            return Received::Problem(problem);
        }
        self.filled(n, self.read_time());
        Received::Some
    }

    /// When the bytes of the last read came.
    fn read_time(&self) -> Duration {
        match &self.recorded {
            Some(recorded) => recorded.last(),
            None if self.is_live => self.wire.last_read(),
            None => self.clock.now(),
        }
    }

    /// The same for a tap.
    fn tap_time(&self) -> Duration {
        match self.recorded {
            None if self.is_live => self.wire.arrived(),
            _ => self.read_time(),
        }
    }

    fn filled(&mut self, n: usize, at: Duration) {
        self.first_bytes.keep_start(&self.reader.space()[..n]);
        self.reader.filled(n);
        if (self.is_live || self.recorded.is_some()) && self.reader.received() > 0 {
            self.arrivals.note(self.reader.received(), at);
        }
    }

    fn ended(&self, end: WireEnd) -> Received {
        match end {
            WireEnd::Expired if self.reader.may_be_over() => Received::Ended(WireEnd::Closed),
            // A local file or a pipe: not a fault of the stream.
            WireEnd::Reset(why) if !self.is_live => {
                Received::Problem(anyhow!("cannot read {}: {why}", self.provenance.name()).into())
            }
            end => Received::Ended(end),
        }
    }

    /// The silences and late reads since the last call, with times of the clock.
    pub(super) fn silences(&self) -> Vec<Silence> {
        if self.is_live { self.wire.silences() } else { Vec::new() }
    }

    /// The silence now, if it is one.
    pub(super) fn silence(&self) -> Option<Silence> {
        if self.is_live { self.wire.silence() } else { None }
    }

    /// What can be asked about a silence that goes on.
    pub(super) fn pulse(&self) -> Pulse {
        if self.is_live { Pulse::of(&self.wire) } else { Pulse::default() }
    }

    /// The signal that ended the run, if there was one.
    pub(super) fn signal(&self) -> Option<i32> {
        self.wire.signal()
    }
}
