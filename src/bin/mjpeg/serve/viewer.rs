//! One viewer of the stream: what it was sent, what it is being sent, and which part was promised to it.

mod parts;

use std::io::{self, IoSlice};
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::layout::Layout;
use super::part::Part;
use super::plan::{Next, Plan};
use super::replay::{self, Playback};
use super::script::{Kept, Script};
use super::sending::{Count, Sending};
use super::sent_up_to::SentUpTo;
use super::unsent_head::UnsentHead;

/// The state of one viewer. It does no I/O: the caller passes a function that sends bytes.
#[derive(Debug)]
pub struct Viewer {
    recipe: usize,
    layout: Layout,
    sent: SentUpTo,
    /// The head of the response; `None` once it was sent.
    head: Option<UnsentHead>,
    sending: Option<Sending>,
    /// The steps in which parts are sent; without a script each is sent at once.
    plan: Option<Plan>,
    /// The replay that this viewer receives instead of parts.
    replay: Option<Box<Playback>>,
    /// The part whose head was sent, completely or partly, behind the part in `sending`. It must come next.
    promised_part: Option<Rc<Part>>,
    /// The number of the newest part that this viewer has begun.
    newest_begun: u64,
    /// Since when the socket accepts no bytes; `None` while nothing waits to be sent.
    stuck: Option<Duration>,
    /// When bytes were last sent.
    last_sent: Duration,
    /// When the end of a picture was last sent.
    last_picture: Option<Duration>,
    /// When the plan continues, if it waits.
    wakes_at: Option<Duration>,
    /// The counters.
    pub count: Count,
}

/// The result of [`Viewer::push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// Everything available was sent.
    Idle,
    /// The socket's send buffer is full.
    Blocked,
    /// The plan continues at [`Viewer::wakes_at`].
    Waits,
    /// No part came while the head of the response waited for one: nothing was sent.
    Refused,
    /// Everything was sent; nothing may follow.
    Done,
    /// The connection is to be reset.
    Reset,
}

impl Viewer {
    /// Creates a viewer of the recipe with this index, that was sent nothing. `head` is the head of its response.
    pub fn new(recipe: usize, layout: Layout, head: Rc<[u8]>, script: Option<Box<dyn Script>>) -> Self {
        Self {
            recipe,
            layout,
            sent: SentUpTo::Fresh,
            head: UnsentHead::new(head),
            sending: None,
            plan: script.map(Plan::new),
            replay: None,
            promised_part: None,
            newest_begun: 0,
            stuck: None,
            last_sent: Duration::ZERO,
            last_picture: None,
            wakes_at: None,
            count: Count::default(),
        }
    }

    /// The same, but until this time the head of the response waits for the first part.
    pub fn waiting(self, until: Option<Duration>) -> Self {
        Self { head: self.head.map(|head| head.waiting(until)), ..self }
    }

    /// Creates a viewer that receives a replay. No part is ever offered to it.
    pub fn replaying(playback: Playback) -> Self {
        let viewer = Self::new(0, Layout::Auto, Rc::from([]), None);
        Self { head: None, replay: Some(Box::new(playback)), ..viewer }
    }

    /// Its replay, if it receives one.
    pub fn replay(&mut self) -> Option<&mut Playback> {
        self.replay.as_deref_mut()
    }

