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
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use super::*;
    use crate::check::consumer::{Effect, FFMPEG_STRICT};
    use crate::check::rule::Severity;

    #[test]
    fn codes_and_names_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for rule in rules() {
            assert!(seen.insert(rule.code) && seen.insert(rule.name), "{}", rule.code);
            assert!(rule.code.len() == 4 && "HMJTCR".contains(&rule.code[..1]), "{}", rule.code);
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!rule.summary.ends_with('.') && rule.why.ends_with('.'), "{}", rule.code);
        }
        // The digit after the letter grows from group to group: H1, M2, J3, T4, C5, R6.
        assert!(rules().map(|rule| &rule.code[1..]).is_sorted());
    }

    #[test]
    fn every_rule_is_in_the_table_and_used_by_the_judge() {
        let items = [
            include_str!("carrier.rs"),
            include_str!("consumer.rs"),
            include_str!("content.rs"),
            include_str!("delimiter.rs"),
            include_str!("flow.rs"),
            include_str!("freshness.rs"),
            include_str!("http.rs"),
            include_str!("jpeg/edge.rs"),
            include_str!("jpeg/entropy.rs"),
            include_str!("jpeg/process.rs"),
            include_str!("jpeg/segment.rs"),
            include_str!("length.rs"),
            include_str!("line_end.rs"),
            include_str!("look.rs"),
            include_str!("part_body.rs"),
            include_str!("part_head.rs"),
            include_str!("recording.rs"),
            include_str!("snapshot.rs"),
            include_str!("strip.rs"),
            include_str!("timing.rs"),
        ];
        let judge = [
            include_str!("../judge/content.rs"),
            include_str!("../judge/deviation.rs"),
            include_str!("../judge/flow.rs"),
            include_str!("../judge/format.rs"),
            include_str!("../judge/freshness.rs"),
            include_str!("../judge/gaps.rs"),
            include_str!("../judge/mod.rs"),
            include_str!("../judge/part_head.rs"),
            include_str!("../judge/parts.rs"),
            include_str!("../judge/pictures.rs"),
            include_str!("../judge/recording.rs"),
            include_str!("../judge/repeats.rs"),
            include_str!("../judge/response.rs"),
            include_str!("../judge/snapshots.rs"),
            include_str!("../judge/strip.rs"),
            include_str!("../judge/timing.rs"),
            include_str!("../report.rs"),
        ]
        .concat();
        let words: BTreeSet<&str> = judge.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let mut names = BTreeSet::new();
        for item in items.iter().flat_map(|file| file.split("pub static ").skip(1)) {
            let constant = item.split(':').next().unwrap();
            assert!(words.contains(constant), "the judge does not use {constant}");
            let name = constant.to_ascii_lowercase().replace('_', "-");
            assert!(find(&name).is_some(), "{constant} is not in the table");
            names.insert(name);
        }
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn severity_follows_the_consequence() {
        for rule in rules() {
            // Few users set -strict_mime_boundary: an effect on it alone makes a warning.
            let effects = rule.effects.iter().filter(|(consumer, _)| *consumer != &FFMPEG_STRICT);
            let worst = effects.map(|&(_, effect)| effect).max();
            if worst > Some(Effect::Late) {
                assert_eq!(rule.severity, Severity::Error, "{} {}", rule.code, rule.name);
            }
            if worst == Some(Effect::Late) {
                assert!(rule.severity >= Severity::Warning, "{} {}", rule.code, rule.name);
            }
        }
    }

    #[test]
    fn effects_name_each_broken_consumer_once() {
        for rule in rules() {
            let names: Vec<&str> = rule.effects.iter().map(|(consumer, _)| consumer.name).collect();
            assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "{}", rule.code);
            assert!(rule.effects.iter().all(|&(_, effect)| effect > Effect::Plays), "{}", rule.code);
        }
    }

    #[test]
    fn rules_are_found_by_code_and_by_name() {
        assert_eq!(find("m203").unwrap().name, "content-length-short");
        assert_eq!(find("preamble").unwrap().code, "M201");
        assert!(find("M999").is_none());
    }
}
