//! `--explain` and `--list-rules`.

use std::fmt::Write as _;

use mjpeg::check::{Rule, rules};

/// Longest line of the explanation, in characters.
const WIDTH: usize = 80;

/// One rule with its explanation.
pub fn rule(rule: &Rule) -> String {
    let mut text = format!("{} {} ({})\n\n  {}\n\n", rule.code, rule.name, rule.severity, rule.summary);
    for line in wrapped(rule.why) {
        let _ = writeln!(text, "  {line}");
    }
    let _ = write!(text, "\n  Source: {}", rule.section);
    if rule.effects.is_empty() {
        text += "\n  Consumers: all measured ones play";
    } else {
        text += "\n  Consumers:";
        for (consumer, effect) in rule.effects {
            let _ = write!(text, "\n    {effect:8} {}", consumer.version);
        }
    }
    text
}

/// All rules, each on one line.
pub fn list() -> String {
    rules()
        .map(|rule| format!("{} {:7} {:31} {}", rule.code, rule.severity, rule.name, rule.summary))
        .collect::<Vec<_>>()
        .join("\n")
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
