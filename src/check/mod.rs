//! What is wrong with a stream, and which programs it breaks.
//!
//! A [`Judge`] takes the response head and the events of the parser. Its [`Report`] has one [`Finding`]
//! for each [`Rule`] that the stream breaks. [`Report::forecast`] adds what becomes of the stream in each
//! known program. Nothing here reads a clock: the caller passes all times.
//!
//! ```
//! use mjpeg::check::{Expectations, Judge};
//! use mjpeg::response::{Event, Expected, ReadStream};
//!
//! # let saved = &b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n\
//! #     --b\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n\xff\xd8\xff\xd9\r\n--b--\r\n"[..];
//! let mut judge = Judge::new(Expectations::default());
//! let mut stream = ReadStream::new(saved, Expected::Saved);
//! while let Some(event) = stream.next_event()? {
//!     match event {
//!         Event::Head(head) => judge.head(head),
//!         // Without a time of arrival nothing is said about timing.
//!         Event::Body(event) => judge.event(&event, None),
//!         _ => {}
//!     }
//! }
//! let report = judge.finish(None);
//! for finding in &report.findings {
//!     println!("{} {}: {}", finding.severity(), finding.rule.code, finding.message);
//! }
//! # assert!(report.findings.iter().any(|finding| finding.rule.name == "content-length-long"), "{report:?}");
//! # Ok::<(), mjpeg::response::ReadError>(())
//! ```
//!
//! An error of the reader is no finding: pass a [`ChunkError`](crate::http::ChunkError) to [`Judge::chunk_error`]. If the input has no
//! head, call [`Judge::start`] before the first event.
//!
//! # Selecting rules
//!
//! A judge applies all [`rules`]. To apply some of them, put a [`Selection`] into the [`Expectations`].
//! A [`Selector`] is a code (`M203`), a name (`content-length-short`) or the start of a code (`M`).
//! Rules that are not selected add no finding, and so do not change the worst severity. What becomes of the
//! stream in consumers does not depend on the selection: see [`Report::forecast`].
//!
//! ```
//! use mjpeg::check::{Expectations, Judge, Selection};
//! use mjpeg::http::Head;
//!
//! let mut expectations = Expectations::default();
//! expectations.rules = Selection::all().only(["H".parse()?, "M".parse()?]).without(["M206".parse()?]);
//! let mut judge = Judge::new(expectations);
//! let head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n";
//! judge.head(&Head::parse(head)?.unwrap());
//! let report = judge.finish(None);
//! assert_eq!(report.findings[0].rule.name, "boundary-missing");
//! for (consumer, effect) in report.findings[0].rule.effects {
//!     println!("{}: {effect}", consumer.name);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod carrier;
mod cause;
mod content;
mod decision;
mod decoding;
mod fingerprint;
mod judge;
mod lateness;
mod near;
mod remedies;
mod report;
mod rule;
mod rules;
mod selection;

pub use carrier::{Carrier, carrier, carriers};
pub use cause::{Gap, GapCause, GapEvidence, Path, Silence};
pub use content::{Colour, Concealment, Look, LostColour, Stillness};
pub use judge::{Expectations, Judge, RecordingFault, Snapshots};
pub use lateness::ReaderLateness;
pub use near::{nearest, nearest_word};
pub use remedies::{Remedy, remedy};
pub use report::{Finding, Forecast, Frames, Latency, Report, Strips};
pub use rule::{Rule, Severity};
pub use rules::{find, rules};
pub use selection::{Selection, Selector, UnknownRule};
