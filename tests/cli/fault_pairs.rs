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

/// What two faults are together, by the codes of their rules or by their names, if that breaks other rules. `*` is any fault.
const JOINED: &[(&str, &str, &[&str])] = &[
    // Some seconds pass in one part of 64 MiB.
    ("M236", "*", &["T401"]),
    // Parts that come up to 300 ms late, every 50 ms, bunch.
    ("T409", "*", &["T407"]),
    // A picture that is damaged and has no EOI seems cut.
    ("J303", "*", &["J302", "J305"]),
    // A changed delimiter is known by the end of the picture and the length, which do not agree then.
    ("M216", "*", &["M203", "M239"]),
    // The last pictures of a short stream are late.
    ("T401", "close", &["C505"]),
    ("T401", "epilogue", &["C505"]),
    // The picture is encoded again, after a fault that removed its lower part.
    ("J302", "C514", &["C513"]),
    ("J302", "C515", &["C513"]),
    ("J305", "C514", &["C513"]),
    ("J305", "C515", &["C513"]),
    ("M236", "C514", &["C513"]),
    ("M236", "C515", &["C513"]),
    // Pictures of one size: the held bytes look like those of a filled chunk.
    ("C510", "T405", &["T406"]),
    ("C511", "T405", &["T406"]),
    ("C503", "T405", &["T406"]),
    // What fills no chunk leaves before a pause; a part of 64 MiB hides the size of the chunks.
    ("T401", "T406", &["T405"]),
    ("M236", "T406", &["T405"]),
    // A burst of parts that drip.
    ("T407", "T408", &["T409"]),
    // The damaged pictures among the frozen ones are not equal to them.
    ("C503", "J306", &["C512"]),
    // The part of 64 MiB and the one before which it comes are one burst.
    ("M236", "reordered", &["T407"]),
    ("M215", "epilogue", &["M222"]),
    // The empty line leaves with the head, before the picture.
    ("blank-line-after-head", "bytes-before-soi", &["M203", "T405"]),
    ("response-head-again", "second-picture", &["M203"]),
    ("bytes-after-body", "second-picture", &["M203"]),
    ("content-length-counts-line-end", "second-picture", &["M211"]),
    ("content-length-twice", "line-end-missing-without-length", &["M211"]),
    ("lines-mixed", "line-end-missing-without-length", &["M210"]),
    ("part-head-missing", "blank-line-before-head", &["M223"]),
    ("field-without-colon", "boundary-missing", &["M201"]),
    // Without the head, nothing tells of the chunks: their lines are bytes of the body.
    ("chunks-under-http10", "response-head-missing", &["J322", "M201", "M203", "T405"]),
    // The scan does not fit a head with another size, other components or another scan.
    ("huge-picture", "scan-parameters", &["J305"]),
    ("large-picture", "scan-parameters", &["J305"]),
    ("wide-picture", "scan-parameters", &["J305"]),
    ("two-components", "scan-order", &["J305"]),
    ("huge-picture", "twelve-bits", &["J306"]),
    ("large-picture", "twelve-bits", &["J306"]),
    ("wide-picture", "twelve-bits", &["J306"]),
    ("no-soi", "second-picture", &["J322"]),
    // The second picture begins in the scan of the one that is cut.
    ("J302", "second-picture", &["J305"]),
    ("M228", "line-end-missing", &["M212"]),
    ("M204", "delimiter-missing", &["M203"]),
    ("M202", "M228", &["M237"]),
    ("M228", "J301", &["M210", "M227", "M232"]),
    ("M215", "M219", &["M232"]),
    ("M218", "M220", &["M219"]),
    ("M220", "M244", &["M222"]),
    ("M222", "M237", &["M202", "M206", "M224", "M229"]),
    ("M203", "M227", &["J301", "M209"]),
    ("M222", "M236", &["M203"]),
    ("M222", "J322", &["M203"]),
    ("M244", "J322", &["M203"]),
    ("J301", "J308", &["M227"]),
    // Two lengths of the response, or a length and chunks.
    ("H111", "H112", &["H119"]),
    ("H111", "H113", &["H119"]),
    ("H111", "H114", &["H119"]),
    ("H111", "H120", &["H119"]),
    ("H112", "H113", &["H119"]),
    ("H112", "H114", &["H119"]),
    ("H112", "H120", &["H119"]),
    ("H113", "H120", &["H119"]),
    ("H114", "H120", &["H119"]),
    // No boundary can be learnt without a sound line.
    ("H101", "M215", &["M201", "M202"]),
    ("H101", "M218", &["M223"]),
    ("H101", "field-without-colon", &["M201", "M202"]),
    ("H103", "field-without-colon", &["M201", "M202"]),
    ("H121", "field-without-colon", &["M201", "M202"]),
    ("H121", "M218", &["M223"]),
    ("H121", "M215", &["M201", "M202"]),
    // An empty line, then a status line that is none: no head begins there.
    ("H115", "H122", &["H121", "M201"]),
    ("H103", "M215", &["M201", "M202"]),
    ("H103", "M218", &["M223"]),
    ("M202", "M232", &["M201"]),
    ("M215", "M216", &["M222"]),
    ("M213", "M215", &["M201", "M202"]),
    ("M213", "M218", &["M223"]),
    ("M213", "M232", &["M201", "M202"]),
    // Lines that end in LF, or are missing, and no length.
    ("M206", "M209", &["M210"]),
    ("M206", "M211", &["M212"]),
    ("M243", "M209", &["M210"]),
    ("M243", "M211", &["M212"]),
    ("M212", "M221", &["M206"]),
    ("lines-lf", "M212", &["M210"]),
    ("lines-lf", "M228", &["M210"]),
    ("M210", "M211", &["M212"]),
    // The part that the other fault makes has a length.
    ("M210", "M226", &["M209"]),
    ("M210", "M227", &["M209"]),
    // The length counts two bytes of a line end that has one or none.
    ("M205", "lines-lf", &["M204"]),
    ("M205", "M211", &["M204"]),
    // No end of the picture is known, so the line end that the length counts belongs to the body.
    ("M205", "J302", &["M211"]),
    ("M205", "J303", &["M211", "J325"]),
    ("M205", "J305", &["M211"]),
    ("M205", "J319", &["M211"]),
    ("M205", "content-length-zero", &["M203"]),
    ("M205", "M227", &["J301", "M211"]),
    // One of the two lengths is left.
    ("content-length-twice", "lines-lf-without-length", &["M209"]),
    // No number in a field of another name: there is no length at all.
    ("M207", "content-length-renamed", &["M206"]),
    // A length that was right, or wrong in another way, is now too small or ends elsewhere.
    ("M244", "J304", &["M203"]),
    ("M244", "M204", &["M203"]),
    ("M222", "J303", &["M203"]),
    ("M222", "J305", &["M203"]),
    ("M222", "J319", &["M203"]),
    ("M231", "J301", &["M203"]),
    ("M231", "M226", &["M203"]),
    ("M204", "M222", &["M203"]),
    ("M205", "M222", &["M203"]),
    ("M205", "M226", &["M211"]),
    ("M205", "M244", &["M203"]),
    ("M205", "J301", &["M211"]),
    ("M205", "J304", &["M211"]),
    ("M205", "J322", &["M211"]),
    ("M204", "M207", &["M203"]),
    ("M222", "M226", &["M203"]),
    ("M222", "J302", &["M203"]),
    ("M222", "J304", &["M203"]),
    ("M244", "J319", &["M203"]),
    ("M222", "J301", &["M203"]),
    ("M226", "M244", &["M203"]),
    ("M244", "J321", &["M203"]),
    // The fields that the other fault adds are a head, which has no empty line.
    ("M228", "M232", &["M206", "M223", "M229"]),
    ("M228", "M235", &["M206", "M223", "M229"]),
    ("M228", "blank-line-before-head", &["M206", "M223"]),
    // The second head ends in what follows: it has no empty line.
    ("response-head-again", "bytes-after-body", &["M237"]),
    ("response-head-again", "line-end-missing", &["M237"]),
    // A glued line without a colon is another boundary.
    ("M218", "field-without-colon", &["M213"]),
    ("M218", "field-status-line", &["M213"]),
    ("M214", "M215", &["M213"]),
    // A part, its head or its delimiter is not found.
    ("M215", "M218", &["M202", "M223"]),
    ("M215", "M220", &["M216", "M222", "T401"]),
    ("M216", "M218", &["M223"]),
    ("M227", "M228", &["M212"]),
    ("M227", "M229", &["M211"]),
    ("M226", "M228", &["M210", "M212", "M227", "M232"]),
    ("M226", "M212", &["M210"]),
    ("M230", "M234", &["J322", "M206", "M223"]),
    // Text without a type counts as a picture.
    ("M226", "M223", &["J301"]),
    ("M216", "M220", &["M222"]),
    ("M216", "M221", &["M222"]),
    ("M216", "M244", &["M222"]),
    ("M216", "field-without-colon", &["M222"]),
    ("M217", "M220", &["M222"]),
    ("M217", "M244", &["M222"]),
    ("M218", "M234", &["M222"]),
    ("M229", "J301", &["M209", "M227", "M232"]),
    ("M237", "J319", &["J302"]),
    ("M218", "M221", &["M219", "M244"]),
    ("M221", "M244", &["M222"]),
    ("M222", "M227", &["J301", "M207"]),
    ("M226", "M229", &["M204", "M209", "M211", "M227", "M232"]),
    ("M227", "M244", &["J322", "M207"]),
    ("M230", "M232", &["J322", "M206", "M223", "T405"]),
    ("M232", "M244", &["M222", "M237"]),
    ("M234", "M244", &["M222"]),
    ("M202", "M231", &["M237"]),
    ("M202", "J322", &["M237"]),
    ("M216", "M234", &["M222"]),
    ("M224", "M226", &["J301"]),
    ("M228", "M231", &["M206", "M223"]),
    ("M228", "J322", &["M210", "M227", "M232"]),
    ("M229", "J322", &["M209", "M227", "M232"]),
    // The end of a picture is found elsewhere, or late.
    ("M244", "J303", &["J302", "T401"]),
    ("J302", "J313", &["J305"]),
    ("M222", "J303", &["J325"]),
    ("M237", "J305", &["J302"]),
    ("J303", "J314", &["J302"]),
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
    code.starts_with('T') || matches!(code, "C505" | "C512")
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
    let is = |which: usize, word: &str| word == "*" || codes[which] == Some(word) || both[which].name == word;
    let joined = |code: &str| {
        JOINED.iter().any(|&(one, other, together)| {
            together.contains(&code) && (is(0, one) && is(1, other) || is(0, other) && is(1, one))
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
