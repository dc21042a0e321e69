//! Which rule decides the fate of a stream in a consumer.

use super::rule::Rule;
use super::rules::flow::BURSTS;
use super::rules::snapshot::SNAPSHOT;
use super::rules::{delimiter::*, http::*, jpeg::*, length::*, line_end::*, part_body::*, part_head::*};
use crate::consumers::{Cause, Consumer, Fate, Prediction};

/// The rule that explains `prediction`, among the `broken` ones: the first that can be its cause; else one
/// whose break does this to the consumer, or does anything to it.
pub fn deciding(
    broken: &[&'static Rule],
    consumer: &Consumer,
    prediction: &Prediction,
) -> Option<&'static Rule> {
    if prediction.fate <= Fate::Unknown {
        return None;
    }
    let cause = prediction.cause?;
    if cause == Cause::NextPart && prediction.fate == Fate::Late && !consumer.trusts_lengths() {
        // It shows every frame with the next one, whatever the sender does.
        return None;
    }
    let listed = |fate: Fate| broken.iter().copied().find(|rule| rule.effect_on(consumer) >= fate);
    let likely = rules_of(cause).iter().copied().find(|rule| broken.contains(rule));
    likely.or_else(|| listed(prediction.fate)).or_else(|| listed(Fate::Late))
}

