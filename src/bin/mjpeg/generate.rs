//! Man pages and shell completions, for packagers.

use std::path::PathBuf;
use std::{fs, io};

use clap::Command;
use clap_complete::Shell;
use mjpeg::check::nearest_word;

use crate::exit::{Exit, Failure, Outcome};
use crate::redacted::redacted;
use crate::usage::Usage;
use crate::{manual, output};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(mjpeg completions bash)    # in ~/.bashrc
  source <(mjpeg completions zsh)     # in ~/.zshrc, below compinit
  mjpeg completions fish | source     # in ~/.config/fish/config.fish")]
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

/// Print a man page, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg man bench chunks | man -l -    # shows it
  mjpeg man --all ~/.local/share/man/man1")]
pub struct Man {
    /// Write all pages into the folder DIR, each as NAME.1; it is made if it does not exist
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,

    /// The subcommand, such as `bench chunks`, or the name of a page, such as `mjpeg-bench-chunks`; without it, the page of mjpeg itself
    #[arg(value_name = "COMMAND", conflicts_with = "all")]
    words: Vec<String>,
}

impl Man {
    /// Runs `mjpeg man`. `root` is the whole command line.
    pub fn run(self, root: Command) -> Result<Outcome, Failure> {
        let mut root = root.disable_help_subcommand(true);
        root.build();
        let pages = manual::commands_with_pages(&root);
        if let Some(folder) = self.all {
            fs::create_dir_all(&folder).map_err(|cause| {
                Failure::local(anyhow::anyhow!("cannot create {}: {cause}", folder.display()))
            })?;
            for (words, command) in pages {
                let name = [&["mjpeg".into()], &*words].concat().join("-");
                let file = folder.join(name).with_extension("1");
                let page = manual::page(command).map_err(Failure::local)?;
                fs::write(&file, page).map_err(|cause| {
                    Failure::local(anyhow::anyhow!("cannot write {}: {cause}", file.display()))
                })?;
            }
            return Ok(Outcome::Exit(Exit::Done));
        }
        let Some((_, command)) = pages.iter().find(|(words, _)| words.join("-") == page_name(&self.words))
        else {
            let names: Vec<String> = pages.iter().map(|(words, _)| words.join("-")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            let near = nearest_word(&page_name(&self.words), &names);
            let hint = near.map(|name| format!("; did you mean mjpeg-{name}?")).unwrap_or_default();
            let words = redacted(&self.words.join(" "));
            Usage::value(format!("there is no man page for `{words}`{hint}")).exit(root.clone(), &["man"]);
        };
        print(manual::page(command).map_err(Failure::local)?.as_bytes())
    }
}

/// The name of a page without `mjpeg` in front: `bench-chunks` of `bench chunks`, `bench-chunks` and `mjpeg-bench-chunks`.
fn page_name(words: &[String]) -> String {
    let name = words.join("-");
    match name.strip_prefix("mjpeg") {
        Some("") => String::new(),
        Some(rest) => rest.strip_prefix('-').unwrap_or(&name).into(),
        None => name,
    }
}

fn print(bytes: &[u8]) -> Result<Outcome, Failure> {
    use io::Write as _;
    io::stdout().lock().write_all(bytes).map_err(output::stdout_failure)?;
    Ok(Outcome::Exit(Exit::Done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_the_words_of_a_command_or_by_its_own_name() {
        let name = |words: &str| page_name(&words.split(' ').map(String::from).collect::<Vec<_>>());
        for (words, expected) in [
            ("mjpeg", ""),
            ("check", "check"),
            ("mjpeg check", "check"),
            ("mjpeg-check", "check"),
            ("bench chunks", "bench-chunks"),
            ("mjpeg-bench-chunks", "bench-chunks"),
            ("mjpegs", "mjpegs"),
        ] {
            assert_eq!(name(words), expected);
        }
        assert_eq!(page_name(&[]), "");
    }
}
