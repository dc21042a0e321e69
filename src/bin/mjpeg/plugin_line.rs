//! The line that a plugin of Nagios or Icinga prints.

use crate::exit::Service;
use crate::output::printable;

/// The line: `MJPEG OK - text`. `|` would begin performance data, so the text must be [`plain`] or ours.
pub fn line(service: Service, text: &str) -> String {
    format!("MJPEG {} - {text}", service.name())
}

/// Text for the line. Without `|`, which begins the performance data, and without the characters that a server removes or that a
/// shell acts on: some servers put the line into a command.
pub fn plain(text: &str) -> String {
    let change = |c: char| match c {
        '|' | '`' | '$' | '<' | '>' | '&' | '~' | ';' => '?',
        '"' | '\'' => '*',
        c => c,
    };
    printable(text).chars().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_line_or_reaches_a_shell() {
        let text = plain("a|b `c` $(d) <e> \"f\" 'g'; h & ~\n\x1b");
        assert_eq!(line(Service::Unknown, &text), "MJPEG UNKNOWN - a?b ?c? ?(d) ?e? *f* *g*? h ? ?\\n\\x1b");
    }
}
