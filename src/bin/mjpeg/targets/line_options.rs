//! The options of a line, over those of the command line.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Args, Command};

/// The options that a line may set. Those of the command line count for all lines; an option of a line replaces them.
pub trait LineOptions: Args + Clone {
    /// Whether a line may have the option of this field. Others are for the whole run.
    fn is_of_lines(field: &str) -> bool;

    /// Removes the options of the command line that an option of the line replaces although it has another name.
    /// `is_typed` answers for the name of a field whether the line has its option.
    fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool);
}

/// It may be a password.
const STRAY_WORD: &str = "a word after the URL is no option and no value of one; are quotes missing?";

/// Reads the words of a line. `common`: the options of the command line.
///
/// # Errors
///
/// Why the words are no options of a line, without passwords.
pub fn parse<O: LineOptions>(words: &[String], common: &O) -> Result<O, String> {
    let mut options = common.clone();
    if words.is_empty() {
        return Ok(options);
    }
    let line = Command::new("line").no_binary_name(true).disable_help_flag(true).disable_version_flag(true);
    // As `augment_args_for_update`, whose code would be in the program a second time. The defaults are taken away below.
    let line = O::augment_args(line).mut_args(|arg| arg.required(false));
    let positional: Vec<_> = line.get_positionals().map(|arg| arg.get_id().clone()).collect();
    let mut matches = line.try_get_matches_from(words).map_err(|error| said(&error))?;
    // A default value is not typed: it must not replace an option of the command line.
    let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let defaults: Vec<_> = matches.ids().filter(|id| !is_typed(id.as_str())).cloned().collect();
    for id in defaults {
        // It is one of the matches, so it is known.
        let _ = matches.try_clear_id(id.as_str());
    }
    for id in matches.ids() {
        if positional.contains(id) {
            return Err(STRAY_WORD.into());
        }
        if !O::is_of_lines(id.as_str()) {
            return Err(format!("--{} is for the whole run, not for a line", id.as_str().replace('_', "-")));
        }
    }
    options.yield_to(&|id| matches.try_contains_id(id).unwrap_or_default());
    options.update_from_arg_matches_mut(&mut matches).map_err(|error| said(&error))?;
    Ok(options)
}

/// What an error of clap says, on one line.
fn said(error: &clap::Error) -> String {
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        // A word that is no option may be a password.
        let option = word.split('=').next().filter(|word| word.starts_with('-'));
        return match option {
            Some(option) => {
                let near = match error.get(ContextKind::SuggestedArg) {
                    Some(ContextValue::String(near)) => format!("; did you mean {near}?"),
                    _ => String::new(),
                };
                format!("there is no option {option} here{near}")
            }
            None => STRAY_WORD.into(),
        };
    }
    let text = error.render().to_string();
    let said: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let said = said.join(" ");
    said.strip_prefix("error: ").map_or(said.clone(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Options;

    #[derive(Debug, Clone, Args)]
    struct Some {
        #[arg(long, default_value_t = 1)]
        every: u64,
        #[arg(long)]
        deep: bool,
        #[arg(long)]
        of_run: bool,
        out: Option<String>,
        #[command(flatten)]
        transport: Options,
    }

    impl LineOptions for Some {
        fn is_of_lines(field: &str) -> bool {
            field != "of_run"
        }

        fn yield_to(&mut self, is_typed: &dyn Fn(&str) -> bool) {
            self.transport.yield_to(is_typed);
        }
    }

    fn parsed(line: &str, common: &Some) -> Result<Some, String> {
        parse(&shlex::split(line).unwrap(), common)
    }

    fn command_line(line: &str) -> Some {
        let matches = Some::augment_args(Command::new("x").no_binary_name(true))
            .try_get_matches_from(shlex::split(line).unwrap());
        clap::FromArgMatches::from_arg_matches(&matches.unwrap()).unwrap()
    }

    /// The options that are set, and how.
    fn set(options: &Some) -> String {
        let Some { every, deep, transport, .. } = options;
        let user = transport.request.user.as_ref().map(|user| user.0.as_str());
        let rest = (&transport.request.password_file, &transport.request.netrc_file, &transport.cacert);
        let fields = transport.request.header.len();
        format!("{every} {deep} {user:?} {rest:?} {} {fields}", transport.insecure)
    }

    #[test]
    fn a_line_replaces_what_it_says_and_keeps_the_rest() {
        let common = "--every 5 --deep --user a:b --insecure --header 'A: 1' --header 'B: 2'";
        for (line, same_as) in [
            ("", common),
            ("--every 1", "--deep --user a:b --insecure --header 'A: 1' --header 'B: 2'"),
            ("--user c:d", "--every 5 --deep --user c:d --insecure --header 'A: 1' --header 'B: 2'"),
            ("--header 'C: 3'", "--every 5 --deep --user a:b --insecure --header 'C: 3'"),
            ("--netrc-file n", "--every 5 --deep --netrc-file n --insecure --header 'A: 1' --header 'B: 2'"),
            ("--cacert c", "--every 5 --deep --user a:b --cacert c --header 'A: 1' --header 'B: 2'"),
        ] {
            let options = parsed(line, &command_line(common)).unwrap();
            assert_eq!(set(&options), set(&command_line(same_as)), "{line}");
        }
        // A password file of the command line is for its user, not for one of a line.
        let options = parsed("--user c:d", &command_line("--password-file p")).unwrap();
        assert_eq!(set(&options), set(&command_line("--user c:d")));
    }

    #[test]
    fn a_fault_is_one_line_without_passwords() {
        for (line, why) in [
            ("--every x", "invalid value 'x' for '--every <EVERY>'"),
            ("--user", "--user"),
            ("--fast=secret", "no option --fast"),
            ("--evrey=secret", "no option --evrey here; did you mean --every?"),
            ("-x", "no option -x"),
            ("--help", "no option --help"),
            ("--user u secret", "quotes"),
            ("--user u secret secret", "quotes"),
            ("--of-run", "--of-run is for the whole run"),
            ("--header secret", "--header"),
            ("--insecure --cacert c", "cannot be used with"),
            ("--netrc-file n --user u:secret --password-file p", "cannot be used with"),
        ] {
            let error = parsed(line, &command_line("")).unwrap_err();
            assert!(error.contains(why) && !error.contains('\n'), "{line}: {error}");
            assert!(!error.contains("secret") && !error.starts_with("error"), "{line}: {error}");
        }
    }
}
