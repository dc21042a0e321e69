//! The sample of the stream that consumers are predicted from.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use mjpeg::consumers::{ResponseHead, SampleEnd, Sampler, Stream};
use mjpeg::multipart::Part;

use crate::problem::Problem;
use crate::transport::{End, Session, Tap};

/// Collects the sample of a session: the bytes from the tap, the parts from the observer.
pub struct Sample(Rc<RefCell<Sampler>>);

struct BodyTap {
    sampler: Rc<RefCell<Sampler>>,
    /// Bytes of the response head that are still to come.
    head_bytes: usize,
    has_times: bool,
}

impl Tap for BodyTap {
    fn bytes(&mut self, bytes: &[u8], at: Duration) -> Result<(), Problem> {
        let head = self.head_bytes.min(bytes.len());
        self.head_bytes -= head;
        let body = &bytes[head..];
        if !body.is_empty() {
            self.sampler.borrow_mut().bytes(body, self.has_times.then_some(at));
        }
        Ok(())
    }
}

impl Sample {
    /// Starts to collect; `None` for a session without a head, which has nothing to predict from.
    pub fn of(session: &mut Session) -> Result<Option<Self>, Problem> {
        let Some(head) = session.head() else { return Ok(None) };
        let is_in_chunks = session.is_in_chunks();
        let facts = ResponseHead::of(head).starting_with(session.head_start());
        // Programs save bodies without the chunks that their heads announce.
        let facts = facts.before_chunks(is_in_chunks || !session.is_live());
        let sampler = Sampler::new(facts, is_in_chunks);
        let sampler = Rc::new(RefCell::new(sampler));
        let tap = BodyTap {
            sampler: Rc::clone(&sampler),
            head_bytes: session.body_start(),
            has_times: session.has_times(),
        };
        session.set_tap(Box::new(tap))?;
        Ok(Some(Self(sampler)))
    }

    /// Takes a part.
    pub fn part(&self, part: &Part<'_>) {
        self.0.borrow_mut().part(part);
    }

    /// The sample, when the stream has ended at `now`. A file may be cut anywhere: what follows is unknown.
    pub fn finish(self, end: &End, now: Duration, is_live: bool) -> Option<Stream> {
        let end = match end {
            End::Closed | End::Truncated if is_live => SampleEnd::Closed,
            End::Reset(_) if is_live => SampleEnd::Reset,
            End::Enough | End::TimeUp | End::Signal(_) => SampleEnd::Limit,
            _ => SampleEnd::Input,
        };
        // The session, and its tap, are gone by now.
        let sampler = Rc::into_inner(self.0)?.into_inner();
        Some(sampler.finish(now, end))
    }
}