/// The rules that can make a consumer run into `cause`, the most likely first.
fn rules_of(cause: Cause) -> &'static [&'static Rule] {
    match cause {
        Cause::HeadStart => const { &[&RESPONSE_HEAD_MISSING, &EMPTY_LINE_BEFORE_STATUS] },
        Cause::HeadLength => const { &[&BODY_LENGTH_INVALID] },
        Cause::ContentCoding => const { &[&CONTENT_CODING_MISSING] },
        Cause::StatusLine => const { &[&STATUS_LINE] },
        Cause::HeadBareLf => const { &[&HEAD_BARE_LF] },
        Cause::ChunkedHttp10 => const { &[&CHUNKED_UNDER_HTTP10] },
        Cause::ChunksMissing => const { &[&CHUNK_FRAMING] },
        Cause::HeadField => const { &[&HEAD_FIELD] },
        Cause::ContentType => {
            const { &[&CONTENT_TYPE_MISSING, &CONTENT_TYPE_NOT_MIXED_REPLACE, &BOUNDARY_SEPARATOR, &SNAPSHOT] }
        }
        Cause::BoundaryParameter => {
            const {
                &[
                    &BOUNDARY_MISSING,
                    &BOUNDARY_NAME_CASE,
                    &BOUNDARY_BLANK_AT_EQUALS,
                    &BOUNDARY_NOT_FIRST,
                    &BOUNDARY_SEPARATOR,
                    &BOUNDARY_QUOTED,
                    &BOUNDARY_NOT_LAST,
                    &DELIMITER_MISMATCH,
                    &DELIMITER_DASHES,
                ]
            }
        }
        Cause::BoundaryLength => const { &[&BOUNDARY_TOO_LONG] },
        Cause::BodyLength => const { &[&BODY_LENGTH_ZERO, &BODY_LENGTH_SHORT, &BODY_LENGTH] },
        Cause::BodyStart => {
            const { &[&NO_MULTIPART, &FIRST_DELIMITER_MISSING, &PREAMBLE, &PREAMBLE_BLANK, &SNAPSHOT] }
        }
        Cause::Delimiter => {
            const {
                &[
                    &NO_MULTIPART,
                    &PREAMBLE,
                    &PREAMBLE_BLANK,
                    &FIRST_DELIMITER_MISSING,
                    &CONTENT_LENGTH_SHORT,
                    &CONTENT_LENGTH_LONG,
                    &BYTES_AFTER_BODY,
                    &DELIMITER_MISMATCH,
                    &DELIMITER_DASHES,
                    &DELIMITER_WITHOUT_DASHES,
                    &DELIMITER_CHANGED,
                    &DELIMITER_PADDED,
                    &DELIMITER_GLUED,
                    &DELIMITER_LOST,
                    &BOUNDARY_QUOTED,
                    &BOUNDARY_NOT_LAST,
                    &HEAD_UNTERMINATED,
                    &BLANK_LINE_AFTER_HEAD,
                    &BLANK_LINES,
                    &BARE_LF,
                    &BARE_LF_WITHOUT_LENGTH,
                    &LINE_END_MISSING,
                    &LINE_END_MISSING_WITHOUT_LENGTH,
                    &SNAPSHOT,
                ]
            }
        }
        Cause::DelimiterTail => {
            const { &[&DELIMITER_PADDED, &DELIMITER_GLUED, &CLOSE_DELIMITER_FOLLOWED, &BOUNDARY_IN_PICTURE] }
        }
        Cause::CloseDelimiter => const { &[&CLOSE_DELIMITER_FOLLOWED] },
        Cause::BareLf => const { &[&BARE_LF, &BARE_LF_WITHOUT_LENGTH] },
        Cause::LineLength => const { &[&HEAD_TOO_LONG, &PREAMBLE, &NO_MULTIPART] },
        Cause::FieldColon | Cause::FieldFolded => {
            const { &[&FIELD_MALFORMED, &HEAD_UNTERMINATED, &DELIMITER_DOUBLED] }
        }
        Cause::FieldBlank => const { &[&FIELD_BLANK_BEFORE_COLON] },
        Cause::FieldCount => const { &[&TOO_MANY_FIELDS] },
        Cause::PartType => {
            const {
                &[
                    &PART_TYPE_MISSING,
                    &PART_TYPE_PARAMETER,
                    &PART_TYPE_NOT_JPEG,
                    &FIELD_WITHOUT_BLANK,
                    &PART_NOT_PICTURE,
                    &HEAD_MISSING,
                    &BLANK_LINE_BEFORE_HEAD,
                    &DELIMITER_DOUBLED,
                ]
            }
        }
        Cause::LengthMissing => {
            const { &[&CONTENT_LENGTH_MISSING, &LENGTH_FIELD_UNKNOWN, &FIELD_BLANK_BEFORE_COLON] }
        }
        Cause::LengthInvalid => const { &[&CONTENT_LENGTH_INVALID] },
        Cause::LengthRepeated => const { &[&CONTENT_LENGTH_REPEATED] },
        Cause::LengthWrong => {
            const {
                &[
                    &CONTENT_LENGTH_LONG,
                    &CONTENT_LENGTH_SHORT,
                    &CONTENT_LENGTH_COUNTS_LINE_END,
                    &CONTENT_LENGTH_INVALID,
                    &BYTES_AFTER_BODY,
                    &LINE_END_MISSING,
                    &BARE_LF,
                ]
            }
        }
        Cause::Picture => {
            const {
                &[
                    &PART_EMPTY,
                    &PART_NOT_PICTURE,
                    &NO_SOI,
                    &BYTES_BEFORE_SOI,
                    &BLANK_LINE_AFTER_HEAD,
                    &BLANK_LINE_BEFORE_HEAD,
                    &PREAMBLE_BLANK,
                    &BOUNDARY_IN_PICTURE,
                    &TRUNCATED,
                    &BROKEN,
                ]
            }
        }
        Cause::Truncated => const { &[&TRUNCATED, &NO_EOI, &SCAN_DAMAGED] },
        Cause::Markers => {
            const {
                &[
                    &CONTENT_LENGTH_SHORT,
                    &BOUNDARY_IN_PICTURE,
                    &NO_EOI,
                    &TRUNCATED,
                    &BYTES_BEFORE_SOI,
                    &REPEATED_SOI,
                    &BYTES_AFTER_EOI,
                ]
            }
        }
        Cause::NextPart => {
            const {
                &[
                    &CONTENT_LENGTH_MISSING,
                    &CONTENT_LENGTH_INVALID,
                    &LENGTH_FIELD_UNKNOWN,
                    &CONTENT_LENGTH_COUNTS_LINE_END,
                    &CONTENT_LENGTH_LONG,
                    &LINE_END_MISSING,
                    &BARE_LF,
                ]
            }
        }
        Cause::Burst => const { &[&BURSTS] },
        Cause::Cut => const { &[&CUT, &NO_EOI, &TRUNCATED] },
        Cause::Buffering => const { &[] },
    }
}
