//! The file of `--expect`, in TOML.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use mjpeg::check::{self, Rule};
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::criteria::{Demands, unknown_rule};
use crate::option_file;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::value;
use crate::verdict::exempt::Exempt;

/// The keys of the file, and those of a table `[[ignore]]`.
const KEYS: [&str; 5] = ["min_fps", "max_gap", "size", "expect_live", "ignore"];
const IGNORE_KEYS: [&str; 3] = ["rule", "reason", "until"];

/// What a camera has to meet.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The lowest rate, the longest gap, and the size of each picture.
    pub demands: Demands,
    /// Whether the stream must not end.
    pub expect_live: bool,
    /// Rules that do not count until a day.
    pub exempt: Vec<Exempt>,
}

#[derive(Debug, Deserialize)]
struct File {
    min_fps: Option<f64>,
    max_gap: Option<String>,
    size: Option<String>,
    #[serde(default)]
    expect_live: bool,
    #[serde(default)]
    ignore: Vec<Ignore>,
}

#[derive(Debug, Deserialize)]
struct Ignore {
    rule: String,
    reason: String,
    until: toml::Value,
}

impl Expected {
    /// Reads a file. `today`: rules that were exempt until an earlier day count again.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is wrong: the message names the file and the line.
    pub fn read(path: &Path, today: Date, stop: &Stop) -> Result<Self, Problem> {
        let shown = path.display();
        let bytes = option_file::read(path, stop)
            .with_context(|| format!("cannot read the expectations in {shown}"))?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{shown} is not UTF-8"))?;
        Ok(Self::parse(&text, today).map_err(|(line, why)| anyhow!("{shown}:{line}: {why}"))?)
    }

    /// The expectations, or the number of a wrong line and what is wrong with it.
    fn parse(text: &str, today: Date) -> Result<Self, (usize, String)> {
        let line = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
        let fault = |error: &toml::de::Error| {
            (line(error.span().map_or(0, |span| span.start)), error.message().replace('\n', " "))
        };
        let table = DeTable::parse(text).map_err(|error| fault(&error))?;
        let line_of = |key: &str| {
            let found = table.get_ref().iter().find(|(its, _)| its.get_ref() == key);
            line(found.map_or(0, |(key, _)| key.span().start))
        };
        known(table.get_ref(), &KEYS).map_err(|(offset, why)| (line(offset), why))?;
        let mut lines = Vec::new();
        if let Some(DeValue::Array(all)) = table.get_ref().get("ignore").map(toml::Spanned::get_ref) {
            for ignore in all {
                lines.push(line(ignore.span().start));
                if let DeValue::Table(table) = ignore.get_ref() {
                    known(table, &IGNORE_KEYS).map_err(|(offset, why)| (line(offset), why))?;
                    // Errors of the conversion below have no place inside an array.
                    for key in IGNORE_KEYS {
                        let Some(value) = table.get(key) else {
                            return Err((line(ignore.span().start), format!("missing field `{key}`")));
                        };
                        if key != "until" && !matches!(value.get_ref(), DeValue::String(_)) {
                            let why = format!("invalid type: {key} must be a string");
                            return Err((line(value.span().start), why));
                        }
                    }
                }
            }
        }
        let file: File = toml::from_str(text).map_err(|error| fault(&error))?;
        let wrong = |key: &'static str| move |why: String| (line_of(key), format!("{key}: {why}"));
        let min_fps =
            file.min_fps.map(|fps| fps.to_string().parse().map_err(wrong("min_fps"))).transpose()?;
        let max_gap = file.max_gap.map(|gap| value::limit(&gap).map_err(wrong("max_gap"))).transpose()?;
        let size = file.size.map(|size| size.parse().map_err(wrong("size"))).transpose()?;
        let mut exempt = Vec::new();
        for (n, ignore) in file.ignore.into_iter().enumerate() {
            let at = lines.get(n).copied().unwrap_or(1);
            exempt.push(ignore.exempt(today).map_err(|why| (at, format!("ignore: {why}")))?);
        }
        let demands = Demands { min_fps, max_gap, size };
        Ok(Self { demands, expect_live: file.expect_live, exempt })
    }
}

impl Ignore {
    fn exempt(self, today: Date) -> Result<Exempt, String> {
        let rule = rule(&self.rule)?;
        if self.reason.trim().is_empty() {
            return Err(format!("{} needs a reason", rule.code));
        }
        let form = "until: a day is written 2026-12-31";
        let until = match &self.until {
            toml::Value::Datetime(time) if time.time.is_none() => time.to_string(),
            toml::Value::String(text) => text.clone(),
            _ => return Err(form.into()),
        };
        let until: Date = until.parse().map_err(|_| form.to_string())?;
        Ok(Exempt {
            code: rule.code.into(),
            reason: self.reason,
            until: until.to_string(),
            expired: today > until,
        })
    }
}

