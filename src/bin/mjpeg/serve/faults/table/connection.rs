//! Faults of the connection, and answers that are no stream.

use super::super::entry::{Act, Answer, End, Entry, Shows, Takes};

const fn answer(name: &'static str, answer: Answer, help: &'static str) -> Entry {
    let shows = Shows::Verdict("unreachable", 3);
    Entry { name, takes: Takes::Nothing, act: Act::Answer(answer), shows, example: name, help }
}

const fn end(name: &'static str, end: End, example: &'static str, shows: Shows, help: &'static str) -> Entry {
    Entry { name, takes: Takes::Nothing, act: Act::End(end), shows, example, help }
}

pub const ENTRIES: &[Entry] = &[
    Entry {
        shows: Shows::Verdict("stalled", 5),
        ..answer("refuse", Answer::Reset, "the connection is reset without an answer")
    },
    Entry {
        shows: Shows::Verdict("stalled", 5),
        ..answer("silent", Answer::Silence, "the request gets no answer")
    },
    answer("status-401", Answer::Status(401), "401 Unauthorized"),
    answer("status-403", Answer::Status(403), "403 Forbidden"),
    answer("status-404", Answer::Status(404), "404 Not Found"),
    answer("status-500", Answer::Status(500), "500 Internal Server Error"),
    answer("status-503", Answer::Status(503), "503 Service Unavailable, with Retry-After"),
    answer("redirect-loop", Answer::Redirect, "302 to the same URL"),
    end(
        "reset",
        End::Reset,
        "reset@10",
        Shows::Verdict("stalled", 5),
        "the connection is reset in the middle of the picture",
    ),
    end(
        "cut",
        End::Cut,
        "cut@10",
        Shows::Verdict("stalled", 5),
        "the connection is closed in the middle of the picture",
    ),
    end(
        "close",
        End::Close,
        "close@10",
        Shows::Rule("ended-early"),
        "the connection is closed after the picture",
    ),
    end(
        "epilogue",
        End::Epilogue,
        "epilogue@10",
        Shows::Verdict("pass", 0),
        "a close-delimiter after the picture, other bytes, and the connection is closed",
    ),
];