    /// Sends what is available. `send` returns how many bytes of the slices it accepted.
    ///
    /// # Errors
    ///
    /// The error of `send`, except `WouldBlock` and `Interrupted`.
    pub fn push(
        &mut self,
        newest: Option<&Rc<Part>>,
        now: Duration,
        mut send: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Push> {
        self.wakes_at = None;
        loop {
            let n = if let Some(replay) = &mut self.replay {
                match replay.next(now) {
                    replay::Next::Send(bytes) => send(&[IoSlice::new(bytes)]),
                    replay::Next::Wait(until) => {
                        self.wakes_at = Some(until);
                        return Ok(Push::Waits);
                    }
                    replay::Next::Starved => return Ok(Push::Idle),
                    replay::Next::End(ending) => match ending {
                        replay::Ending::Close => return Ok(Push::Done),
                        replay::Ending::Reset => return Ok(Push::Reset),
                        replay::Ending::Silence => return Ok(Push::Idle),
                    },
                }
            } else if let Some(head) = &self.head {
                if let Some(until) = head.waits_until().filter(|_| newest.is_none()) {
                    self.wakes_at = Some(until);
                    return Ok(if now < until { Push::Waits } else { Push::Refused });
                }
                send(&[IoSlice::new(head.rest())])
            } else {
                let next = match (&mut self.plan, &self.sending) {
                    (Some(plan), _) => plan.next(now),
                    (None, Some(sending)) => match sending.at..sending.reached(newest) {
                        range if range.is_empty() => Next::Done,
                        range => {
                            let n = send(&sending.part.slices(range));
                            match self.record(n, now)? {
                                Some(push) => return Ok(push),
                                None => continue,
                            }
                        }
                    },
                    (None, None) => Next::Done,
                };
                match next {
                    Next::Send(gathered) => send(gathered.slices()),
                    Next::Wait(until) => {
                        self.wakes_at = Some(until);
                        return Ok(Push::Waits);
                    }
                    Next::Reset => return Ok(Push::Reset),
                    Next::Close => return Ok(Push::Done),
                    Next::Done => match self.next_part(newest) {
                        Some(part) => {
                            self.begin(part, newest, now);
                            continue;
                        }
                        None => {
                            self.stuck = None;
                            let done = self.sent == SentUpTo::Closed;
                            return Ok(if done { Push::Done } else { Push::Idle });
                        }
                    },
                }
            };
            if let Some(push) = self.record(n, now)? {
                return Ok(push);
            }
        }
    }

    /// Records the result of a send. Returns what [`Viewer::push`] returns, if that is its end.
    #[inline]
    fn record(&mut self, n: io::Result<usize>, now: Duration) -> io::Result<Option<Push>> {
        match n {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                let pictures = self.count.sent;
                self.advance(n, now);
                if self.count.sent > pictures {
                    self.last_picture = Some(now);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.stuck.get_or_insert(now);
                return Ok(Some(Push::Blocked));
            }
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    /// Sends the first byte of the head, if the head waits for the first part and begins with it. Returns whether it was sent.
    pub fn probe(
        &mut self,
        byte: &[u8],
        now: Duration,
        send: impl FnOnce(&[u8]) -> io::Result<usize>,
    ) -> bool {
        let Some(head) = self.head.as_mut().filter(|head| head.may_be_probed_by(byte)) else { return false };
        // An error is reported as an event of the socket.
        let n = send(byte).unwrap_or_default();
        head.advance(n);
        self.count.bytes += n as u64;
        self.last_sent = now;
        n > 0
    }

    /// Sends the next byte of the plan, if the plan waits before it. A peer that has disconnected answers it with a reset.
    pub fn probe_plan(&mut self, now: Duration, send: impl FnOnce(&[u8]) -> io::Result<usize>) {
        let Self { head: None, plan: Some(plan), sending, count, .. } = self else { return };
        let Some(byte) = plan.next_byte() else { return };
        // An error is reported as an event of the socket.
        if matches!(send(&[byte]), Ok(1)) {
            plan.take_byte(|part, bytes| count_planned(sending, count, part, bytes));
            count.bytes += 1;
            self.last_sent = now;
        }
    }

    /// When to continue with its plan, if it waits.
    pub fn wakes_at(&self) -> Option<Duration> {
        self.wakes_at
    }

    /// Since when the socket accepts no bytes, if bytes wait to be sent.
    pub fn stuck_since(&self) -> Option<Duration> {
        self.stuck
    }

    /// When bytes were last sent.
    pub fn last_sent(&self) -> Duration {
        self.last_sent
    }

    /// When the end of a picture was last sent; `None` before the first.
    pub fn last_picture(&self) -> Option<Duration> {
        self.last_picture
    }

    /// Bytes of the current part that were not sent yet.
    pub fn backlog(&self) -> usize {
        match &self.replay {
            Some(replay) => replay.backlog(),
            None => self.sending.as_ref().map_or(0, |sending| sending.end.saturating_sub(sending.at)),
        }
    }

    /// What this viewer keeps in memory: the current part, the promised one, and what its plan has.
    pub fn kept(&self) -> Kept<'_> {
        let mut kept = self.plan.as_ref().map(Plan::kept).unwrap_or_default();
        kept.parts.extend(self.sending.as_ref().map(|sending| &sending.part));
        kept.parts.extend(&self.promised_part);
        kept.own_bytes += self.replay.as_ref().map_or(0, |replay| replay.kept_bytes());
        kept
    }

    /// The index of its recipe.
    pub fn recipe(&self) -> usize {
        self.recipe
    }

    /// The layout of this viewer.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Records that `n` bytes were sent.
    fn advance(&mut self, n: usize, now: Duration) {
        self.count.bytes += n as u64;
        self.last_sent = now;
        let was_stuck = self.stuck.take().is_some();
        if let Some(replay) = &mut self.replay {
            self.count.sent += replay.advance(n);
            return;
        }
        if let Some(head) = &mut self.head {
            head.advance(n);
            if head.rest().is_empty() {
                self.head = None;
            }
            return;
        }
        match (&mut self.plan, &mut self.sending) {
            (Some(_), _) => self.advance_plan(n, was_stuck.then_some(now)),
            (None, Some(sending)) => {
                self.count.frame_end(&sending.part, sending.at..sending.at + n);
                sending.at += n;
            }
            (None, None) => {}
        }
    }

    /// Records that `n` bytes of the plan's next steps were sent, which may be of other parts than the current one.
    fn advance_plan(&mut self, n: usize, late: Option<Duration>) {
        let Self { plan: Some(plan), sending, count, .. } = self else { return };
        plan.advance(n, late, |part, bytes| count_planned(sending, count, part, bytes));
    }
}

/// Counts bytes of a plan that were sent. Those of a frame may come late, or never.
fn count_planned(sending: &mut Option<Sending>, count: &mut Count, part: &Rc<Part>, bytes: Range<usize>) {
    count.frame_end(part, bytes.clone());
    if let Some(sending) = sending
        && Rc::ptr_eq(&sending.part, part)
    {
        sending.at = sending.at.max(bytes.end);
    }
}

#[cfg(test)]
mod tests;
