//! Two faults at a time: `mjpeg check` names both, or the one that hides the other, and never a third.

use std::sync::Mutex;

use crate::faults::{Checked, Fault, checked, each, faults, findings};

/// Pairs of faults for a seed. No pair is of one fault.
fn pairs(faults: &[Fault], count: usize, mut seed: u64) -> Vec<(Fault, Fault)> {
    let mut below = |limit: usize| {
        // Xorshift (Marsaglia, 2003).
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % limit as u64) as usize
    };
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let (one, other) = (below(faults.len()), below(faults.len()));
        if one != other {
            pairs.push((faults[one].clone(), faults[other].clone()));
        }
    }
    pairs
}

/// Names of faults, or codes of rules.
type Names = &'static [&'static str];

/// Pairs that have a rule of their own, which is that of neither alone and names both: the names of the faults, the codes of that
/// rule, and why.
pub const JOINED: &[(Names, Names, Names, &str)] = &[
    (
        &["lines-lf", "lines-mixed"],
        &["content-length-missing", "content-length-renamed"],
        &["M210"],
        "lines end in LF and there is no Content-Length: one rule, as by `lines-lf-without-length`",
    ),
    (
        &["line-end-missing"],
        &["content-length-missing", "content-length-renamed"],
        &["M212"],
        "no line end before the delimiter and no Content-Length: one rule, as by `line-end-missing-without-length`",
    ),
    (
        &["lines-lf-without-length"],
        &["line-end-missing"],
        &["M212"],
        "the same bytes as by `lines-lf` and `line-end-missing-without-length`",
    ),
];

/// Pairs that cancel out, so that neither can be seen, and why.
pub const UNDONE: &[(&str, &str, &str)] = &[
    ("content-length-short", "content-length-long", "one takes away as many bytes as the other adds"),
    ("delimiter-glued", "blank-line-before-head", "one removes the line end that the other adds"),
    ("part-head-unterminated", "blank-line-after-head", "one removes the empty line that the other adds"),
];

/// How often a pair is tried again, alone, if times decide: a busy machine breaks these rules too, or hides a fault of time, and the
/// other pairs that run at the same time keep it busy.
const TRIES: usize = 4;

/// Judges all pairs, several at a time, and those of which times decide again, one at a time.
fn wrong(pairs: &[(Fault, Fault)]) -> Vec<String> {
    let again = Mutex::new(Vec::new());
    let mut wrong = each(pairs, |pair| match named(pair) {
        Err(wrong) if wrong.is_of_time(pair) => {
            again.lock().unwrap().push(pair.clone());
            Ok(())
        }
        result => result.map_err(Wrong::into_text),
    });
    for pair in again.into_inner().unwrap() {
        let mut results = (0..TRIES).map(|_| named(&pair));
        let decided =
            results.find(|result| result.as_ref().err().is_none_or(|wrong| !wrong.is_of_time(&pair)));
        let result = decided.unwrap_or_else(|| named(&pair));
        wrong.extend(result.map_err(Wrong::into_text).err());
    }
    wrong
}

/// Whether late bytes can break this rule.
fn is_of_time(code: &str) -> bool {
    code.starts_with('T') || matches!(code, "C505" | "C506" | "C512")
}

enum Wrong {
    /// The code of a third finding, and what it is about.
    Third(String, String),
    Neither(String),
}

impl Wrong {
    /// Whether late bytes can be the reason.
    fn is_of_time(&self, pair: &(Fault, Fault)) -> bool {
        let mut rules = [&pair.0, &pair.1].into_iter().filter_map(|fault| fault.rule.as_ref());
        match self {
            Self::Third(code, _) => is_of_time(code),
            Self::Neither(_) => rules.any(|(code, _)| is_of_time(code)),
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::Third(code, about) => format!("a third finding {code}: {about}"),
            Self::Neither(about) => format!("neither is named: {about}"),
        }
    }
}

