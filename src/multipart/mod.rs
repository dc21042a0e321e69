//! Multipart bodies: `multipart/x-mixed-replace` as RFC 2046 5.1 defines multipart, read tolerantly.
//!
//! # The grammar
//!
//! ```text
//! multipart-body    := [ preamble CRLF ]
//!                      dash-boundary transport-padding CRLF body-part
//!                      *( delimiter transport-padding CRLF body-part )
//!                      close-delimiter transport-padding
//!                      [ CRLF epilogue ]                                   RFC 2046 5.1.1
//! dash-boundary     := "--" boundary
//! delimiter         := CRLF dash-boundary
//! close-delimiter   := delimiter "--"
//! transport-padding := *LWSP-char
//! body-part         := *( field-line CRLF ) [ CRLF *OCTET ]
//! ```
//!
//! The CRLF before a dash-boundary belongs to the delimiter, not to the body. In a stream the
//! close-delimiter never comes unless the sender ends it.
//!
//! # What is tolerated, and for which senders
//!
//! Each becomes an event with the [`DeviationKind`] named here. No frame is lost.
//!
//! | what is sent | by | reported as |
//! |---|---|---|
//! | `boundary=--b` and `--b` lines | Axis, Panasonic, Sony, DroidCam, Home Assistant | [`DashesNotAdded`](DeviationKind::DashesNotAdded) |
//! | lines that have nothing to do with the parameter | quotes counted in, `boundary='b'` | [`BoundaryMismatch`](DeviationKind::BoundaryMismatch) |
//! | no boundary parameter, another media type | proxies | nothing: the lines show it |
//! | the first part without a delimiter | ESP32 before 2020, Tasmota | [`FirstDelimiterMissing`](DeviationKind::FirstDelimiterMissing) |
//! | another boundary in the middle | proxies that reconnect | [`DelimiterChanged`](DeviationKind::DelimiterChanged) |
//! | the delimiter line twice | Foscam G2 | [`DelimiterDoubled`](DeviationKind::DelimiterDoubled) |
//! | no line end behind the delimiter | viseron | [`DelimiterGlued`](DeviationKind::DelimiterGlued) |
//! | blanks behind the delimiter | legal; Firefox refuses them | [`Padding`](DeviationKind::Padding) |
//! | no line end before the delimiter | Rovio, DroidCam, Darknet | [`LineEndMissing`](DeviationKind::LineEndMissing) |
//! | empty lines before it | Frigate, iSpy, keep-alives of cscore | [`BlankLines`](DeviationKind::BlankLines) |
//! | LF for CRLF | Perl scripts of the NCSA kind | [`BareLf`](DeviationKind::BareLf) |
//! | no delimiter at all between two parts | a relay that lost it | [`DelimiterLost`](DeviationKind::DelimiterLost) |
//! | every delimiter a close-delimiter | seen by browsers' test suites | [`CloseDelimiterFollowed`](DeviationKind::CloseDelimiterFollowed) |
//! | status lines, folded lines, lines without a colon, blanks before it | several | [`Field`](DeviationKind::Field) |
//! | no empty line before the picture, or too many | hand-written servers | [`HeadUnterminated`](DeviationKind::HeadUnterminated), [`BlankLineAfterHead`](DeviationKind::BlankLineAfterHead) |
//! | a length that is short, long, or counts the line end | VLC, hand-written servers | [`LengthShort`](DeviationKind::LengthShort), [`LengthLong`](DeviationKind::LengthLong), [`LengthCountsLineEnd`](DeviationKind::LengthCountsLineEnd) |
//! | a length that is no number | unfilled templates | [`LengthInvalid`](DeviationKind::LengthInvalid) |
//! | the rest of an older buffer behind the body | saljam/mjpeg, gocv | [`BytesAfterBody`](DeviationKind::BytesAfterBody) |
//! | pictures without multipart: bare, in `MJPG` blocks, behind 50-byte records | JVC, Sercomm, webcamXP | [`NoMultipart`](DeviationKind::NoMultipart) |
//!
//! # Where a body ends
//!
//! At the first byte where one of these holds:
//!
//! * Content-Length bytes are there and the picture ends exactly there;
//! * a delimiter, or the head of another part or response, is where Content-Length says;
//! * a delimiter is elsewhere, and the picture is complete before it, or the body is no picture, or
//!   the picture cannot go on;
//! * the input ends.
//!
//! So a length is a hint that the picture itself or a delimiter must confirm. A wrong length costs no frame,
//! nothing waits for a length of 2^63, boundary text inside a picture is data, and a picture is returned the
//! moment its last byte is in. [`Part::framing`] says what ended the body, [`Part::extent`] what the picture
//! itself says. This module knows no JPEG: a [`BodyWalk`] finds where a picture ends.
//!
//! Bytes behind the end of the picture belong to the body where Content-Length or a delimiter says so:
//!
//! * A length beyond the picture's end is waited for up to [`Limits::body_bytes`]: motion photos carry
//!   megabytes of video. Without a delimiter there, the picture's end counts.
//! * Without a length, the next part right behind a picture means that the delimiter between them was lost,
//!   unless the picture announces more ([`BodyWalk::announces_more`]): then everything up to the delimiter
//!   belongs to the body.
//! * Line ends alone between a picture and its delimiter do not belong to the body. They may be the last bytes
//!   of a file or empty lines of the sender; more than one are reported as
//!   [`BlankLines`](DeviationKind::BlankLines).
//! * In a stream without delimiters a picture ends at its EOI. Bytes up to the next picture, and behind
//!   the last one, are reported as [`BytesBetween`](DeviationKind::BytesBetween); line ends alone are not reported.
//!
//! # Bounds
//!
//! [`Limits`] bound heads, bodies and searches. What exceeds them is reported and skipped; reading
//! continues after it. A decision that a limit causes depends on the bytes alone, not on how many of them
//! came at once.

mod answer;
mod body;
mod body_end;
mod boundary;
pub(crate) mod buffer;
mod collector;
mod delimiter_line;
mod deviation;
mod error;
mod event;
mod extent;
mod head;
mod lengths;
mod limits;
mod line_end;
mod parser;
mod part_field;
mod response_head;
mod scan;
mod serializer;
mod start;
mod timestamp;
mod unannounced;

pub use boundary::{Boundary, InvalidBoundary};
pub use collector::{Collected, Collector};
pub use deviation::{Deviation, DeviationKind};
pub use error::Error;
pub use event::{Event, Framing, Part, Span, Spans};
pub use extent::{BodyWalk, Extent};
pub use limits::Limits;
pub use parser::Parser;
pub use serializer::{PartHead, Serializer};
pub use timestamp::Timestamp;
