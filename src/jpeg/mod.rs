//! Pictures: the structure of JPEG (ITU-T T.81) without pixels.
//!
//! A picture in a stream raises four questions, and there is one type for each:
//!
//! | question | type | cost of a 1080p frame |
//! |---|---|---|
//! | where does it end? | [`Walk`] | 0.02 ms |
//! | what is it? | [`Summary`] | 0.03 ms |
//! | is all of it there? | [`Checker`] | 1 to 2 ms |
//! | where is the next one, if nothing else tells? | [`Splitter`] | as [`Walk`] |
//!
//! # Grammar
//!
//! What T.81 Annex B draws as boxes, in ABNF:
//!
//! ```text
//! picture      := SOI *misc frame EOI                                   B.2.1
//! frame        := SOFn-segment *misc scan [DNL-segment] *( *misc scan )
//! misc         := DQT- / DHT- / DAC- / DRI- / COM- / APPn-segment       B.2.4
//! scan         := SOS-segment ecs *( RSTn ecs )                         B.2.3
//! ecs          := *( %x00-FE / %xFF %x00 )      ; entropy-coded segment B.1.1.5
//! segment      := marker length *OCTET          ; length counts itself  B.1.1.4
//! marker       := 1*%xFF code                                           B.1.1.2
//! RSTn         := 1*%xFF %xD0-D7                ; n = 0, 1 .. 7, 0 ..
//! ```
//!
//! An `FF` in entropy-coded data is followed by a stuffed zero, so no marker can arise there by chance.
//! Inside segments anything may stand: an EXIF thumbnail is a whole picture with SOI and EOI, which is why
//! searching for EOI is no way to find an end. [`Marker`] names the codes, [`Segments`] takes a picture
//! apart, [`FrameHeader`], [`ScanHeader`] and [`QuantisationTables`] read the segments that matter here.
//!
//! # What is tolerated
//!
//! * NULs before a marker, and fill bytes `FF` before `FF 00`: decoders pass over both.
//! * Missing Huffman tables. Webcams leave them out, and so does `AVI1`: the ones of T.81 K.3 are meant. The
//!   checker uses them and says so ([`Leniencies::standard_tables`]).
//! * Last bytes filled up with zeros throughout instead of ones, a restart marker behind the last MCU, and
//!   other values than 0, 63, 0, 0 in the scan header of a sequential frame: also [`Leniencies`].
//! * A height of 0 with DNL behind the first scan is no leniency, but what T.81 B.2.5 says.
//!
//! # How damage is found
//!
//! Decoders conceal: a picture cut in half is a picture with a grey half to them. The [`Checker`] reads every
//! Huffman code of baseline, extended (8 and 12 bits) and progressive scans, and keeps no coefficient. A bit
//! that is changed, lost or inserted shifts all codes behind it; they often go on making sense, but not for
//! long, and the sum is wrong in any case:
//!
//! * bits that are no code, coefficients beyond the 64th, runs beyond the last block;
//! * coefficients larger than a picture can have, given its quantisation table;
//! * too few bits for all MCUs, or whole bytes left behind the last one;
//! * last bytes filled up with mixed bits, restart markers out of order.
//!
//! On pictures of `cjpeg`, `jpegtran` and `ffmpeg` it finds whatever libjpeg-turbo warns of, and more; all
//! cuts, all lost TCP segments, all blocks of zeros. A test with `djpeg` as oracle (`tests/jpeg_oracle`) keeps
//! it so. What no reader without the original can find is a change that leaves every code in place: one of 4
//! single flipped bits is found, nearly all of ten. Likewise two halves that meet at the same MCU.
//!
//! Arithmetic coding, lossless and hierarchical pictures are followed up to their EOI, and then
//! [`Soundness::Unchecked`] says why not more.
//!
//! # Bounds
//!
//! All is linear in the number of bytes, whatever they are; a progressive picture may cost as much as its
//! size times its scans, up to 100 of them. [`Walk`] and [`Segments`] take no memory. The checker copies one
//! entropy-coded segment, and remembers one bit for each coefficient of a progressive picture, up to a
//! limit. The splitter holds one picture, up to a limit.

mod appendix;
mod entropy;
mod frame;
mod judgement;
mod marker;
mod note;
mod quantisation;
mod scan;
mod segment;
mod split;
mod summary;
mod walk;

pub use appendix::Appendix;
pub use entropy::{Checker, Damage, DamageKind, Soundness, Unchecked};
pub use frame::{Coding, FrameComponent, FrameHeader, MAX_COMPONENTS, Process};
pub use judgement::{Depth, Grade, Judgement};
pub use marker::Marker;
pub use note::{Note, Notes};
pub use quantisation::{Quality, QuantisationTables};
pub use scan::{ScanComponent, ScanHeader};
pub use segment::{Segment, Segments};
pub use split::{Piece, Splitter};
pub use summary::Summary;
pub use walk::Walk;
