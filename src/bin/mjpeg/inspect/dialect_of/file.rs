//! The description of a dialect as a file, in the format of `fixtures/dialects`.

use std::fmt::Write as _;

use super::derived::Derived;
use super::nearest::Near;
use crate::dialect::SentTogether;
use crate::output;

/// The text of the file. `title` and `source` are for people.
pub fn text(derived: &Derived, near: &[Near], title: &str, source: &str) -> String {
    let mut out = String::new();
    for line in remarks(derived, near) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# {line}");
    }
    let _ = writeln!(out, "title = {}", quoted(title));
    let _ = writeln!(out, "source = {}", quoted(source));
    lines(&mut out, "head", &derived.head.lines);
    if derived.first_delimiter != derived.delimiter {
        let _ = writeln!(out, "first_delimiter = {}", quoted(&derived.first_delimiter));
    }
    plain(&mut out, "delimiter", &derived.delimiter);
    let part: Vec<_> = derived.part.split_inclusive('\n').map(String::from).collect();
    lines(&mut out, "part", &part);
    plain(&mut out, "after", &derived.after);
    let sent = match derived.sent_together {
        SentTogether::Jpeg => "jpeg",
        SentTogether::After => "after",
        SentTogether::Delimiter => "delimiter",
        SentTogether::Head => "head",
    };
    let _ = writeln!(out, "sent = \"{sent}\"");
    plain(&mut out, "closing", derived.closing.as_deref().unwrap_or_default());
    if let Some(chunks) = derived.chunks {
        out.push_str("[chunks]\n");
        for (key, is_set) in [
            ("cut_before_picture", chunks.cut_before_picture),
            ("cut_after_picture", chunks.cut_after_picture),
            ("cut_lines", chunks.cut_lines),
            ("cut_first_delimiter", chunks.cut_first_delimiter),
            ("upper_case", chunks.upper_case),
        ] {
            if is_set {
                let _ = writeln!(out, "{key} = true");
            }
        }
        if let Some(size) = chunks.size {
            let _ = writeln!(out, "size = {size}");
        }
    }
    if let Some((every, bytes)) = &derived.other_part {
        let _ = write!(out, "[other_part]\nevery = {every}\nbytes = {}\n", quoted(bytes));
    }
    out
}

/// What a reader of the file should know.
fn remarks(derived: &Derived, near: &[Near]) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(nearest) = near.first() {
        remarks.push(format!(
            "nearest known dialect: {} ({}): {} of {} properties agree",
            nearest.name,
            nearest.title,
            nearest.agree.len(),
            nearest.compared()
        ));
        remarks.push(format!("agree: {}", nearest.agree.join(", ")));
        for (property, here, there) in &nearest.differ {
            remarks.push(format!("differs: {property}: here {here}; there {there}"));
        }
        let others: Vec<_> = near[1..]
            .iter()
            .map(|it| format!("{} ({} of {})", it.name, it.agree.len(), it.compared()))
            .collect();
        remarks.push(format!("next: {}", others.join(", ")));
    }
    remarks.push(format!("what is sent with a picture {}", derived.evidence.sentence()));
    if derived.closing.is_none() {
        remarks.push("the end of the stream was not seen".into());
    }
    if !derived.head.replaced.is_empty() {
        remarks.push(format!(
            "replaced by x, because they may be secret or identify the camera: {}",
            derived.head.replaced.join(", ")
        ));
    }
    if !derived.head.kept.is_empty() {
        remarks.push(format!(
            "constant, as received; check them before you publish the file: {}",
            derived.head.kept.join(", ")
        ));
    }
    remarks.extend(derived.notes.iter().map(|note| format!("note: {note}")));
    // Bytes of the stream are in some of them.
    remarks
        .iter()
        .map(|remark| remark.chars().map(|c| if output::is_shown(c) { c } else { '?' }).collect())
        .collect()
}

fn plain(out: &mut String, key: &str, value: &str) {
    if !value.is_empty() {
        let _ = writeln!(out, "{key} = {}", quoted(value));
    }
}

fn lines(out: &mut String, key: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for line in lines {
        let _ = writeln!(out, "  {},", quoted(line));
    }
    out.push_str("]\n");
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if output::is_shown(c) => out.push(c),
            c => {
                let (letter, digits) = if c > '\u{ffff}' { ('U', 8) } else { ('u', 4) };
                let _ = write!(out, "\\{letter}{:0digits$x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_read_back() {
        for text in ["", "a\"b\\c", "\r\n\t\u{0}\u{7f}\u{85}", "ä{", "'''", "a\u{202e}\u{2028}\u{e0041}"] {
            let table: toml::Table = toml::from_str(&format!("t = {}", quoted(text))).unwrap();
            assert_eq!(table["t"].as_str(), Some(text));
            assert!(quoted(text).chars().all(output::is_shown), "{}", quoted(text));
        }
    }
}
