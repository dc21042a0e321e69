//! Pictures: the structure of JPEG (ITU-T T.81) without pixels.
//!
//! | question | type | cost of a 1080p frame |
//! |---|---|---|
//! | where does it end? | [`Walk`] | 0.02 ms |
//! | what is it? | [`Summary`] | 0.03 ms |
//! | is all of it there? | [`Checker`] | 1 to 5 ms |
//! | what do its first lines show? | [`TopRows`] | their share of [`Checker`] |
//! | can it be used? | [`Judgement`] | as [`Walk`], or as [`Checker`] |
//! | the same, for each part of a stream | [`MarkerJudge`] | 0.1 us if its tables are those of the last picture |
//! | where is the next one, without a delimiter? | [`Splitter`] | as [`Walk`] |
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
//! In entropy-coded data a zero follows each `FF`, so no marker arises there by chance. A segment may hold
//! anything: an EXIF thumbnail is a whole picture with SOI and EOI, so a search for EOI does not find the
//! end. [`Marker`] names the codes, [`Segments`] lists the segments of a picture, and [`FrameHeader`],
//! [`ScanHeader`] and [`QuantisationTables`] read those that matter here.
//!
//! # What is tolerated
//!
//! Each becomes a [`Note`] with its place. The decoders that were measured (libjpeg-turbo 2.1.5, FFmpeg
//! 5.1.9, GStreamer 1.22.0, VLC 3.0.24, Chromium 156, Firefox 153) show the picture unless the table says
//! otherwise.
//!
//! | note | measured exceptions |
//! |---|---|
//! | [`BytesBeforeStart`](Note::BytesBeforeStart), [`RepeatedStart`](Note::RepeatedStart) | all but FFmpeg and VLC refuse it |
//! | [`StandardTables`](Note::StandardTables): UVC webcams | the Rust `image` crate refuses it |
//! | [`ZeroPadding`](Note::ZeroPadding), [`MixedPadding`](Note::MixedPadding): LEAD encoders | none |
//! | [`ExtraPadding`](Note::ExtraPadding): UVC webcams, `FF 00` before some restart markers | libjpeg may warn |
//! | [`ExtraBytes`](Note::ExtraBytes) | libjpeg may warn |
//! | [`HiddenRestart`](Note::HiddenRestart) | FFmpeg and VLC lose the restart interval; libjpeg may warn |
//! | [`TrailingRestart`](Note::TrailingRestart), [`ScanParameters`](Note::ScanParameters) | none |
//! | [`RepeatedComponent`](Note::RepeatedComponent), [`ShortSegment`](Note::ShortSegment) | none |
//! | [`ToleratedScanOrder`](Note::ToleratedScanOrder) | none |
//! | [`ScanOrder`](Note::ScanOrder) | all but FFmpeg and VLC refuse it |
//! | [`NulBytes`](Note::NulBytes), [`JunkBytes`](Note::JunkBytes) | none |
//! | [`ReservedMarker`](Note::ReservedMarker), [`Conditioning`](Note::Conditioning) | GStreamer, Chromium and libjpeg refuse it |
//! | [`JpegLsMarker`](Note::JpegLsMarker) | all but Firefox refuse it |
//! | [`JpgMarker`](Note::JpgMarker) | all but FFmpeg and VLC refuse it |
//! | [`LateMarker`](Note::LateMarker) | GStreamer and libjpeg refuse it |
//! | [`BytesAfterStart`](Note::BytesAfterStart) | Chromium refuses it |
//! | [`NoEnd`](Note::NoEnd) | VLC refuses it in a stream of concatenated pictures; Chromium and Firefox do not show the last row of MCUs |
//! | [`TwelveBits`](Note::TwelveBits) | all but FFmpeg and VLC refuse it |
//! | [`NumberOfLines`](Note::NumberOfLines), [`TwoComponents`](Note::TwoComponents) | all refuse it |
//! | [`LongSide`](Note::LongSide) | all but FFmpeg and VLC refuse it |
//! | [`LargeArea`](Note::LargeArea) | FFmpeg and VLC refuse it |
//!
//! A picture that no measured decoder shows is refused ([`Judgement::refusal`]): a damaged one, a hierarchical one,
//! one with two or more than four components, and one whose height is in a DNL segment.
//!
//! A quantisation table may hold `FF D8 FF`: a segment is as long as it says where a marker follows it.
//!
//! # How damage is found
//!
//! Decoders conceal damage: they show half a picture with a grey half. The [`Checker`] reads every Huffman
//! code of baseline, extended (8 and 12 bits) and progressive scans, and keeps no coefficient. A bit that is
//! changed, lost or inserted shifts all codes behind it. They may stay valid for a while, but
//! one of these faults follows:
//!
//! * bits that are no code, coefficients beyond the 64th, runs beyond the last block;
//! * coefficients larger than a picture can have, given its quantisation table;
//! * too few bits for all MCUs, or more than seven bytes left behind the last one;
//! * restart markers out of order.
//!
//! On pictures of `cjpeg`, `jpegtran` and `ffmpeg` it finds everything that libjpeg-turbo warns of, and more: all
//! cuts, all lost TCP segments, all blocks of zeros. A test with `djpeg` as oracle (`tests/jpeg_oracle`)
//! guards this, and `benches/agreement.rs` compares any collection of files. A change that leaves every code in
//! place cannot be found without the original: one of 4 single flipped bits is found, nearly all of ten.
//! Likewise two halves that meet at the same MCU.
//!
//! Arithmetic coding, lossless and hierarchical pictures are followed to their EOI, and
//! [`Soundness::Unchecked`] says why not more.
//!
//! # Bounds
//!
//! Time is linear in the number of bytes; a progressive picture may cost as much as its size times its scans,
//! up to 100 of them. [`Walk`] and [`Segments`] take no memory. The checker copies one entropy-coded segment,
//! and remembers one bit for each coefficient of a progressive picture, up to a limit. The splitter holds one
//! picture, up to a limit.

mod appendix;
mod entropy;
mod entropy_coded;
mod frame;
mod judgement;
mod marker;
mod marker_judge;
mod note;
mod quantisation;
mod scan;
mod segment;
mod split;
mod start;
mod summary;
mod walk;

pub use appendix::Appendix;
pub use entropy::{
    BlockMeans, Checker, Damage, DamageKind, MeanBlock, RowMeans, ScanMeans, Soundness, TopRows, Unchecked,
};
pub use frame::{Coding, FrameComponent, FrameHeader, MAX_COMPONENTS, Process};
pub use judgement::{Depth, Grade, Judgement, Refusal};
pub use marker::Marker;
pub use marker_judge::MarkerJudge;
pub use note::{Note, Notes};
pub use quantisation::{Quality, QuantisationTables};
pub use scan::{ScanComponent, ScanHeader};
pub use segment::{Segment, Segments};
pub use split::{Piece, Splitter};
pub use summary::Summary;
pub use walk::Walk;