fn named(pair: &(Fault, Fault)) -> Result<(), Wrong> {
    let both = [&pair.0, &pair.1];
    let Checked { verdict, exit, .. } = checked(&both.map(|fault| &*fault.example), &[]);
    let about = || format!("{} and {}: {verdict}", pair.0.example, pair.1.example);
    let codes = both.map(|fault| fault.rule.as_ref().map(|(code, _)| code.as_str()));
    let is = |which: usize, name: &str| both[which].name == name;
    let is_any = |which: usize, names: &[&str]| names.iter().any(|name| is(which, name));
    let joined = |code: &str| {
        JOINED.iter().any(|&(one, other, together, _)| {
            together.contains(&code)
                && (is_any(0, one) && is_any(1, other) || is_any(0, other) && is_any(1, one))
        })
    };
    let found = findings(&verdict);
    for (code, severity, _) in &found {
        if severity != "info" && !codes.contains(&Some(code.as_str())) && !joined(code) {
            return Err(Wrong::Third(code.clone(), about()));
        }
    }
    let verdicts = both.iter().filter_map(|fault| fault.verdict.as_ref());
    let ended = verdicts
        .clone()
        .any(|(expected, code)| verdict["verdict"] == expected.as_str() && exit == Some(*code));
    let is_undone =
        UNDONE.iter().any(|&(one, other, _)| is(0, one) && is(1, other) || is(0, other) && is(1, one));
    let is_named = |code: &str| codes.contains(&Some(code)) || joined(code);
    if !ended && !is_undone && !found.iter().any(|(code, ..)| is_named(code)) {
        return Err(Wrong::Neither(about()));
    }
    Ok(())
}

