//! `--dialect` and `--list-dialects`.

use std::path::PathBuf;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::ValueEnum;
use serde::Serialize;

use crate::dialect::{self, Description};
use crate::exit::Failure;
use crate::option_file;
use crate::problem::Problem;
use crate::signal::Stop;

/// A dialect, as given on the command line.
#[derive(Debug, Clone)]
pub enum Dialect {
    /// One that the program has.
    Known(Arc<Description>),
    /// One that a file describes.
    File(PathBuf),
}

/// How the list is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Name, title and vendor
    #[default]
    Text,
    /// A JSON object
    Json,
}

/// One line of the list.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'a str>,
    source: &'a str,
}

impl Dialect {
    /// How it writes its stream.
    ///
    /// # Errors
    ///
    /// When its file cannot be read, or does not describe a dialect.
    pub fn description(&self, stop: &Stop) -> Result<Rc<Description>, Problem> {
        let path = match self {
            Self::Known(description) => return Ok(Rc::new(Description::clone(description))),
            Self::File(path) => path,
        };
        let shown = path.display();
        let bytes = option_file::read(path, stop).with_context(|| format!("cannot read {shown}"))?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{shown}: it is not UTF-8"))?;
        let description = Description::parse(&text).map_err(|why| anyhow!("{shown}: {why}"))?;
        Ok(Rc::new(description))
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name.contains('/') || name.ends_with(".toml") {
            return Ok(Self::File(name.into()));
        }
        let (_, description) = dialect::named(name).map_err(|error| error.to_string())?;
        Ok(Self::Known(Arc::new(description)))
    }
}

/// All dialects, a line each.
///
/// # Errors
///
/// When a line cannot be written as JSON.
pub fn list(format: Format) -> Result<String, Failure> {
    let all: Vec<_> = dialect::all().collect();
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (name, Description { title, vendor, source, .. }) in &all {
        lines.push(match format {
            Format::Text => {
                let vendor = vendor.as_deref().map(|vendor| format!(" ({vendor})")).unwrap_or_default();
                format!("{name:width$}  {title}{vendor}")
            }
            Format::Json => serde_json::to_string(&Line { name, title, vendor: vendor.as_deref(), source })
                .context("cannot write the list")
                .map_err(Failure::local)?,
        });
    }
    Ok(lines.join("\n"))
}
