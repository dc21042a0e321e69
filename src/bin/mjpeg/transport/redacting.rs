//! A value parser for arguments that may hold a password: its usage error shows the value without it.
//!
//! The errors of clap print the value as typed.

use std::ffi::OsStr;
use std::marker::PhantomData;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Parses with a function, and shows an invalid value through another one.
#[derive(Debug)]
pub struct Redacting<T> {
    parse: fn(&OsStr) -> Result<T, String>,
    shown: fn(&str) -> String,
    value: PhantomData<T>,
}

impl<T> Redacting<T> {
    /// A parser whose errors show `shown(value)`.
    pub fn new(parse: fn(&OsStr) -> Result<T, String>, shown: fn(&str) -> String) -> Self {
        Self { parse, shown, value: PhantomData }
    }
}

// Not derived: that would ask the same of T.
impl<T> Clone for Redacting<T> {
    fn clone(&self) -> Self {
        Self::new(self.parse, self.shown)
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Redacting<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        (self.parse)(value).map_err(|why| {
            let shown = (self.shown)(&value.to_string_lossy());
            let place = arg.map(|arg| format!(" for '{arg}'")).unwrap_or_default();
            let message = format!("invalid value '{shown}'{place}: {why}");
            command.clone().error(ErrorKind::ValueValidation, message)
        })
    }
}
