//! One connection: one request, one answer.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use socket2::Socket;

use super::facts::Facts;
use super::foreign::is_foreign;
use super::places::{Place, Use};
use super::{metrics, page, state};
use crate::exposition;
use crate::listen::answer::{Answer, Body};
use crate::listen::head::{HeadStatus, RequestHead};
use crate::listen::request::{Method, Refusal, Request};

/// The longest time for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// The longest time for which a client may take nothing.
const SEND_TIME: Duration = Duration::from_secs(10);
/// What a client may still send behind its request before the connection is closed.
const MOST_BEHIND: usize = 64;

/// Answers the request of a connection, and closes it.
pub fn serve(socket: &Socket, place: &Place, facts: &Facts) {
    if socket.set_nonblocking(false).is_err() || socket.set_write_timeout(Some(SEND_TIME)).is_err() {
        return;
    }
    let (answer, body) = match head(socket, facts) {
        None => return,
        Some(HeadStatus::Whole(request)) => {
            let body = if request.method == Method::Head { Body::Withheld } else { Body::Sent };
            place.set(Use::Works);
            let answer = reply(&request, facts);
            place.set(Use::Waits);
            (answer, body)
        }
        Some(HeadStatus::Refused(refusal)) => {
            let answer = Answer::text(refusal.status(), &refusal.to_string());
            (if refusal == Refusal::Method { answer.with("Allow", ALLOWED) } else { answer }, Body::Sent)
        }
        Some(HeadStatus::Partial) => {
            (Answer::text(Refusal::Timeout.status(), &Refusal::Timeout.to_string()), Body::Sent)
        }
    };
    let bytes = answer.print(body);
    if (&mut &*socket).write_all(&bytes).is_ok() {
        // A reset would take the answer away from a client that has sent more than its request.
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let _ = socket.set_read_timeout(Some(Duration::from_millis(500)));
        let mut behind = [0; 1024];
        for _ in 0..MOST_BEHIND {
            if !matches!((&mut &*socket).read(&mut behind), Ok(1..)) {
                break;
            }
        }
    }
}

const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// Reads the head of the request; `Partial` if it did not come in time, `None` if the client has left.
fn head(socket: &Socket, facts: &Facts) -> Option<HeadStatus> {
    let end = facts.clock.now() + HEAD_TIME;
    let mut head = RequestHead::default();
    let mut bytes = [0; 2048];
    loop {
        let left = end.saturating_sub(facts.clock.now());
        // The system takes no timeout of zero.
        if left < Duration::from_millis(1) || socket.set_read_timeout(Some(left)).is_err() {
            return Some(HeadStatus::Partial);
        }
        match (&mut &*socket).read(&mut bytes) {
            Ok(0) => return None,
            Ok(n) => match head.push(&bytes[..n]) {
                HeadStatus::Partial => {}
                status => return Some(status),
            },
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return Some(HeadStatus::Partial),
                ErrorKind::Interrupted => {}
                _ => return None,
            },
        }
    }
}

fn reply(request: &Request, facts: &Facts) -> Answer {
    if !facts.hosts.allow(request.field("host")) {
        return Answer::text(421, "this server is not known by that name; see --allow-host");
    }
    if request.method == Method::Options {
        return Answer::empty(200).with("Allow", ALLOWED);
    }
    match request.path.as_str() {
        "/" => page::answer(),
        "/healthz" => Answer::text(200, "ok"),
        "/state" => Answer::new(200, "application/json", state::text(facts)),
        "/metrics" => Answer::new(200, exposition::CONTENT_TYPE, metrics::text(facts)),
        "/probe" if is_foreign(request) => Answer::text(403, "pages of other sites may not start probes"),
        "/probe" => facts.prober.answer(request),
        _ => Answer::text(404, "there are /, /state, /metrics, /probe?target=URL and /healthz"),
    }
}
