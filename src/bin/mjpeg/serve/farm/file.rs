//! The file of a farm.
//!
//! ```text
//! [defaults]                     for all cameras
//! source = "frames/"             paths are relative to the folder of this file; {name} is the name of the camera
//! fps = 1
//!
//! [[camera]]
//! name = "cam[001-500]"          five hundred cameras
//! dialect = "motion"             as for serve --dialect
//! faults = ["stall=2s@every=10"] as for serve --fault
//!
//! [[camera]]
//! name = "door"
//! source = "test:640x480"
//! auth = "user:password"         or a list, or auth_file = "users.txt"
//! listen = 9001                  its own port, or HOST:PORT; those of a pattern count up
//! ```

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, anyhow};
use toml::de::{DeTable, DeValue};

use super::camera::Camera;
use super::entry::{self, DEFAULTS, KEYS};
use super::keys::{self, Mistake, Source, Values};
use super::names::MOST;
use crate::option_file;
use crate::problem::Problem;
use crate::redacted::shown_path;
use crate::signal::Stop;

/// Reads the cameras of a farm.
///
/// # Errors
///
/// When the file cannot be read, or something in it is wrong: the message names the line and the key.
pub fn read(path: &Path, stop: &Stop) -> Result<Vec<Camera>, Problem> {
    let shown = shown_path(path);
    let bytes = option_file::read(path, stop).with_context(|| format!("cannot read the farm in {shown}"))?;
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("{shown}: it is not UTF-8"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&text, folder, stop).map_err(|mistake| anyhow!("{shown}:{mistake}").into())
}

fn parse(text: &str, folder: &Path, stop: &Stop) -> Result<Vec<Camera>, Mistake> {
    let source = Source(text);
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.mistake(at, "", error.message().replace('\n', " "))
    })?;
    let mut defaults = Values::default();
    let mut tables = Vec::new();
    for (key, value) in root.get_ref() {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("defaults", DeValue::Table(table)) => defaults = keys::values(source, table, &DEFAULTS)?,
            ("camera", DeValue::Array(list)) => {
                for table in list {
                    let at = table.span().start;
                    let DeValue::Table(found) = table.get_ref() else {
                        return Err(source.mistake(at, "camera", "expected tables: [[camera]]"));
                    };
                    tables.push((source.line(at), keys::values(source, found, &KEYS)?));
                }
            }
            ("defaults", _) => return Err(source.mistake(at, "defaults", "expected a table: [defaults]")),
            ("camera", _) => return Err(source.mistake(at, "camera", "expected tables: [[camera]]")),
            (name, _) => {
                return Err(source.mistake(at, name, "no such table; there are [defaults] and [[camera]]"));
            }
        }
    }
    let mut cameras: Vec<Camera> = Vec::new();
    let mut lines = HashMap::new();
    for (line, own) in &tables {
        for camera in entry::cameras(*line, own, &defaults, folder, stop)? {
            let at = own.get("name").map_or(*line, |name| name.line);
            let wrong = |why: String| Mistake { line: at, key: "name".into(), why };
            if let Some(earlier) = lines.insert(camera.name.clone(), at) {
                return Err(wrong(format!("line {earlier} has the name {} too", camera.name)));
            }
            if cameras.len() as u64 == MOST {
                return Err(wrong(format!("at most {MOST} cameras are possible")));
            }
            cameras.push(camera);
        }
    }
    if cameras.is_empty() {
        return Err(source.mistake(0, "", "there is no [[camera]]"));
    }
    Ok(cameras)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::address::ListenAddress;

    fn read(text: &str) -> Result<Vec<Camera>, String> {
        parse(text, Path::new("/farm"), &Stop::default()).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn defaults_and_patterns_make_cameras() {
        let cameras = read(
            "[defaults]\nsource = 'clips/{name}'\nfps = 2\nauth = 'a:b'\nlayout = 'early'\n\
             [[camera]]\nname = 'cam[08-10]'\ndialect = 'motion'\nfaults = 'stall=1s@3'\nlisten = 9001\n\
             [[camera]]\nname = 'door'\nsource = 'test:160x120'\nfps = 0.5\nauth = ['c:d', 'e:f']\n",
        )
        .unwrap();
        let names: Vec<_> = cameras.iter().map(|camera| camera.name.as_str()).collect();
        assert_eq!(names, ["cam08", "cam09", "cam10", "door"]);
        assert_eq!(cameras[1].source.to_string(), "/farm/clips/cam09");
        assert_eq!(cameras[2].listen, Some("9003".parse::<ListenAddress>().unwrap()));
        assert_eq!((cameras[0].faults.1.len(), cameras[0].layout), (1, None));
        assert_eq!(cameras[3].source.to_string(), "test:160x120");
        assert!(cameras[3].users.is_some() && cameras[3].layout.is_some());
        assert_eq!(cameras[3].fps.unwrap().fps(), 0.5);
    }

    #[test]
    fn mistakes_have_their_line_and_key() {
        let camera = "[[camera]]\nname = 'a'\nsource = 'test:'\n";
        for (text, expected) in [
            (String::new(), "1: there is no [[camera]]"),
            ("[[camera]]\nsource = 'test:'\n".into(), "1: name: is missing"),
            ("[[camera]]\nname = 'a'\n".into(), "1: source: is missing"),
            (format!("{camera}fsp = 1\n"), "4: fsp: no such key; did you mean fps?"),
            (format!("{camera}fps = 0\n"), "4: fps: 0: expected frames per second"),
            (format!("{camera}dialect = 'nikon'\n"), "4: dialect: nikon: no dialect is called nikon"),
            (
                format!("{camera}faults = ['stall=1s', 'stal=1s']\n"),
                "4: faults: stal=1s: no fault has this name",
            ),
            (format!("{camera}layout = 'x'\n"), "4: layout: use auto, leading"),
            (format!("{camera}dialect = 'motion'\nlayout = 'early'\n"), "5: layout: the dialect decides it"),
            (format!("{camera}auth = 'secret'\n"), "4: auth: expected USER:PASSWORD"),
            (format!("{camera}auth = 'a:b'\nauth_file = 'x'\n"), "5: auth_file: auth is given too"),
            (format!("{camera}auth_file = 'missing'\n"), "4: auth_file: /farm/missing: No such file"),
            (format!("{camera}listen = 'x:y'\n"), "4: listen: x:y: "),
            (format!("{camera}{camera}"), "5: name: line 2 has the name a too"),
            ("[[camera]]\nname = '../x'\nsource = 'test:'\n".into(), "2: name: a name has letters, digits"),
            (
                "[[camera]]\nname = 'a[1-9]'\nsource = 'test:'\nlisten = 65530\n".into(),
                "4: listen: 65530: there are not 9",
            ),
            (format!("[defaults]\nname = 'a'\n{camera}"), "2: name: no such key"),
            (
                format!("[default]\n{camera}"),
                "1: default: no such table; there are [defaults] and [[camera]]",
            ),
            ("camera = 1\n".into(), "1: camera: expected tables: [[camera]]"),
            ("[[camera]]\nname = 'a'\nname = 'b'\n".into(), "3: duplicate key"),
            ("[[camera]]\nname = \n".into(), "2: "),
            ("[[camera]]\nname = 'a'\nsource = '-'\n".into(), "3: source: standard input cannot be"),
        ] {
            let found = read(&text).unwrap_err();
            assert!(found.starts_with(expected) && !found.contains("secret"), "{text}: {found}");
        }
    }
}
