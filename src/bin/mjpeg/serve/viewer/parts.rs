//! Which part a viewer receives next.

use std::rc::Rc;
use std::time::Duration;

use super::Viewer;
use crate::serve::part::Part;
use crate::serve::sending::Sending;
use crate::serve::sent_up_to::SentUpTo;

impl Viewer {
    /// Announces the newest part. Call it once for each part, then call [`Viewer::push`].
    pub fn offer(&mut self, newest: &Rc<Part>) {
        let Some(sending) = &self.sending else { return };
        // As soon as one byte behind the frame was sent, the next head must follow, and with it its part. A script has all
        // bytes, and may hold them back.
        let is_head_given = self.plan.is_some() || sending.at > sending.part.frame_end();
        let promised = sending.part.promised().filter(|_| is_head_given);
        if promised.is_some_and(|promised| promised.number == newest.number())
            && sending.sent_up_to() == SentUpTo::Head(newest.number())
        {
            self.promised_part = Some(Rc::clone(newest));
        }
    }

    /// Ends the part that was sent, and returns the next one to begin.
    pub(super) fn next_part(&mut self, newest: Option<&Rc<Part>>) -> Option<Rc<Part>> {
        if let Some(sending) = self.sending.take() {
            // A script may end before the end of the part; a viewer that skips ends behind the frame.
            let end = self.end(&sending, newest);
            self.sent = sending.part.sent_up_to(end);
            if let Some(promised_part) = self.promised_part.take() {
                return Some(promised_part);
            }
        }
        newest
            .filter(|newest| {
                newest.number() > self.newest_begun && newest.start(self.sent, self.newest_begun).is_some()
            })
            .cloned()
    }

    pub(super) fn begin(&mut self, part: Rc<Part>, newest: Option<&Rc<Part>>, now: Duration) {
        // Parts from before this viewer's first one do not count as skipped.
        if self.newest_begun > 0 {
            self.count.skipped += part.number() - self.newest_begun - 1;
        }
        let newest_begun = std::mem::replace(&mut self.newest_begun, part.number());
        // The caller checked that the part can follow what was sent.
        let Some(at) = part.start(self.sent, newest_begun) else { return };
        let mut sending = Sending { end: part.end(self.layout), part, at };
        if let Some(plan) = &mut self.plan {
            sending.end = sending.reached(newest);
            plan.begin(&sending.part, at..sending.end, now);
        }
        self.sending = Some(sending);
    }

    /// Where to stop. A script has received its bytes already.
    fn end(&self, sending: &Sending, newest: Option<&Rc<Part>>) -> usize {
        if self.plan.is_some() { sending.end } else { sending.reached(newest) }
    }
}
