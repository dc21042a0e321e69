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

/// What any of the first faults and any of the second ones are together, by the codes of their rules or by their names, if
/// that breaks other rules: a deviation that both make, and that is on the wire.
const JOINED: &[(&[&str], &[&str], &[&str])] = &[
    // Two lengths of the response, or a length and chunks.
    (&["H111", "H112", "H120"], &["H111", "H112", "H113", "H114", "H120"], &["H119"]),
    // An empty line, then a status line that is none: no head begins there.
    (&["H115"], &["H122"], &["H121", "M201"]),
    // Without the head, nothing tells of the chunks: their lines are bytes of the body.
    (&["chunks-under-http10"], &["response-head-missing"], &["J322", "M201", "M203", "T405"]),
    // The boundary is known from the first line alone. One without dashes shows none, and one that is glued to the type
    // takes the type with it.
    (&["H101", "H103", "H121", "M213"], &["M215"], &["M201", "M202"]),
    (&["H101", "H103", "H121", "M213"], &["M218"], &["M223"]),
    // No delimiter comes before the first head: its first line, if malformed, is a preamble, and a head or a body that is
    // malformed is no part.
    (&["M202"], &["M232"], &["M201"]),
    (&["M202"], &["M228", "M231", "J322"], &["M237"]),
    // Both together have a rule of their own: parts without length, and lines that end in LF or are not there.
    (&["M206", "M243"], &["M209"], &["M210"]),
    (&["M206", "M243", "M210"], &["M211"], &["M212"]),
    (&["lines-lf", "lines-mixed"], &["M212"], &["M210"]),
    (&["lines-lf"], &["M228"], &["M210"]),
    (&["line-end-missing"], &["M228"], &["M212"]),
    // The text ends in LF, which is the line end before the delimiter then.
    (&["M226"], &["M212"], &["M210"]),
    (&["M226"], &["line-end-missing"], &["M205"]),
    // The part that the other fault adds has a length.
    (&["M210"], &["M226", "M227"], &["M209"]),
    // One of the two lengths is left.
    (&["content-length-twice"], &["line-end-missing-without-length"], &["M211"]),
    (&["content-length-twice"], &["lines-lf-without-length"], &["M209"]),
    // No number in a field of another name: there is no length at all.
    (&["M207"], &["content-length-renamed"], &["M206"]),
    // The line end is there again, and the length still is not.
    (&["M212"], &["M221"], &["M206"]),
    // The other fault changes how many bytes the length should count.
    (&["M205"], &["lines-lf", "M211"], &["M204"]),
    (&["M204", "M205"], &["M207", "M222"], &["M203"]),
    (&["M204", "M205"], &["M244"], &["M203"]),
    // The length alone tells where such a body ends, and nothing behind it confirms that: the other bytes count as its own.
    (
        &["bytes-after-body"],
        &["J301", "J302", "J303", "J304", "J305", "J319", "J322", "M226", "M236", "second-picture"],
        &["M203"],
    ),
    // An empty line too many is found by the picture behind it, and belongs to what is none.
    (&["M231"], &["J301", "J322", "M226"], &["M203"]),
    // It leaves with the head, before the picture.
    (&["M231"], &["J322"], &["T405"]),
    // A damaged picture without EOI seems cut; so does a cut one with a field in the place of its end.
    (
        &["J303"],
        &["J304", "J306", "J308", "J309", "J310", "J311", "J314", "J315", "J328", "J329", "bytes-after-body"],
        &["J302"],
    ),
    // The second picture, or the height, comes inside of the scan of the picture that is cut.
    (&["J302", "J303"], &["J313", "second-picture"], &["J305"]),
    // Without multipart, a picture ends at its markers alone.
    (&["M237"], &["J305", "J319"], &["J302"]),
    // The first picture without its start is what comes before the start of the second one.
    (&["no-soi"], &["second-picture"], &["J322"]),
    // Four bytes, less four.
    (&["no-soi"], &["no-frame"], &["M227"]),
    // The scan does not fit a head with another size, other components or another scan.
    (&["huge-picture", "large-picture", "wide-picture"], &["scan-parameters"], &["J305"]),
    (&["huge-picture", "large-picture", "wide-picture"], &["twelve-bits"], &["J306"]),
    (&["two-components"], &["scan-order"], &["J305"]),
    // The picture is drawn again after a fault that removed its lower part. To draw one of 66 MiB takes seconds, and it
    // does not end in time if it drips.
    (&["J302", "J305", "M236"], &["C514", "C515"], &["C513"]),
    (&["M236"], &["C514", "C515", "T408"], &["T401"]),
    // What comes late by chance, and then waits for a full chunk, comes in bursts.
    (&["T409"], &["T406"], &["T407"]),
    // Pictures of one size: the held bytes look like those of a filled chunk.
    (&["C503", "C510", "C511"], &["T405"], &["T406"]),
    // A part of 66 MiB hides the size of the chunks; what fills no chunk leaves before a pause.
    (&["M236", "T401"], &["T406"], &["T405"]),
    // Without dashes, a delimiter is found by its text alone: another text is not, nor the close-delimiter, nor a field
    // that follows it on its line, and the second of two is a field.
    (&["M215"], &["M216", "epilogue"], &["M222"]),
    (&["M215"], &["M218"], &["M202", "M223"]),
    (&["M215"], &["M219"], &["M232"]),
    (&["M215"], &["M220"], &["M216", "M219", "M222", "M232", "T401"]),
    // `--b` is announced, and `b` is sent.
    (&["M214"], &["M215"], &["M213"]),
    // A glued line without a colon is another boundary, and a changed boundary is part of the name of the glued field.
    (&["M218"], &["field-without-colon", "field-status-line"], &["M213"]),
    (&["M216"], &["M218"], &["M223"]),
    // The delimiter behind the close-delimiter is glued to it.
    (&["M218"], &["M220"], &["M219"]),
    // A delimiter unlike the last one counts if a head follows, and a head without delimiter if its fields are sound. Not so
    // behind a close-delimiter with other text in it, before a head that is too long or malformed, or behind what the other
    // fault leaves on the empty line.
    (&["M216", "M217"], &["M220", "M244"], &["M222"]),
    (&["M220"], &["delimiter-empty-line"], &["M222"]),
    (&["M234"], &["M216", "M244"], &["M222"]),
    (&["M232"], &["M244"], &["M222", "M237"]),
    // The fields and lines that the other fault adds are a head.
    (&["M228"], &["M232", "M235"], &["M206", "M223", "M229"]),
    (&["M228"], &["M230", "M231"], &["M206", "M223"]),
    // Nothing shows where the head ends: the lines of the body belong to it.
    (&["M228", "M229"], &["J301", "J322", "M226"], &["M204", "M209", "M210", "M211", "M212", "M227", "M232"]),
    (&["M227"], &["M228"], &["M212"]),
    (&["M227"], &["M229"], &["M211"]),
    // Behind an empty line only a sound field begins a head: else the fields are bytes before the picture.
    (&["M230"], &["M232", "M234"], &["J322", "M206", "M223", "T405"]),
    // What is behind an empty body is its body.
    (&["M227"], &["M222"], &["J301", "M207"]),
    // Text without a type, or with that of a picture, counts as a picture.
    (&["M226"], &["M223", "M224"], &["J301"]),
    // The second response head has no empty line: it ends in what follows, or is the head of a part.
    (&["response-head-again"], &["bytes-after-body", "line-end-missing"], &["M237"]),
    (&["response-head-again"], &["no-multipart"], &["M202", "M206", "M224", "M229"]),
];

/// Pairs that undo each other: neither can be seen.
const UNDONE: &[(&str, &str)] = &[
    ("content-length-short", "content-length-long"),
    ("content-length-twice", "content-length-renamed"),
    ("content-length-twice", "content-length-missing"),
    ("no-time", "time-back"),
    // The line end that one removes is the one that the other adds.
    ("delimiter-glued", "blank-line-before-head"),
    ("part-head-unterminated", "blank-line-after-head"),
    // The picture with two components is one block; drawn again it has three.
    ("two-components", "lower-half-grey"),
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
    let is = |which: usize, word: &str| codes[which] == Some(word) || both[which].name == word;
    let is_any = |which: usize, words: &[&str]| words.iter().any(|word| is(which, word));
    let joined = |code: &str| {
        JOINED.iter().any(|&(one, other, together)| {
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
        UNDONE.iter().any(|&(one, other)| is(0, one) && is(1, other) || is(0, other) && is(1, one));
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
