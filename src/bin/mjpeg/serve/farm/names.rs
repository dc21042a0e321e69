//! The names of cameras: `door`, or `cam[001-500]` for five hundred of them.

use std::ops::RangeInclusive;

use super::super::named;

/// Most cameras of a farm.
pub const MOST: u64 = 20_000;

/// The names that a text means, with the number in each.
///
/// # Errors
///
/// When a name cannot be a path, or the pattern is wrong.
pub fn expand(text: &str) -> Result<Vec<(String, u64)>, String> {
    let Some(open) = text.find('[') else {
        named::check_name(text)?;
        return Ok(vec![(text.into(), 1)]);
    };
    let (prefix, rest) = (&text[..open], &text[open + 1..]);
    let (range, suffix) = rest.split_once(']').ok_or("a [ without ]")?;
    if suffix.contains(['[', ']']) {
        return Err("one pattern such as [001-500] is possible, not several".into());
    }
    let (width, range) = numbers(range)?;
    let names = range.map(|number| (format!("{prefix}{number:0width$}{suffix}"), number));
    let names: Vec<_> = names.collect();
    for (name, _) in names.first().into_iter().chain(names.last()) {
        named::check_name(name)?;
    }
    Ok(names)
}

/// The numbers of `001-500`, and how many digits they have at least.
fn numbers(text: &str) -> Result<(usize, RangeInclusive<u64>), String> {
    let wrong = || format!("[{text}]: expected two numbers, such as [001-500]");
    let (first, last) = text.split_once('-').ok_or_else(wrong)?;
    let is_number =
        |text: &str| !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) {
        return Err(wrong());
    }
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let (from, to) = (number(first)?, number(last)?);
    if from > to {
        return Err(format!("[{text}]: the first number is the smaller one"));
    }
    if to - from >= MOST {
        return Err(format!("[{text}]: at most {MOST} cameras are possible"));
    }
    // Leading zeros mean a fixed width.
    let width = if first.starts_with('0') { first.len() } else { 0 };
    Ok((width, from..=to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_many_names() {
        let names = |text: &str| {
            expand(text).map(|names| names.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names("door").unwrap(), ["door"]);
        assert_eq!(names("cam[9-11]").unwrap(), ["cam9", "cam10", "cam11"]);
        assert_eq!(names("cam[009-011]-x").unwrap(), ["cam009-x", "cam010-x", "cam011-x"]);
        assert_eq!(expand("[1-3]").unwrap()[2], ("3".into(), 3));
        assert_eq!(names("cam[001-500]").unwrap().len(), 500);
    }

    #[test]
    fn hostile_names_are_refused() {
        for name in [
            "",
            "..",
            "../a",
            "a/b",
            "a b",
            "a\"b",
            "a'b",
            "ä",
            "a\0",
            ".hidden",
            "state",
            "targets",
            "[",
            "a[1-2",
            "a]",
            "a[2-1]",
            "a[1]",
            "a[-]",
            "a[1-]",
            "a[x-y]",
            "a[1-2][3-4]",
            "a[0-99999]",
            "a[+1-2]",
            "<b>",
            "a[1-2]/..",
            "a[1-9999999999999999999999]",
        ] {
            assert!(expand(name).is_err(), "{name}");
        }
    }
}
