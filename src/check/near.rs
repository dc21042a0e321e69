//! The name that a wrong one most likely means.

use alloc::vec::Vec;

use super::rule::Rule;
use super::rules::rules;

/// The rule whose name is most like `text`; `None` if none is near: more than a third of the letters differ.
///
/// ```
/// use mjpeg::check::nearest;
///
/// assert_eq!(nearest("content-lenght-short").unwrap().name, "content-length-short");
/// assert_eq!(nearest("nothing of the kind"), None);
/// ```
pub fn nearest(text: &str) -> Option<&'static Rule> {
    let names: Vec<&str> = rules().map(|rule| rule.name).collect();
    let near = nearest_word(text, &names)?;
    rules().find(|rule| rule.name == near)
}

/// The word of `words`, in lower case, that is most like `text`; `None` if none is near: more than a third of the letters
/// differ. Only the start of a word may have been typed.
///
/// ```
/// use mjpeg::check::nearest_word;
///
/// assert_eq!(nearest_word("mix_fps", &["max_gap", "min_fps"]), Some("min_fps"));
/// assert_eq!(nearest_word("MIM", &["max_gap", "min_fps"]), Some("min_fps"));
/// assert_eq!(nearest_word("colour", &["max_gap", "min_fps"]), None);
/// ```
pub fn nearest_word<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    // No name is longer. The time for a distance grows with the product of the lengths.
    let text: Vec<char> = text.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    if text.is_empty() {
        return None;
    }
    let start_of = |word: &str| word.chars().take(text.len()).collect::<Vec<char>>();
    let whole = |word: &str| word.chars().collect::<Vec<char>>();
    let allowed = text.len() / 3;
    words
        .iter()
        // A whole word is the better match.
        .flat_map(|word| [(*word, 1, start_of(word)), (*word, 0, whole(word))])
        .map(|(word, is_start, letters)| (distance(&text, &letters), is_start, word))
        .filter(|(distance, ..)| *distance <= allowed)
        .min_by_key(|(distance, is_start, _)| (*distance, *is_start))
        .map(|(.., word)| word)
}

/// The least number of letters to insert, remove, replace, or swap with their neighbour, that makes one text the other
/// (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = Vec::with_capacity(other.len() + 1);
        row.push(i + 1);
        for (j, b) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = core::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_found() {
        for (text, name) in [
            ("content-lenght-short", "content-length-short"),
            ("content-length-shrot", "content-length-short"),
            ("CONTENT-LENGTH-LONGER", "content-length-long"),
            ("content-lenght", "content-length-short"),
            ("preambel", "preamble"),
            ("frozn", "frozen"),
        ] {
            assert_eq!(nearest(text).map(|rule| rule.name), Some(name), "{text}");
        }
        for text in ["", "x", "zzzzzz", "a long text that is no name at all"] {
            assert_eq!(nearest(text), None, "{text}");
        }
    }

    #[test]
    fn distances_count_swapped_neighbours_once() {
        let of = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|it| it.chars().collect::<Vec<char>>());
            distance(&one, &other)
        };
        for (one, other, expected) in
            [("", "abc", 3), ("abc", "", 3), ("abc", "acb", 1), ("kitten", "sitting", 3), ("a", "a", 0)]
        {
            assert_eq!(of(one, other), expected, "{one} {other}");
        }
    }
}
