//! The finite answers of the server, as bytes.

use std::time::Duration;

use mjpeg::multipart::Timestamp;

use super::relayed::Absence;
use super::report::{FarmState, State, metrics};
use crate::exposition;
use crate::listen::answer::{Answer, Body};
use crate::listen::request::Refusal;
use crate::output;

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// A format of the server's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// JSON.
    Json,
    /// The text format of Prometheus.
    Metrics,
    /// One line of text and a status code.
    Health,
}

/// Makes the answers, for pages of another origin too.
#[derive(Debug)]
pub struct Answers {
    /// The origin whose pages may read them (CORS).
    cors: Option<String>,
}

impl Answers {
    /// Answers that pages of this origin may read.
    pub fn new(cors: Option<String>) -> Self {
        Self { cors }
    }

    /// An answer as bytes.
    pub fn print(&self, answer: Answer, body: Body) -> Vec<u8> {
        self.with_cors(answer).print(body)
    }

    /// Adds the CORS fields.
    pub fn with_cors(&self, answer: Answer) -> Answer {
        cors(self.cors.as_deref()).fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// The answer to a refused request.
    pub fn refusal(&self, refusal: Refusal) -> Vec<u8> {
        let answer = Answer::text(refusal.status(), &refusal.to_string());
        let answer = if refusal == Refusal::Method { answer.with("Allow", ALLOW) } else { answer };
        self.print(answer, Body::Sent)
    }

    /// The head of a snapshot of `length` bytes, taken at this time since 1970-01-01 UTC. An old one has its `age`.
    pub fn snapshot(&self, length: usize, taken: Duration, age: Option<Duration>) -> Vec<u8> {
        let stamp = Timestamp(taken).to_string();
        let answer = Answer::new(200, "image/jpeg", "").with("X-Timestamp", stamp);
        self.with_cors(with_age(answer, age)).head(length)
    }

    /// The answer when there is no picture, or none that is new enough.
    pub fn no_picture(&self, absence: &Absence, body: Body) -> Vec<u8> {
        let Absence { age, why, retry_after } = absence;
        let text = match age {
            Some(age) => format!("the newest picture is {:.1} s old; {why}", age.as_secs_f64()),
            None => why.clone(),
        };
        let answer = Answer::text(503, &text).with("Retry-After", retry_after.to_string());
        self.print(with_age(answer, *age), body)
    }

    /// The state of some streams.
    pub fn state(&self, states: &[State], view: View, body: Body) -> Vec<u8> {
        let answer = match view {
            // A tree of numbers and strings can always be written.
            View::Json => {
                let json = states.first().and_then(|state| output::json(state).ok()).unwrap_or_default();
                Answer::new(200, "application/json", json)
            }
            View::Metrics => Answer::new(200, exposition::CONTENT_TYPE, metrics(states)),
            View::Health => match states.iter().find(|state| !state.healthy) {
                None => Answer::text(200, &health("ok", states)),
                Some(silent) => {
                    let text = health("the source is silent", std::slice::from_ref(silent));
                    Answer::text(503, &text).with("Retry-After", "1")
                }
            },
        };
        self.print(answer, body)
    }

    /// The answer to a request that makes no sense.
    pub fn bad_request(&self, why: &str) -> Vec<u8> {
        self.print(Answer::text(400, why), Body::Sent)
    }

    /// The answer with this status, as a fault.
    pub fn status(&self, status: u16) -> Vec<u8> {
        let answer = Answer::text(status, "a fault that this server injects");
        let answer = match status {
            401 => answer.with("WWW-Authenticate", "Basic realm=\"fault\""),
            503 => answer.with("Retry-After", "5"),
            _ => answer,
        };
        self.print(answer, Body::Sent)
    }

    /// The redirection of a request to itself. A target that must not become part of a head is left out.
    pub fn redirection(&self, target: &str) -> Vec<u8> {
        let is_safe = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic());
        let answer = Answer::text(302, "a fault that this server injects");
        self.print(answer.with("Location", if is_safe { target } else { "/stream" }), Body::Sent)
    }

    /// The answer when the limit of viewers or connections is reached.
    pub fn full(&self) -> Vec<u8> {
        let answer = Answer::text(503, "too many viewers").with("Retry-After", "5");
        self.print(answer, Body::Sent)
    }

    /// The answer to OPTIONS, with what a CORS preflight asks for.
    pub fn options(&self) -> Answer {
        let answer = Answer::empty(200).with("Allow", ALLOW);
        if self.cors.is_none() {
            return answer;
        }
        answer
            .with("Access-Control-Allow-Methods", ALLOW)
            .with("Access-Control-Allow-Headers", "Authorization")
    }

    /// The answer to a client that has sent too many wrong passwords.
    pub fn too_many_guesses(&self, after: Duration, body: Body) -> Vec<u8> {
        let seconds = after.as_secs_f64().ceil().to_string();
        self.print(Answer::text(429, "too many wrong passwords").with("Retry-After", seconds), body)
    }

    /// The state of a farm.
    pub fn farm(&self, state: &FarmState, body: Body) -> Vec<u8> {
        // A tree of numbers and strings can always be written.
        self.print(Answer::new(200, "application/json", output::json(state).unwrap_or_default()), body)
    }
}

/// Adds the age of an old picture, in seconds.
fn with_age(answer: Answer, age: Option<Duration>) -> Answer {
    match age {
        Some(age) => answer.with("X-Frame-Age", format!("{:.3}", age.as_secs_f64())),
        None => answer,
    }
}

/// The line about the health of a server, with the state of the camera if there is one only.
fn health(text: &str, states: &[State]) -> String {
    let [State { upstream: Some(upstream), .. }] = states else { return text.into() };
    format!("{text} (camera {} for {:.0} s)", upstream.state, upstream.state_age_s)
}

/// The fields that let pages of another origin read an answer.
pub fn cors(origin: Option<&str>) -> impl Iterator<Item = (&'static str, &str)> {
    origin.into_iter().flat_map(|origin| {
        [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", "X-Timestamp, X-Frame-Age, Retry-After"),
            ("Vary", "Origin"),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_answers_have_their_status_and_fields() {
        let answers = Answers::new(None);
        let refused = String::from_utf8(answers.refusal(Refusal::Method)).unwrap();
        assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("Allow: "));
        let full = String::from_utf8(answers.full()).unwrap();
        assert!(full.starts_with("HTTP/1.1 503 ") && full.contains("Retry-After: 5\r\n"));
        let taken = Duration::new(7, 89_000_000);
        let shot = String::from_utf8(answers.snapshot(77, taken, None)).unwrap();
        assert!(shot.contains("X-Timestamp: 7.089000\r\n") && shot.contains("Length: 77\r\n"), "{shot}");
    }
}
