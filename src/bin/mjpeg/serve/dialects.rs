//! `--dialect` and `--list-dialects`.

use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;

use crate::dialect::{self, Description};
use crate::exit::Failure;

/// A dialect, as given on the command line.
#[derive(Debug, Clone)]
pub struct Dialect {
    description: Arc<Description>,
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
    pub fn description(&self) -> Rc<Description> {
        Rc::new(Description::clone(&self.description))
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let (_, description) = dialect::named(name).map_err(|error| error.to_string())?;
        Ok(Self { description: Arc::new(description) })
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
