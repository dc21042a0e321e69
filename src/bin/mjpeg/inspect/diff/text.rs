//! Differences side by side.

use mjpeg::counted::Counted;

use super::comparison::{Comparison, Pair};
use super::importance::explanation;
use super::item::Value;
use crate::lines::{hanging, wrapped};
use crate::output::printable;
use crate::paint::{Ink, Paint};

/// The widest column of names, in characters.
const NAME: usize = 24;
/// The narrowest column of values, in characters.
const VALUE: usize = 16;
/// The widest one where the output has no width: longer values go on below.
const WIDEST_VALUE: usize = 60;

/// Below the table, if something was measured.
const MEASURED: &str =
    "+-: the variation to expect from one look to the next; what differs by less is not reported";

/// The table of two streams. With `all` it has also what is the same.
pub fn table(
    targets: &[String; 2],
    comparison: &Comparison,
    width: Option<usize>,
    paint: Paint,
    all: bool,
) -> String {
    let shown: Vec<&Pair> = comparison.pairs.iter().filter(|pair| all || pair.differs()).collect();
    let name = shown.iter().map(|pair| label(pair).chars().count() + 2).max().unwrap_or(0).clamp(9, NAME);
    let value = match width {
        Some(width) => (width.saturating_sub(name + 4) / 2).max(VALUE),
        None => column_width(targets, &shown),
    };
    let line = Line { widths: [name, value], paint };
    let mut lines = line.of("", [&targets[0], &targets[1]], [Some(Ink::Name); 2]);
    let parts = comparison.parts.map(|parts| Counted(parts, "part").to_string());
    lines.extend(line.of("looked at", [&parts[0], &parts[1]], [None; 2]));
    let mut importance = None;
    for pair in &shown {
        if importance != Some(pair.importance) {
            importance = Some(pair.importance);
            lines.push(hanging(&paint.ink(Ink::Heading, pair.importance.heading()), width, 2));
        }
        let text = |side: &Option<_>| side.as_ref().map_or("absent".into(), ToString::to_string);
        // Bold can be read on each background; where only differences are shown, nothing has to stand out.
        let ink = [(all && pair.differs()).then_some(Ink::Name); 2];
        lines.extend(line.of(&format!("  {}", label(pair)), [&text(&pair.left), &text(&pair.right)], ink));
    }
    let same: Vec<String> = comparison.pairs.iter().filter(|pair| !pair.differs()).map(label).collect();
    if !all && !same.is_empty() {
        lines.push(hanging(&printable(&format!("the same: {}", same.join(", "))), width, 2));
    }
    let mut words: Vec<&str> = shown.iter().filter_map(|pair| explanation(pair.group, &pair.name)).collect();
    words.dedup();
    lines.extend(words.into_iter().map(|words| hanging(&paint.ink(Ink::Dim, words), width, 2)));
    let is_measured = |pair: &&Pair| {
        matches!((&pair.left, &pair.right), (Some(Value::Measure(_)), _) | (_, Some(Value::Measure(_))))
    };
    if shown.iter().any(is_measured) {
        lines.push(hanging(MEASURED, width, 2));
    }
    let differences = comparison.pairs.iter().filter(|pair| pair.differs()).count();
    lines.push(match (differences, comparison.pairs.len()) {
        (0, all) => format!("no difference in {all} properties"),
        (1, all) => format!("1 difference in {all} properties"),
        (n, all) => format!("{n} differences in {all} properties"),
    });
    if !comparison.not_compared.is_empty() {
        let missing = comparison.not_compared.join(", ");
        let line = format!("not compared, since one of the two does not have it: {missing}");
        lines.push(hanging(&line, width, 2));
    }
    lines.join("\n")
}

/// The name of a property. Fields of parts have the names of fields of the response.
fn label(pair: &Pair) -> String {
    if pair.group == "part head" { format!("part: {}", pair.name) } else { pair.name.clone() }
}

/// The width of the widest value, where nothing has to fit.
fn column_width(targets: &[String; 2], shown: &[&Pair]) -> usize {
    let of = |text: &str| printable(text).chars().count();
    let values = shown.iter().flat_map(|pair| [&pair.left, &pair.right]).flatten();
    let widest = values.map(|value| of(&value.to_string())).max().unwrap_or(0);
    targets.iter().map(|target| of(target)).max().unwrap_or(0).max(widest).clamp(VALUE, WIDEST_VALUE)
}

struct Line {
    /// Of the name, and of each value.
    widths: [usize; 2],
    paint: Paint,
}

impl Line {
    /// The lines of a name and two values, whose texts go on below where they are too wide.
    fn of(&self, name: &str, values: [&str; 2], inks: [Option<Ink>; 2]) -> Vec<String> {
        let [name_width, width] = self.widths;
        let names = cut(wrapped(&printable(name), name_width), name_width);
        let [left, right] = values.map(|value| cut(wrapped(&printable(value), width), width));
        let count = names.len().max(left.len()).max(right.len());
        let cell = |pieces: &[String], n: usize, width: usize, ink: Option<Ink>| {
            let padded = format!("{:width$}", pieces.get(n).map_or("", String::as_str));
            ink.map_or(padded.clone(), |ink| self.paint.ink(ink, padded))
        };
        (0..count)
            .map(|n| {
                let right = right.get(n).map_or("", String::as_str);
                let right = inks[1].map_or(right.to_string(), |ink| self.paint.ink(ink, right));
                let line = format!(
                    "{}  {}  {right}",
                    cell(&names, n, name_width, None),
                    cell(&left, n, width, inks[0])
                );
                line.trim_end().to_string()
            })
            .collect()
    }
}

/// Cuts lines that are one long word, behind a sign between its pieces if there is one.
fn cut(lines: Vec<String>, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    for line in lines {
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width {
            let sign = rest[..width].iter().rposition(|c| ";,/=&?".contains(*c));
            let at = sign.map_or(width, |sign| sign + 1).max(width / 2);
            let behind = rest.split_off(at);
            pieces.push(rest.into_iter().collect());
            rest = behind;
        }
        pieces.push(rest.into_iter().collect());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_behind_a_sign() {
        let cut = |text: &str, width| cut(vec![text.into()], width);
        assert_eq!(
            cut("multipart/x-mixed-replace;boundary=b", 30),
            ["multipart/x-mixed-replace;", "boundary=b"]
        );
        assert_eq!(cut("a/captures/motion.http", 17), ["a/captures/", "motion.http"]);
        assert_eq!(cut("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(cut("a/23456789", 8), ["a/23", "456789"]);
    }
}