fn rule(text: &str) -> Result<&'static Rule, String> {
    check::find(text).ok_or_else(|| format!("{text:?}: {}", unknown_rule(text)))
}

/// Checks the keys of a table. The error has the offset of the first unknown one.
fn known(table: &DeTable<'_>, keys: &[&str]) -> Result<(), (usize, String)> {
    let unknown = table.iter().map(|(key, _)| key).find(|key| !keys.contains(&key.get_ref().as_ref()));
    let Some(key) = unknown else { return Ok(()) };
    let hint = match check::nearest_word(key.get_ref(), keys) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known are {}", keys.join(", ")),
    };
    Err((key.span().start, format!("unknown key {:?}; {hint}", key.get_ref())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::mutated;
    use crate::value::Rate;

    fn parsed(text: &str) -> Result<Expected, (usize, String)> {
        Expected::parse(text, "2026-11-28".parse().unwrap())
    }

    #[test]
    fn a_file_has_limits_and_exemptions() {
        let text = "# front\nmin_fps = 12.5\nmax_gap = \"400ms\"\nsize = \"1280x720\"\nexpect_live = true\n\
            [[ignore]]\nrule = \"M215\"\nreason = \"old firmware\"\nuntil = 2026-11-28\n\
            [[ignore]]\nrule = \"preamble\"\nreason = \"ticket 7\"\nuntil = \"2026-11-27\"\n";
        let it = parsed(text).unwrap();
        assert_eq!(
            (it.demands.min_fps.map(Rate::fps), it.demands.max_gap),
            (Some(12.5), Some(Duration::from_millis(400)))
        );
        assert_eq!(it.demands.size.map(|size| (size.width, size.height)), Some((1280, 720)));
        assert!(it.expect_live);
        let exempt: Vec<_> = it.exempt.iter().map(|it| (&it.code[..], &it.until[..], it.expired)).collect();
        assert_eq!(exempt, [("M215", "2026-11-28", false), ("M201", "2026-11-27", true)]);
        assert!(parsed("").unwrap().exempt.is_empty());
        assert!(parsed("min_fps = 10").is_ok(), "a whole number");
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_line() {
        let ignore = |rule: &str, reason: &str, until: &str| {
            format!("\n[[ignore]]\nrule = \"{rule}\"\nreason = \"{reason}\"\nuntil = {until}\n")
        };
        for (text, line, why) in [
            ("\nmin_fsp = 3", 2, "unknown key \"min_fsp\"; did you mean min_fps?"),
            ("colour = 3", 1, "known are min_fps, max_gap"),
            ("\n\nmin_fps = \"x\"", 3, "invalid type"),
            ("min_fps = 0", 1, "min_fps: "),
            ("\nmax_gap = \"0s\"", 2, "max_gap: "),
            ("\nsize = \"big\"", 2, "size: "),
            ("min_fps = ", 1, ""),
            (&ignore("M215", " ", "2026-01-01"), 2, "M215 needs a reason"),
            (&ignore("M999", "x", "2026-01-01"), 2, "no rule has this code"),
            (&ignore("content-lenght-short", "x", "2026-01-01"), 2, "did you mean content-length-short"),
            (&ignore("M215", "x", "\"soon\""), 2, "2026-12-31"),
            (&ignore("M215", "x", "7"), 2, "2026-12-31"),
            (&(ignore("M215", "x", "2026-01-01") + "untl = 3\n"), 6, "did you mean until?"),
            ("[[ignore]]\nrule = \"M215\"\nuntil = 2026-01-01\n", 1, "missing field `reason`"),
            (
                &(ignore("M215", "x", "2026-01-01") + "\n[[ignore]]\nreason = \"x\"\n"),
                7,
                "missing field `rule`",
            ),
            (
                "min_fps = 3\n\n[[ignore]]\nreason = \"x\"\nrule = 3\nuntil = 2026-01-01\n",
                5,
                "must be a string",
            ),
        ] {
            let (at, error) = parsed(text).unwrap_err();
            assert!(at == line && error.contains(why), "{text:?}: {at}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_expectations_or_a_mistake_in_a_line(text in mutated::text(&[
                b"# front\nmin_fps = 12.5\nmax_gap = \"400ms\"\nsize = \"1280x720\"\nexpect_live = true\n[[ignore]]\nrule = \"M215\"\nreason = \"old\"\nuntil = 2026-11-28\n",
                b"ignore = [{ rule = \"M2\", reason = \"\", until = \"2026-11-27\" }]",
            ])) {
            if let Err((line, why)) = parsed(&text) {
                prop_assert!(line >= 1 && line <= text.matches('\n').count() + 1 && !why.contains('\n'), "{}: {}", line, why);
            }
        }
    }
}
