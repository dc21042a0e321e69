//! The options of a request itself: its fields, and who asks.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use clap::Args;

use super::field::FieldArgument;
use super::redacting::Redacting;

/// The title of all options for URLs in help. Each has it: that of a structure would be the title of all options behind it too.
pub const TITLE: &str = "Options for URLs";

/// What a request says. All subcommands that send one have these options.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[group(skip)]
pub struct RequestOptions {
    /// Send this field with the request, to this host only; @FILE has a field in each line. Replaces a field that is
    /// sent by default; `NAME:` removes it
    #[arg(long, help_heading = TITLE, value_name = "NAME: VALUE", value_parser = FieldArgument::parser())]
    pub header: Vec<FieldArgument>,
    /// User and password, if the camera asks for them (Digest or Basic). Other users of this machine can see them in
    /// the list of processes: prefer --password-file or --netrc-file
    #[arg(long, help_heading = TITLE, value_name = "USER[:PASSWORD]", value_parser = secret())]
    pub user: Option<Secret>,
    /// Read the password of --user, or of the user in the URL, from the first line of FILE; without a user the line
    /// is USER:PASSWORD
    #[arg(long, help_heading = TITLE, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Read user and password of the host from FILE, which has the format of ~/.netrc
    #[arg(long, help_heading = TITLE, value_name = "FILE", conflicts_with_all = ["user", "password_file"])]
    pub netrc_file: Option<PathBuf>,
}

impl RequestOptions {
    /// Removes user and password, and the files that have them.
    pub fn forget_credentials(&mut self) {
        (self.user, self.password_file, self.netrc_file) = (None, None, None);
    }
}

/// A value of the command line that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

fn secret() -> Redacting<Secret> {
    let parse = |typed: &OsStr| match typed.to_str() {
        Some("") => Err("it is empty; leave the option out if there is no user".into()),
        Some(text) => Ok(Secret(text.into())),
        None => Err("it is not UTF-8".into()),
    };
    Redacting::new(parse, |_| "(redacted)".into())
}
