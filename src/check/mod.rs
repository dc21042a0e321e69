//! What is wrong with a stream, and which programs it breaks.
//!
//! A [`Judge`] takes the response head and the events of the parser. Its [`Report`] has one [`Finding`]
//! for each [`Rule`] that the stream breaks. [`Report::forecast`] adds what becomes of the stream in each
//! known program. Nothing here reads a clock: the caller passes all times.
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
mod consumer;
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
pub use cause::{Cause, Evidence, Gap, Path, Silence};
pub use consumer::{Consumer, Effect};
pub use content::{Colour, Concealment, Look, LostColour, Stillness};
pub use judge::{Expectations, Judge, RecordingFault, Snapshots};
pub use lateness::Lateness;
pub use near::{nearest, nearest_word};
pub use remedies::{Remedy, remedy};
pub use report::{Finding, Forecast, Frames, Latency, Report, Strips};
pub use rule::{Rule, Severity};
pub use rules::{find, rules};
pub use selection::{Selection, Selector, UnknownRule};
