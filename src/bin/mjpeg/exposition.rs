//! Metrics as text for Prometheus, in its exposition format 0.0.4.
//!
//! Why not a crate: the metrics are plain numbers, so one loop prints them.
//! `prometheus-client` 0.26 prints this format too, but only from a registry of `Send + Sync` metrics or collectors;
//! `prometheus` 0.14 prints `MetricFamily` values, which take more code to build than this. Both need `parking_lot` and
//! other dependencies.

use std::fmt::Write as _;

use crate::output::printable;

/// The value of the field `Content-Type` for this text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number that only grows; its name ends with `_total`.
    Counter,
    /// A number that goes up and down.
    Gauge,
}

/// The text, one family after the other.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

/// The samples of one metric. A family without samples is not in the text.
#[derive(Debug)]
pub struct Family<'a> {
    text: &'a mut String,
    name: &'a str,
    kind: Kind,
    help: &'a str,
    is_empty: bool,
}

impl Exposition {
    /// Starts a family. Call it once for each name: the format allows one block of samples for a name.
    pub fn family<'a>(&'a mut self, name: &'a str, kind: Kind, help: &'a str) -> Family<'a> {
        debug_assert!(is_name(name), "{name:?} is not the name of a metric");
        debug_assert!(!self.text.contains(&format!("# TYPE {name} ")), "{name} has two families");
        Family { text: &mut self.text, name, kind, help, is_empty: true }
    }

    /// The text so far. Each line has its end.
    pub fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// Adds a sample with its labels, of which none has the same names and values as another sample of the family.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        let (name, text) = (self.name, &mut *self.text);
        // Writing to a string does not fail.
        if self.is_empty {
            self.is_empty = false;
            let kind = match self.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            let help = self.help.replace('\\', "\\\\").replace('\n', "\\n");
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        }
        text.push_str(name);
        for (n, (label, value)) in labels.iter().enumerate() {
            debug_assert!(is_name(label), "{label:?} is not the name of a label");
            let before = if n == 0 { '{' } else { ',' };
            let _ = write!(text, "{before}{label}=\"{}\"", escaped(value));
        }
        if !labels.is_empty() {
            text.push('}');
        }
        let _ = match value {
            f64::INFINITY => writeln!(text, " +Inf"),
            f64::NEG_INFINITY => writeln!(text, " -Inf"),
            // NaN is printed as the format has it.
            value => writeln!(text, " {value}"),
        };
    }

    /// Adds a sample if there is a value.
    pub fn sample_if(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.sample(labels, value);
        }
    }
}

/// The value of a label, escaped as the format requires. Control characters are escaped before: the text may have bytes from
/// the network, and people look at it on terminals.
fn escaped(value: &str) -> String {
    printable(value).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Whether `name` may name a metric or a label: `[a-zA-Z_][a-zA-Z0-9_]*`. Colons are for recording rules.
fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_one_head_and_one_line_for_each_sample() {
        let mut all = Exposition::default();
        let mut frames = all.family("frames_total", Kind::Counter, "Frames.");
        frames.sample(&[("stream", "front")], 12.0);
        frames.sample(&[("stream", "back"), ("dialect", "axis")], 1.5);
        frames.sample_if(&[("stream", "side")], None);
        all.family("unused", Kind::Gauge, "No sample.");
        all.family("up", Kind::Gauge, "Up:\n1 or \\0.").sample(&[], 1.0);
        let expected = "# HELP frames_total Frames.\n# TYPE frames_total counter\n\
            frames_total{stream=\"front\"} 12\nframes_total{stream=\"back\",dialect=\"axis\"} 1.5\n\
            # HELP up Up:\\n1 or \\\\0.\n# TYPE up gauge\nup 1\n";
        assert_eq!(all.into_text(), expected);
    }

    #[test]
    fn labels_are_escaped() {
        for (value, expected) in [
            ("plain, käse 日本", "plain, käse 日本"),
            ("a\"b\\c", r#"a\"b\\c"#),
            ("a\nb\r\x1b[31m\u{202e}", r"a\\nb\\r\\x1b[31m\\u{202e}"),
        ] {
            assert_eq!(escaped(value), expected);
        }
    }

    #[test]
    fn numbers_that_are_none_have_the_words_of_the_format() {
        let mut all = Exposition::default();
        let mut family = all.family("x", Kind::Gauge, "X.");
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-9] {
            family.sample(&[], value);
        }
        assert!(all.into_text().ends_with("x NaN\nx +Inf\nx -Inf\nx 0.000000001\n"));
    }
}
