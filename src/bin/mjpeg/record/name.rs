//! The names of frame files: `--name PATTERN`.

use std::path::{Component, Path};
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mjpeg::http::decimal;

/// Digits of the number without `:DIGITS`.
const DIGITS: usize = 6;
/// The most digits: those of a 64-bit number.
const MOST_DIGITS: usize = 20;

/// A pattern for the names of frame files: text, strftime directives for the arrival in local time, and `{seq}` or
/// `{seq:DIGITS}` for the number of the frame.
///
/// The number is required, so two frames never have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    before: String,
    digits: usize,
    after: String,
}

impl NamePattern {
    /// The name of frame `seq`, which came at `unix` since 1970-01-01 UTC.
    ///
    /// # Errors
    ///
    /// When the time cannot be written, or makes a name that leaves the directory.
    pub fn name(&self, seq: u64, unix: Duration) -> Result<String, String> {
        let text = |pattern: &str| -> Result<String, String> {
            if !pattern.contains('%') {
                return Ok(pattern.into());
            }
            let since = SignedDuration::try_from(unix).map_err(|error| error.to_string())?;
            let time = Timestamp::from_duration(since).map_err(|error| error.to_string())?;
            let time = time.to_zoned_datetime(TimeZone::system());
            jiff::fmt::strtime::format(pattern, &time).map_err(|error| error.to_string())
        };
        let name =
            format!("{}{seq:0digits$}{}", text(&self.before)?, text(&self.after)?, digits = self.digits);
        stays_inside(&name)?;
        Ok(name)
    }
}

/// Whether `name` is a path below the directory it is relative to.
pub fn stays_inside(name: &str) -> Result<(), String> {
    let is_inside = !name.is_empty()
        && !name.ends_with('/')
        && !name.contains('\0')
        && Path::new(name).components().all(|component| matches!(component, Component::Normal(_)));
    if is_inside { Ok(()) } else { Err(format!("`{name}` is not a file below OUT")) }
}

impl Default for NamePattern {
    fn default() -> Self {
        Self { before: "frame-".into(), digits: DIGITS, after: ".jpg".into() }
    }
}

impl FromStr for NamePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_number =
            || "expected {seq}, the number of the frame, such as cam-%H%M%S-{seq}.jpg".to_string();
        let (before, rest) = text.split_once("{seq").ok_or_else(no_number)?;
        let (digits, after) = rest.split_once('}').ok_or_else(no_number)?;
        let digits = match digits.strip_prefix(':') {
            Some(digits) => decimal(digits).filter(|digits| (1..=MOST_DIGITS).contains(digits)),
            None if digits.is_empty() => Some(DIGITS),
            None => None,
        };
        let digits =
            digits.ok_or_else(|| format!("expected {{seq:DIGITS}} with 1 to {MOST_DIGITS} digits"))?;
        if after.contains(['{', '}']) || before.contains(['{', '}']) {
            return Err("expected {seq} once, and no other braces".into());
        }
        let pattern = Self { before: before.into(), digits, after: after.into() };
        let name = pattern.name(1, Duration::from_secs(1_767_225_600))?;
        let file = Path::new(&name).file_name().unwrap_or_default().to_string_lossy();
        if file.starts_with('.') || name.split('/').next() == Some(super::damaged::FOLDER) {
            return Err(format!("`{name}` is hidden, or in the folder of damaged frames"));
        }
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_number_and_may_have_a_time() {
        let day = Duration::from_secs(1_767_225_600 + 43_200);
        for (pattern, name) in [
            ("frame-{seq}.jpg", "frame-000007.jpg"),
            ("{seq:3}.jpeg", "007.jpeg"),
            ("{seq:1}", "7"),
            ("%Y/cam %%-{seq:04}.jpg", "2026/cam %-0007.jpg"),
        ] {
            assert_eq!(pattern.parse::<NamePattern>().unwrap().name(7, day).unwrap(), name);
        }
        assert_eq!(NamePattern::default().name(12_345_678, day).unwrap(), "frame-12345678.jpg");
    }

    #[test]
    fn a_name_that_repeats_or_leaves_the_directory_is_refused() {
        for pattern in [
            "%H%M%S.jpg",
            "",
            "{seq",
            "{seq:0}",
            "{seq:99}",
            "{seq:x}",
            "{seq:+6}",
            "{seq}{seq}",
            "{x}{seq}",
            "../{seq}.jpg",
            "/tmp/{seq}.jpg",
            "{seq}/",
            "a/../{seq}",
            ".{seq}.jpg",
            "%Q~{seq}%!",
            "damaged/{seq}.jpg",
        ] {
            assert!(pattern.parse::<NamePattern>().is_err(), "{pattern}");
        }
    }
}
