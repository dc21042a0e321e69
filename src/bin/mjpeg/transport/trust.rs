//! Whose certificates are accepted, and where they are read from.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::options::Options;
use crate::problem::Problem;

/// Where systems keep the certificates of the public authorities, and of those that the administrator added.
const SYSTEM: [&str; 5] = [
    // Debian, Alpine, Arch
    "/etc/ssl/certs/ca-certificates.crt",
    // Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",
    // openSUSE
    "/etc/ssl/ca-bundle.pem",
    // macOS, FreeBSD, OpenBSD
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Whose certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// These, and those signed by them.
    Listed(Vec<CertificateDer<'static>>),
    /// Those of the public authorities that this program knows: the system has no list.
    Public,
    /// All.
    Anyone,
}

impl Trust {
    /// What the options say, else the variables `SSL_CERT_FILE` and `SSL_CERT_DIR` as OpenSSL has them, else the
    /// system.
    ///
    /// # Errors
    ///
    /// When a file that the user names has no certificates.
    pub fn of(options: &Options) -> Result<Self, Problem> {
        if options.insecure {
            return Ok(Self::Anyone);
        }
        if let Some(file) = &options.cacert {
            return Ok(Self::Listed(of_file(file)?));
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let (file, folders) = (variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR"));
        if file.is_none() && folders.is_none() {
            return Ok(Self::of_system(&SYSTEM.map(Path::new)));
        }
        let mut list = match &file {
            Some(file) => of_file(Path::new(file)).map_err(|problem| named("SSL_CERT_FILE", problem))?,
            None => Vec::new(),
        };
        if let Some(folders) = &folders {
            list.extend(of_folders(folders).map_err(|problem| named("SSL_CERT_DIR", problem))?);
        }
        Ok(Self::Listed(list))
    }

    /// The first of `files` that has certificates.
    fn of_system(files: &[&Path]) -> Self {
        let list = files.iter().find_map(|file| of_file(file).ok());
        list.map_or(Self::Public, Self::Listed)
    }
}

/// The problem of a file that a variable of the environment names.
fn named(variable: &str, problem: Problem) -> Problem {
    Problem { cause: problem.cause.context(format!("the variable {variable}")), hint: problem.hint }
}

/// The certificates of a file: PEM, or one in DER.
fn of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let list = read(path)?;
    if list.is_empty() {
        let problem = Problem::new(anyhow!("{} has no certificate", path.display()));
        return Err(problem.hint("a certificate starts with -----BEGIN CERTIFICATE-----"));
    }
    Ok(list)
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    /// Longer files are not lists of certificates. That of Debian has 220 kB.
    const LONGEST: u64 = 16 << 20;
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    file.take(LONGEST).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    // A SEQUENCE with a length of two bytes: DER.
    if bytes.starts_with(&[0x30, 0x82]) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    Ok(CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok).collect())
}

/// The certificates of all files in some folders, which colons separate. Other files in them do not count.
fn of_folders(folders: &OsStr) -> Result<Vec<CertificateDer<'static>>, Problem> {
    /// Further files are not read.
    const MOST_FILES: usize = 4096;
    let mut list = Vec::new();
    for folder in std::env::split_paths(folders) {
        let context = || format!("cannot open {}", folder.display());
        let entries = fs::read_dir(&folder).with_context(context)?.take(MOST_FILES);
        let files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        // A link by the hash of its subject leads to each file once more.
        for file in files.iter().filter(|file| file.is_file()) {
            list.extend(read(file).unwrap_or_default());
        }
    }
    if list.is_empty() {
        let shown = Path::new(folders).display();
        return Err(anyhow!("{shown} has no file with a certificate").into());
    }
    list.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    list.dedup();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    #[test]
    fn the_system_is_asked_before_the_authorities_that_are_built_in() {
        let dir = tempfile::tempdir().unwrap();
        let (missing, empty, pem) =
            (dir.path().join("missing"), dir.path().join("empty"), dir.path().join("pem"));
        fs::write(&empty, "").unwrap();
        fs::write(&pem, PEM).unwrap();
        let list = Trust::Listed(vec![CertificateDer::from(vec![0x30, 0])]);
        assert_eq!(Trust::of_system(&[&missing, &empty, &pem]), list);
        assert_eq!(Trust::of_system(&[&missing, &empty]), Trust::Public);
    }

    #[test]
    fn all_certificates_of_some_folders_are_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        for (folder, name, content) in
            [(&one, "a.pem", PEM), (&one, "a1b2c3d4.0", PEM), (&two, "README", "no")]
        {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(name), content).unwrap();
        }
        let both = std::env::join_paths([&one, &two]).unwrap();
        assert_eq!(of_folders(&both).unwrap().len(), 1);
        let error = of_folders(two.as_os_str()).unwrap_err();
        assert!(error.to_string().contains("has no file with a certificate"), "{error}");
        assert!(of_folders(dir.path().join("none").as_os_str()).is_err());
    }
}