/// `MJPEG_PAIRS` is the number of pairs, and `MJPEG_SEED` selects others.
#[test]
fn of_two_faults_one_is_named_and_never_a_third() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (count, seed) = (number("MJPEG_PAIRS").unwrap_or(100), number("MJPEG_SEED").unwrap_or(15));
    let wrong = wrong(&pairs(&faults(), count as usize, seed));
    assert!(wrong.is_empty(), "{} of {count} pairs:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Judges pairs of faults with these names.
fn wrong_of(names: &[(&str, &str)]) -> Vec<String> {
    let faults = faults();
    let fault = |name: &str| faults.iter().find(|fault| fault.name == name).unwrap().clone();
    let pairs: Vec<_> = names.iter().map(|(one, other)| (fault(one), fault(other))).collect();
    wrong(&pairs)
}

/// Pairs of which one undid the other, or which broke `check`.
#[test]
fn faults_of_the_response_and_of_its_end_go_together() {
    let wrong = wrong_of(&[
        ("response-length-short", "cut"),
        ("response-length-short", "reset"),
        ("boundary-quoted", "boundary-not-last"),
        ("boundary-not-last", "boundary-quoted"),
        ("boundary-quoted", "boundary-too-long"),
        ("boundary-blanks", "boundary-too-long"),
        ("boundary-too-long", "epilogue"),
        ("boundary-too-long", "response-head-again"),
        ("chunks-under-http10", "preamble-blank"),
        ("cut", "epilogue"),
        ("reset", "epilogue"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The finding was a third one in each of these pairs: a consequence of the first fault by a name of its own, or another name of
/// the second one.
#[test]
fn what_both_faults_make_has_the_name_of_one_of_them() {
    let wrong = wrong_of(&[
        ("response-length", "chunks-missing"),
        ("response-length-zero", "chunks-under-http10"),
        ("response-length-short", "chunks-missing"),
        ("first-delimiter-missing", "blank-line-after-head"),
        ("first-delimiter-missing", "part-head-missing"),
        ("first-delimiter-missing", "field-without-colon"),
        ("no-multipart", "marker-inside"),
        ("no-multipart", "junk-bytes"),
        ("delimiter-missing", "content-length-long"),
        ("delimiter-missing", "field-status-line"),
        ("delimiter-empty-line", "part-head-too-long"),
        ("delimiter-changed", "close-delimiter-followed"),
        ("part-head-unterminated", "lines-lf"),
        ("part-head-unterminated", "lines-mixed"),
        ("part-head-unterminated", "lines-lf-without-length"),
        ("delimiter-changed", "delimiter-without-dashes"),
        ("delimiter-without-dashes", "epilogue"),
        ("delimiter-without-dashes", "delimiter-doubled"),
        ("boundary-missing", "delimiter-without-dashes"),
        ("boundary-with-dashes", "delimiter-without-dashes"),
        ("response-head-missing", "delimiter-glued"),
        ("delimiter-glued", "field-without-colon"),
        ("bytes-after-body", "no-eoi"),
        ("bytes-after-body", "content-length-long"),
        ("response-head-again", "line-end-missing"),
        ("blank-line-after-head", "bytes-before-soi"),
        ("blank-line-before-head", "field-folded"),
        ("part-head-missing", "no-soi"),
        ("part-head-missing", "lines-lf-without-length"),
        ("part-head-unterminated", "bytes-before-soi"),
        ("line-end-missing", "content-length-counts-line-end"),
        ("line-end-missing-without-length", "lines-lf-without-length"),
        ("lines-lf-without-length", "part-text"),
        ("content-length-renamed", "content-length-text"),
        ("no-eoi", "bits-flipped"),
        ("no-eoi", "lossless"),
        ("cut-picture", "hierarchical"),
        ("frozen", "hold-tail"),
        ("body-too-large", "drip"),
        ("body-too-large", "rate"),
        ("body-too-large", "fill"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The documents say so of no other pair.
#[test]
fn of_two_faults_that_cancel_out_none_is_named() {
    for (one, other, _) in UNDONE {
        for faults in [[*one, *other], [*other, *one]] {
            let Checked { verdict, exit, log } = checked(&faults, &[]);
            assert_eq!((findings(&verdict), exit), (vec![], Some(0)), "{faults:?}: {verdict}");
            assert!(!log.is_empty(), "{faults:?}");
        }
    }
    let wrong = wrong_of(&[
        ("content-length-twice", "content-length-renamed"),
        ("content-length-twice", "content-length-missing"),
        ("no-time", "time-back"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The order of the list, not that of the command line, decides what a fault finds.
#[test]
fn the_order_in_which_two_faults_are_given_makes_no_difference() {
    for (one, other) in [("cut-picture@5", "quality-change"), ("part-head-missing", "many-fields")] {
        let codes = |faults: &[&str]| -> Vec<_> {
            let found = findings(&checked(faults, &[]).verdict).into_iter().map(|(code, ..)| code);
            // Those of times depend on this machine too.
            found.filter(|code| !is_of_time(code)).collect()
        };
        assert_eq!(codes(&[one, other]), codes(&[other, one]), "{one} and {other}");
    }
}

/// The parts behind these were lost, or counted as bytes of the body before.
#[test]
fn a_part_is_found_behind_empty_lines_a_malformed_line_or_a_lost_delimiter() {
    let wrong = wrong_of(&[
        ("delimiter-changed", "blank-lines"),
        ("delimiter-missing", "blank-lines"),
        ("delimiter-glued", "blank-lines"),
        ("delimiter-changed", "field-without-colon"),
        ("boundary-missing", "field-without-colon"),
        ("delimiter-glued", "part-head-too-long"),
        ("delimiter-missing", "bytes-after-eoi"),
        ("delimiter-missing", "part-text"),
        ("delimiter-empty-line", "bytes-before-soi"),
        ("response-head-again", "second-picture"),
        ("content-length-counts-line-end", "cut-picture"),
        ("content-length-counts-line-end", "part-empty"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// With so few pictures, the last quarter of them is two: C505 was found.
#[test]
fn one_late_picture_of_ten_is_no_trend() {
    let wrong = wrong_of(&[("stall", "close"), ("stall-inside", "close"), ("stall", "epilogue")]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The next delimiter is another one again. It was not found, so all other parts belonged to the picture.
#[test]
fn a_picture_without_an_end_behind_a_changed_delimiter_ends_at_its_length() {
    let wrong = wrong_of(&[
        ("delimiter-changed", "marker-inside"),
        ("no-soi", "delimiter-changed"),
        ("bytes-before-soi", "delimiter-changed"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
