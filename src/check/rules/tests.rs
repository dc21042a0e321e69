//! What holds for all rules.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::check::rule::Severity;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, Fate, GO2RTC, GSTREAMER, MPV, OPENCV, VLC};

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
        include_str!("jpeg/marker.rs"),
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
        include_str!("../judge/body_length.rs"),
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
        if worst > Some(Fate::Late) {
            assert_eq!(rule.severity, Severity::Error, "{} {}", rule.code, rule.name);
        }
        if worst == Some(Fate::Late) {
            assert!(rule.severity >= Severity::Warning, "{} {}", rule.code, rule.name);
        }
    }
}

#[test]
fn effects_name_each_broken_consumer_once() {
    for rule in rules() {
        let names: Vec<&str> = rule.effects.iter().map(|(consumer, _)| consumer.name).collect();
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "{}", rule.code);
        assert!(rule.effects.iter().all(|&(_, effect)| effect > Fate::Plays), "{}", rule.code);
    }
}

/// Programs that a reason names although the rule does not break them, by their names in texts.
const SAID_TO_PLAY: &[(&str, &[&str])] = &[
    ("H101", &["FFmpeg", "VLC", "GStreamer"]),
    // It refuses the response. The rule is a warning all the same, and says so.
    ("H117", &["VLC"]),
    ("H118", &["VLC", "GStreamer"]),
    ("H122", &["GStreamer"]),
    ("M202", &["Chromium"]),
    // As H117: all players play.
    ("M206", &["go2rtc"]),
    ("M213", &["FFmpeg", "GStreamer"]),
    ("M215", &["Firefox"]),
    ("M218", &["Chromium"]),
    ("M219", &["go2rtc"]),
    ("M237", &["FFmpeg"]),
    // All but the last row of MCUs.
    ("J303", &["Chromium", "Firefox"]),
    ("J309", &["GStreamer", "Chromium"]),
    ("J310", &["FFmpeg", "VLC"]),
    ("J312", &["FFmpeg", "VLC"]),
    ("J316", &["FFmpeg", "VLC"]),
    ("J322", &["FFmpeg", "VLC", "OpenCV", "mpv"]),
    ("J323", &["FFmpeg", "VLC", "OpenCV", "mpv"]),
    ("J324", &["FFmpeg", "GStreamer", "Chromium"]),
    ("J325", &["FFmpeg", "GStreamer", "Chromium"]),
    ("J326", &["GStreamer", "Chromium"]),
    ("J331", &["FFmpeg", "VLC", "OpenCV", "mpv", "Firefox"]),
    ("J332", &["Firefox"]),
    ("J333", &["FFmpeg", "VLC", "OpenCV", "mpv"]),
    ("J334", &["FFmpeg", "VLC", "OpenCV", "mpv", "Chromium", "Firefox"]),
    ("J335", &["FFmpeg", "VLC", "OpenCV", "mpv", "Firefox"]),
    ("J336", &["FFmpeg", "VLC", "OpenCV", "mpv", "GStreamer", "Firefox"]),
    // Their filters have the same limits.
    ("C509", &["FFmpeg"]),
    ("C512", &["FFmpeg"]),
];

#[test]
fn whom_a_reason_names_the_rule_breaks_or_is_said_to_play() {
    let programs = [
        ("FFmpeg with -strict_mime_boundary", &FFMPEG_STRICT),
        ("FFmpeg", &FFMPEG),
        ("VLC", &VLC),
        ("GStreamer", &GSTREAMER),
        ("OpenCV", &OPENCV),
        ("mpv", &MPV),
        ("Chromium", &CHROMIUM),
        ("Firefox", &FIREFOX),
        ("go2rtc", &GO2RTC),
    ];
    for rule in rules() {
        let plays = SAID_TO_PLAY.iter().find(|(code, _)| *code == rule.code);
        let plays = plays.map_or(&[][..], |(_, names)| names);
        let mut why = rule.why.to_string();
        for (name, consumer) in programs {
            let is_named = why.contains(name);
            let is_broken = rule.effects.iter().any(|(broken, _)| *broken == consumer);
            let is_right = if plays.contains(&name) { is_named } else { !is_named };
            assert!(is_broken || is_right, "{} and {name}: {}", rule.code, rule.why);
            assert!(!(is_broken && plays.contains(&name)), "{} breaks {name}", rule.code);
            why = why.replace(name, "");
        }
    }
}

#[test]
fn rules_are_found_by_code_and_by_name() {
    assert_eq!(find("m203").unwrap().name, "content-length-short");
    assert_eq!(find("preamble").unwrap().code, "M201");
    assert!(find("M999").is_none());
}
