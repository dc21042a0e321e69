//! Text in lines that fit a terminal.

/// The words of a text on lines of at most `width` characters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

/// A line, or several of at most `width` characters, which are broken at blanks; those behind the first are indented. What
/// sets colours takes no room. `None`: as it is.
pub fn hanging(line: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width else { return line.into() };
    let mut text = String::with_capacity(line.len());
    let mut column = 0;
    let mut is_first = true;
    for word in line.split_inclusive(' ') {
        let bare = shown_width(word.trim_end_matches(' '));
        let is_blank = bare == 0;
        if !is_blank && column > indent && column + bare > width {
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
            is_first = false;
        }
        if is_blank && !is_first && column == indent {
            continue;
        }
        text.push_str(word);
        column += shown_width(word);
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

/// Each line of a text as [`hanging`] breaks it.
pub fn fitted(text: &str, width: Option<usize>, indent: usize) -> String {
    text.lines().map(|line| hanging(line, width, indent)).collect::<Vec<_>>().join("\n")
}

/// The characters that a text takes on a terminal, without the SGR sequences in it.
fn shown_width(text: &str) -> usize {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().chars().count();
    let behind = |piece: &str| piece.split_once('m').map_or(0, |(_, behind)| behind.chars().count());
    first + pieces.map(behind).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_divided_and_lines_fit_where_words_do() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("one", 2), ["one"]);
    }

    #[test]
    fn a_hanging_line_keeps_its_blanks_and_indents_the_rest() {
        let line = "  error   M203 name: one two three";
        assert_eq!(hanging(line, None, 4), line);
        assert_eq!(hanging(line, Some(80), 4), line);
        assert_eq!(hanging(line, Some(24), 4), "  error   M203 name: one\n    two three");
        let painted = "  \x1b[1;31merror  \x1b[0m \x1b[1mM203\x1b[0m name: one two three";
        assert_eq!(
            hanging(painted, Some(24), 4),
            "  \x1b[1;31merror  \x1b[0m \x1b[1mM203\x1b[0m name: one\n    two three"
        );
        assert_eq!(hanging("aaaa bbbbbbbbbb cc", Some(6), 2), "aaaa\n  bbbbbbbbbb\n  cc");
    }
}
