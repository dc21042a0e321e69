//! Man pages and shell completions, for packagers.

use std::io;

use clap::{Command, ValueEnum};
use clap_complete::Shell;

use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg completions bash > ~/.local/share/bash-completion/completions/mjpeg
  mjpeg completions zsh > ~/.zfunc/_mjpeg
  mjpeg completions fish > ~/.config/fish/completions/mjpeg.fish")]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Runs `mjpeg completions`. `root` is the whole command line.
    pub fn run(self, mut root: Command) -> Result<Outcome, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut root, "mjpeg", &mut script);
        print(&script)
    }
}

/// Print a man page
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The subcommand; without it, the page of mjpeg itself
    subcommand: Option<Page>,
}

/// The subcommands and topics that have a page.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Page {
    Serve,
    Record,
    Check,
    Inspect,
    Monitor,
    Bench,
    ExitCodes,
    Targets,
    Formats,
}

impl Man {
    /// Runs `mjpeg man`. `root` is the whole command line.
    pub fn run(self, mut root: Command) -> Result<Outcome, Failure> {
        root.build();
        let command = match self.subcommand.and_then(|page| page.to_possible_value()) {
            Some(page) => {
                let name = page.get_name();
                let found = root.find_subcommand(name).cloned();
                found.ok_or_else(|| Failure::local(anyhow::anyhow!("there is no subcommand {name}")))?
            }
            None => root,
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .manual("mjpeg manual")
            .source(concat!("mjpeg ", env!("CARGO_PKG_VERSION")))
            // A date would make the page differ from day to day.
            .date("")
            .render(&mut page)
            .map_err(Failure::local)?;
        print(&page)
    }
}

fn print(bytes: &[u8]) -> Result<Outcome, Failure> {
    use io::Write as _;
    io::stdout().lock().write_all(bytes).map_err(output::stdout_failure)?;
    Ok(Outcome::Exit(Exit::Done))
}
