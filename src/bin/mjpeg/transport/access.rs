//! What the options say about reaching a target, with the files that they name read.

use std::io;
use std::path::Path;

use anyhow::anyhow;

use super::credentials::Credentials;
use super::field::Field;
use super::netrc;
use super::options::Options;
use super::place::Place;
use super::proxy::Proxy;
use super::secrets::Secrets;
use crate::option_file;
use crate::problem::Problem;
use crate::signal::Stop;

const PASSWORD_FILE: &str = "--password-file";

/// Fields and credentials for the requests of one target.
pub struct Access {
    pub(super) options: Options,
    /// The URL of the target. What is secret is for its host only.
    start: Place,
    fields: Vec<Field>,
    /// The first line of the password file.
    password: Option<Vec<u8>>,
    netrc: Option<String>,
}

impl Access {
    /// Reads the files that `options` name.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a signal arrives first.
    pub fn read(options: &Options, start: &Place, stop: &Stop) -> Result<Self, Problem> {
        let mut fields = Vec::new();
        for argument in &options.request.header {
            argument.read(&mut fields, stop)?;
        }
        let password_file = options.request.password_file.as_deref();
        let password = password_file.map(|path| first_line(path, stop)).transpose()?;
        let netrc = match &options.request.netrc_file {
            Some(path) => Some(String::from_utf8_lossy(&contents(path, "--netrc-file", stop)?).into_owned()),
            None => None,
        };
        Ok(Self { options: options.clone(), start: start.clone(), fields, password, netrc })
    }

    /// The fields of `--header` for a request to `place`.
    pub fn fields(&self, place: &Place) -> &[Field] {
        if place.is_same_origin(&self.start) { &self.fields } else { &[] }
    }

    /// Whether `--header` has an Authorization for `place`. It is sent instead of what the server asks for.
    pub fn has_authorization(&self, place: &Place) -> bool {
        self.fields(place).iter().any(|it| it.name.eq_ignore_ascii_case("authorization"))
    }

    /// Whether there are secrets that are not sent to `place`, because a redirection led there.
    pub fn withholds_from(&self, place: &Place) -> bool {
        let has_secrets = self.start.credentials().is_some()
            || self.options.request.user.is_some()
            || self.password.is_some()
            || !self.fields.is_empty();
        has_secrets && !place.is_same_origin(&self.start)
    }

    /// What is secret in the requests for the target.
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        self.add_secrets(&self.start, &mut secrets);
        self.fields.iter().for_each(|field| secrets.add_field(field));
        if let Some(Proxy::At(proxy)) = &self.options.proxy {
            proxy.credentials().iter().for_each(|it| secrets.add_credentials(it));
        }
        secrets
    }

    /// Adds what is secret in a request to `place`.
    pub fn add_secrets(&self, place: &Place, secrets: &mut Secrets) {
        secrets.add_parameters(place.target());
        place.credentials().into_iter().for_each(|it| secrets.add_credentials(it));
        self.credentials(place).iter().for_each(|it| secrets.add_credentials(it));
    }

    /// The user and password for `place`.
    pub fn credentials(&self, place: &Place) -> Option<Credentials> {
        let of_netrc = || self.netrc.as_deref().and_then(|text| netrc::find(text, place.host().name()));
        if !place.is_same_origin(&self.start) {
            return place.credentials().cloned().or_else(of_netrc);
        }
        let typed = self.options.request.user.as_ref().map(|user| Credentials::parse(user.0.as_bytes()));
        match (typed.or_else(|| place.credentials().cloned()), &self.password) {
            (Some(credentials), Some(password)) => Some(Credentials::new(credentials.user, password.clone())),
            (None, Some(line)) => Some(Credentials::parse(line)),
            (credentials, None) => credentials.or_else(of_netrc),
        }
    }
}

fn first_line(path: &Path, stop: &Stop) -> Result<Vec<u8>, Problem> {
    let bytes = contents(path, PASSWORD_FILE, stop)?;
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(anyhow!("--password-file {}: its first line is empty", path.display()).into());
    }
    Ok(line.to_vec())
}

fn contents(path: &Path, option: &str, stop: &Stop) -> Result<Vec<u8>, Problem> {
    option_file::read(path, stop).map_err(|error| match error.kind() {
        // The name may be the password itself.
        io::ErrorKind::NotFound if option == PASSWORD_FILE && path.components().count() == 1 => {
            Problem::new(anyhow!("cannot read {option}: there is no such file"))
                .hint("it takes the name of a file; the password is its first line")
        }
        _ => anyhow::Error::new(error).context(format!("cannot read {option} {}", path.display())).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::request_options::{RequestOptions, Secret};
    use super::*;

    #[test]
    fn the_password_comes_from_the_file_and_stays_with_its_host() {
        let folder = tempfile::tempdir().unwrap();
        let (password, netrc) = (folder.path().join("password"), folder.path().join("netrc"));
        std::fs::write(&password, "a:b\r\nrest").unwrap();
        std::fs::write(&netrc, "machine cam login n password q\nmachine other login o password r").unwrap();
        let options = |user: Option<&str>, has_password: bool, has_netrc: bool| {
            let request = RequestOptions {
                header: Vec::new(),
                user: user.map(|user| Secret(user.into())),
                password_file: has_password.then(|| password.clone()),
                netrc_file: has_netrc.then(|| netrc.clone()),
            };
            Options { request, ..Options::default() }
        };
        for (options, url, expected, elsewhere) in [
            (options(None, false, false), "http://u:p@cam/", Some(("u", "p")), None),
            (options(Some("v:w"), false, false), "http://u:p@cam/", Some(("v", "w")), None),
            (options(Some("v"), true, false), "http://cam/", Some(("v", "a:b")), None),
            (options(None, true, false), "http://u@cam/", Some(("u", "a:b")), None),
            (options(None, true, false), "http://cam/", Some(("a", "b")), None),
            (options(None, false, true), "http://cam/", Some(("n", "q")), Some(("o", "r"))),
            (options(None, false, true), "http://u:p@cam/", Some(("u", "p")), Some(("o", "r"))),
            (options(None, false, false), "http://cam/", None, None),
        ] {
            let start = Place::parse(url).unwrap();
            let access = Access::read(&options, &start, &Stop::default()).unwrap();
            let credentials =
                |pair: Option<(&str, &str)>| pair.map(|(user, password)| Credentials::new(user, password));
            assert!(access.credentials(&start) == credentials(expected), "{url} {options:?}");
            let other = Place::parse("http://other/").unwrap();
            assert!(access.credentials(&other) == credentials(elsewhere), "{url} {options:?}");
        }
    }
}
