//! Answers with faults.

use std::rc::Rc;
use std::time::Duration;

use super::super::faults::{Answer, Injection, Silent};
use super::super::layout::Layout;
use super::super::viewer::Viewer;
use super::event_loop::Engine;
use crate::listen::request::Request;

impl Engine {
    /// Answers a request for a stream as its faults want it.
    pub(super) fn start_faulty(
        &mut self,
        number: usize,
        stream: usize,
        request: &Request,
        (layout, injection): (Layout, Injection),
        now: Duration,
    ) {
        match injection.answer() {
            None | Some(Answer::Late) => {
                self.start_stream(number, stream, request, (layout, Some(injection)), now);
            }
            Some(Answer::Status(status)) => self.answer(number, self.responder.answers.status(status), now),
            Some(Answer::Redirect) => {
                self.answer(number, self.responder.answers.redirection(&request.target()), now);
            }
            Some(Answer::Reset) => self.reset(number),
            Some(Answer::Silence) => {
                let viewer = Viewer::new(0, layout, Rc::from([]), Some(Box::new(Silent)));
                self.connections.start_stream(number, stream, viewer);
            }
        }
    }
}
