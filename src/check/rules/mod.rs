//! The table of rules. `--list-rules`, `--explain`, `docs/rules.md` and the verdicts read it.

pub mod carrier;
pub mod consumer;
pub mod content;
pub mod delimiter;
pub mod flow;
pub mod freshness;
pub mod http;
pub mod jpeg;
pub mod length;
pub mod line_end;
pub mod look;
pub mod part_body;
pub mod part_head;
pub mod recording;
pub mod snapshot;
pub mod strip;
pub mod timing;

use super::rule::Rule;

/// All rules, by groups, each in the order of their codes.
static RULES: &[&Rule] = &[
    &http::CONTENT_TYPE_MISSING,
    &http::CONTENT_TYPE_NOT_MIXED_REPLACE,
    &http::BOUNDARY_MISSING,
    &http::BOUNDARY_NAME_CASE,
    &http::BOUNDARY_BLANK_AT_EQUALS,
    &http::BOUNDARY_NOT_FIRST,
    &http::BOUNDARY_NOT_LAST,
    &http::BOUNDARY_SEPARATOR,
    &http::BOUNDARY_QUOTED,
    &http::BOUNDARY_TOO_LONG,
    &http::BODY_LENGTH_ZERO,
    &http::BODY_LENGTH,
    &http::CHUNKED_UNDER_HTTP10,
    &http::CHUNK_FRAMING,
    &http::STATUS_LINE,
    &http::HEAD_BARE_LF,
    &http::HEAD_FIELD,
    &http::CONTENT_CODING_MISSING,
    &http::BODY_LENGTH_INVALID,
    &http::BODY_LENGTH_SHORT,
    &http::RESPONSE_HEAD_MISSING,
    &http::EMPTY_LINE_BEFORE_STATUS,
    &carrier::CROSS_ORIGIN_REFUSED,
    &carrier::FETCH_IN_WEBKIT,
    &snapshot::SNAPSHOT,
    &snapshot::SNAPSHOT_LENGTH,
    &snapshot::SNAPSHOT_CACHEABLE,
    &snapshot::SNAPSHOT_REFUSED,
    &snapshot::NOT_A_SNAPSHOT,
    &delimiter::PREAMBLE,
    &delimiter::FIRST_DELIMITER_MISSING,
    &length::CONTENT_LENGTH_SHORT,
    &length::CONTENT_LENGTH_LONG,
    &length::CONTENT_LENGTH_COUNTS_LINE_END,
    &length::CONTENT_LENGTH_MISSING,
    &length::CONTENT_LENGTH_INVALID,
    &length::CONTENT_LENGTH_REPEATED,
    &line_end::BARE_LF,
    &line_end::BARE_LF_WITHOUT_LENGTH,
    &line_end::LINE_END_MISSING,
    &line_end::LINE_END_MISSING_WITHOUT_LENGTH,
    &delimiter::DELIMITER_MISMATCH,
    &delimiter::DELIMITER_DASHES,
    &delimiter::DELIMITER_WITHOUT_DASHES,
    &delimiter::DELIMITER_CHANGED,
    &delimiter::DELIMITER_PADDED,
    &delimiter::DELIMITER_GLUED,
    &delimiter::DELIMITER_DOUBLED,
    &delimiter::CLOSE_DELIMITER_FOLLOWED,
    &delimiter::BLANK_LINES,
    &part_body::BYTES_AFTER_BODY,
    &part_head::PART_TYPE_MISSING,
    &part_head::PART_TYPE_NOT_JPEG,
    &part_head::PART_TYPE_PARAMETER,
    &part_body::PART_NOT_PICTURE,
    &part_body::PART_EMPTY,
    &part_head::HEAD_MISSING,
    &part_head::HEAD_UNTERMINATED,
    &part_head::BLANK_LINE_BEFORE_HEAD,
    &part_head::BLANK_LINE_AFTER_HEAD,
    &part_head::FIELD_MALFORMED,
    &part_head::FIELD_WITHOUT_BLANK,
    &part_head::HEAD_TOO_LONG,
    &part_head::TOO_MANY_FIELDS,
    &part_body::BODY_TOO_LARGE,
    &delimiter::NO_MULTIPART,
    &delimiter::BYTES_BETWEEN,
    &part_body::BOUNDARY_IN_PICTURE,
    &part_body::CUT,
    &delimiter::PREAMBLE_BLANK,
    &part_head::FIELD_BLANK_BEFORE_COLON,
    &length::LENGTH_FIELD_UNKNOWN,
    &delimiter::DELIMITER_LOST,
    &jpeg::NO_SOI,
    &jpeg::TRUNCATED,
    &jpeg::NO_EOI,
    &jpeg::BYTES_AFTER_EOI,
    &jpeg::BROKEN,
    &jpeg::SCAN_DAMAGED,
    &jpeg::STANDARD_TABLES,
    &jpeg::NO_FRAME,
    &jpeg::ARITHMETIC,
    &jpeg::LOSSLESS,
    &jpeg::HIERARCHICAL,
    &jpeg::TWELVE_BITS,
    &jpeg::NUMBER_OF_LINES,
    &jpeg::TOO_MANY_COMPONENTS,
    &jpeg::SCAN_NOT_READ,
    &jpeg::SCAN_ORDER,
    &jpeg::SCAN_PARAMETERS,
    &jpeg::NUL_BYTES,
    &jpeg::JUNK_BYTES,
    &jpeg::SHORT_SEGMENT,
    &jpeg::ANNOUNCED_AFTER_EOI,
    &jpeg::BYTES_BEFORE_SOI,
    &jpeg::REPEATED_SOI,
    &jpeg::EXTRA_PADDING,
    &jpeg::EXTRA_BYTES,
    &jpeg::HIDDEN_RESTART,
    &jpeg::TWO_COMPONENTS,
    &jpeg::SIDE_TOO_LONG,
    &jpeg::AREA_TOO_LARGE,
    &carrier::RTP_JPEG_UNFIT,
    &jpeg::RESERVED_MARKER,
    &jpeg::JPEG_LS_MARKER,
    &jpeg::JPG_MARKER,
    &jpeg::LATE_MARKER,
    &jpeg::CONDITIONING,
    &jpeg::BYTES_AFTER_SOI,
    &timing::STALL,
    &timing::GAP_ABOVE_LIMIT,
    &timing::FPS_BELOW_LIMIT,
    &timing::ENDED_EARLY,
    &flow::HELD_TAIL,
    &flow::FILLED_CHUNKS,
    &flow::BURSTS,
    &flow::DRIP,
    &flow::JITTER,
    &timing::READER_LATE,
    &content::SIZE_MISMATCH,
    &content::SIZE_CHANGE,
    &content::FROZEN,
    &content::TOO_SHORT_TO_JUDGE,
    &freshness::LAG_GROWS,
    &freshness::LAG,
    &freshness::CAPTURE_TIME_BACK,
    &freshness::NOT_CAPTURE_TIME,
    &look::BLACK,
    &look::FLAT,
    &look::OVER_EXPOSED,
    &look::NEARLY_FROZEN,
    &look::CONCEALED,
    &content::SAMPLING_CHANGE,
    &content::QUALITY_CHANGE,
    &snapshot::SNAPSHOT_STALE,
    &strip::FRAMES_LOST,
    &strip::FRAMES_DOUBLED,
    &strip::FRAMES_REORDERED,
    &consumer::CONSUMER_FAILS,
    &recording::RECORDING_LINE,
    &recording::RECORDING_FILE_MISSING,
    &recording::RECORDING_FILE_SIZE,
    &recording::RECORDING_FILE_HASH,
    &recording::RECORDING_FRAME_MISSING,
    &recording::RECORDING_LINE_CUT,
    &recording::RECORDING_FRAME_UNLISTED,
];

/// All rules, by groups, each in the order of their codes.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// The rule with this code or name; case does not matter.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    rules().find(|rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    })
}

#[cfg(test)]
mod tests;
