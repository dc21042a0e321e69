//! Help that is no subcommand's: `mjpeg help TOPIC`. The text is the `before_help`: clap puts empty lines before an `after_help`.

use clap::{Args, Command};

use crate::exit::{Exit, Failure, Outcome};
use crate::output;

const EXIT_CODES: &str = "\
The exit codes of all commands:

  0  done: the command did what was asked
  1  the answer is no: findings of check, a difference of inspect --diff, a
     missed goal of record, a missed threshold of bench
  2  the command line is wrong; nothing was opened
  3  unreachable: the name, the connection, TLS, the password, the HTTP status
  4  not a stream: there is an answer, but no picture can be found in it
  5  stalled: no picture in time; reset; cut inside a picture
  6  our side: a file, the disk, a socket to listen on

Of several targets the highest code counts. check --format nagios has the codes of Nagios plugins \
instead: 0 OK, 1 warning, 2 critical, 3 unknown. A signal that ends a run before its goal ends the \
process by that signal. `mjpeg serve SOURCE -- COMMAND` has the exit code of COMMAND.";

const TARGETS: &str = "\
What can be read (TARGET, SOURCE):

  http://camera/stream   a stream, or a picture that is polled (--poll); https
  capture.http           a saved response: of mjpeg record --raw, or of curl -i
  all.mjpeg, a.jpg       JPEGs one after the other in a file, or one of them
  frames/                a directory: JPEG files (serve), a recording of mjpeg
                         record (check, inspect)
  -                      standard input, with any of these bytes
  test:640x480           a test pattern; test: is 320x240

A user and a password may be in the URL, but other users of this machine can see them: \
--password-file and --netrc-file hide them. A line of a file for --targets is `NAME URL [options]`, \
quoted as in a shell; `#` starts a comment.";

const FORMATS: &str = "\
What is printed:

  --format text   lines for people; they may change with each version
  --format json   objects for programs: one for each target, part or row, each
                  on one line. `schema` has its name and version, such as
                  mjpeg.check/1. Names have units (gap_max_ms). What is
                  unknown is absent

check also has junit, github, nagios, prometheus and markdown, and writes a page: --report FILE

Standard output has results only; messages are on standard error. Those about what happens in a \
run have the time, in UTC as in JSON and in the manifest: 2026-11-28T08:44:03.123Z.

What record writes:

  OUT/frame-000001.jpg      the pictures, bit for bit
  OUT/manifest.jsonl        a line of JSON for each part: offset, time, damage
  OUT/damaged/              what is not a whole picture
  --concat, --mkv           all pictures in one file: one after the other, or
                            a Matroska video
  --raw FILE, FILE.timing   the response as received, and the time of each
                            read: mjpeg serve FILE

A time is 500ms, 10s, 2m, or a number of seconds. A size is a number of bytes, or 64k, 1M, 2G \
(k = 1024).";

/// The exit codes of all commands
#[derive(Debug, Args)]
#[command(before_help = EXIT_CODES, help_template = "{before-help}")]
pub struct ExitCodes {}

/// What can be read: URLs, files, directories, standard input, the test pattern
#[derive(Debug, Args)]
#[command(before_help = TARGETS, help_template = "{before-help}")]
pub struct Targets {}

/// What is printed and written
#[derive(Debug, Args)]
#[command(before_help = FORMATS, help_template = "{before-help}")]
pub struct Formats {}

/// The topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Exit codes.
    ExitCodes,
    /// Targets.
    Targets,
    /// Formats.
    Formats,
}

impl Topic {
    /// The name, as typed.
    fn name(self) -> &'static str {
        match self {
            Self::ExitCodes => "exit-codes",
            Self::Targets => "targets",
            Self::Formats => "formats",
        }
    }

    /// Prints the text, as wide as the terminal. `root` is the whole command line.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn run(self, mut root: Command) -> Result<Outcome, Failure> {
        root.build();
        let help = root.find_subcommand_mut(self.name()).map(|topic| topic.render_help().to_string());
        output::result(help.unwrap_or_default().trim())?;
        Ok(Outcome::Exit(Exit::Done))
    }
}
