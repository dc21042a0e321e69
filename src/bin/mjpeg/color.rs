//! Whether text is coloured.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// When to colour text on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set, or TERM is dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether to colour standard output.
    pub fn on_stdout(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => allows_color(|name| std::env::var_os(name), io::stdout().is_terminal()),
        }
    }

    /// The same for the help and the errors that clap prints, on either stream.
    pub fn of_clap(self) -> clap::ColorChoice {
        match self {
            Self::Auto => clap::ColorChoice::Auto,
            Self::Always => clap::ColorChoice::Always,
            Self::Never => clap::ColorChoice::Never,
        }
    }
}

/// Whether text may be coloured if nothing else is asked for, as clap decides it: https://no-color.org,
/// https://bixense.com/clicolors.
fn allows_color(variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|it| it == value);
    if variable("NO_COLOR").is_some_and(|it| !it.is_empty()) {
        return false;
    }
    let is_forced = variable("CLICOLOR_FORCE").is_some_and(|it| it != "0");
    is_forced || (is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_about_colours() {
        for (variables, is_terminal, expected) in [
            (&[][..], true, true),
            (&[], false, false),
            (&[("NO_COLOR", "1")], true, false),
            (&[("NO_COLOR", "")], true, true),
            (&[("CLICOLOR_FORCE", "1")], false, true),
            (&[("CLICOLOR_FORCE", "0")], false, false),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true, false),
            (&[("CLICOLOR", "0")], true, false),
            (&[("TERM", "dumb")], true, false),
        ] {
            let variable = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.into());
            assert_eq!(allows_color(variable, is_terminal), expected, "{variables:?}");
        }
    }
}
