//! One `[[camera]]` table of the file, which may mean many cameras.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;

use super::super::faults::Fault;
use super::super::layout::Layout;
use super::camera::Camera;
use super::keys::{Mistake, Value, Values};
use super::names;
use crate::listen::address::ListenAddress;
use crate::listen::auth::Users;
use crate::option_file;
use crate::signal::Stop;
use crate::transport::Target;

/// The keys of a camera.
pub const KEYS: [&str; 9] =
    ["name", "source", "dialect", "faults", "fps", "layout", "auth", "auth_file", "listen"];
/// The keys of the defaults.
pub const DEFAULTS: [&str; 7] = ["source", "dialect", "faults", "fps", "layout", "auth", "auth_file"];

/// The cameras of a table. Paths are relative to `folder`.
///
/// # Errors
///
/// When a value is wrong.
pub fn cameras(
    line: usize,
    own: &Values,
    defaults: &Values,
    folder: &Path,
    stop: &Stop,
) -> Result<Vec<Camera>, Mistake> {
    let missing = |key: &str| Mistake { line, key: key.into(), why: "is missing".into() };
    let name = own.get("name").ok_or_else(|| missing("name"))?;
    let names = names::expand(one("name", name)?).map_err(|why| mistake("name", name, why))?;
    // Of the two keys for passwords, that of the camera counts.
    let has_own_users = own.get("auth").or(own.get("auth_file")).is_some();
    let value = |key: &'static str| {
        let is_users = key == "auth" || key == "auth_file";
        own.get(key).or_else(|| defaults.get(key).filter(|_| !(is_users && has_own_users)))
    };
    let source = value("source").ok_or_else(|| missing("source"))?;
    let dialect = value("dialect")
        .map(|value| {
            let text = one("dialect", value)?;
            let is_path = text.contains('/') || text.ends_with(".toml");
            let typed = if is_path { within(folder, text).display().to_string() } else { text.to_string() };
            Ok((text.to_string(), parsed("dialect", value, &typed)?))
        })
        .transpose()?;
    let fps = value("fps").map(|value| parsed("fps", value, one("fps", value)?)).transpose()?;
    let layout = value("layout")
        .map(|value| {
            let found = Layout::named(one("layout", value)?);
            found.ok_or_else(|| mistake("layout", value, "use auto, leading, trailing or early"))
        })
        .transpose()?;
    if let (Some(_), Some(value)) = (&dialect, own.get("layout")) {
        return Err(mistake("layout", value, "the dialect decides it"));
    }
    let faults = value("faults");
    let texts: Rc<[String]> = faults.map(|value| value.texts.as_slice()).unwrap_or_default().into();
    let parse = |text: &String| -> Result<Fault, Mistake> {
        text.parse().map_err(|why: String| match faults {
            Some(value) => mistake("faults", value, format!("{text}: {why}")),
            None => missing("faults"),
        })
    };
    let faults: Rc<[Fault]> = texts.iter().map(parse).collect::<Result<Vec<_>, _>>()?.into();
    let users = users(value("auth"), value("auth_file"), folder, stop)?.map(Rc::new);
    let layout = layout.filter(|_| dialect.is_none());
    let count = names.len();
    let camera = |(index, (name, _)): (usize, (String, u64))| {
        let text = one("source", source)?.replace("{name}", &name);
        let source = target(&text, folder).map_err(|why| mistake("source", source, why))?;
        let listen = own.get("listen").map(|value| address(value, index, count)).transpose()?;
        Ok(Camera {
            line,
            source,
            dialect: dialect.clone(),
            faults: (Rc::clone(&texts), Rc::clone(&faults)),
            fps,
            layout,
            users: users.clone(),
            listen,
            name,
        })
    };
    names.into_iter().enumerate().map(camera).collect()
}

/// A text that is not a list.
fn one<'a>(key: &str, value: &'a Value) -> Result<&'a str, Mistake> {
    match &value.texts[..] {
        [text] if !value.is_list => Ok(text),
        _ => Err(mistake(key, value, "expected one value, not a list")),
    }
}

fn mistake(key: &str, value: &Value, why: impl Into<String>) -> Mistake {
    Mistake { line: value.line, key: key.into(), why: why.into() }
}

fn parsed<T: FromStr<Err = String>>(key: &str, value: &Value, text: &str) -> Result<T, Mistake> {
    text.parse().map_err(|why: String| mistake(key, value, format!("{text}: {why}")))
}

/// A source. Cameras share what is read, so standard input cannot be one.
fn target(text: &str, folder: &Path) -> Result<Target, String> {
    let is_named = text.starts_with("test:") || text.contains("://");
    let text = if is_named { text.to_string() } else { within(folder, text).display().to_string() };
    match Target::checked(OsStr::new(&text))? {
        Target::Stdin => Err("standard input cannot be the source of a farm".into()),
        target => Ok(target),
    }
}

fn within(folder: &Path, text: &str) -> PathBuf {
    if text == "-" { text.into() } else { folder.join(text) }
}

/// The address of the camera with this index. The ports of a pattern count up.
fn address(value: &Value, index: usize, count: usize) -> Result<ListenAddress, Mistake> {
    let text = one("listen", value)?;
    let address: ListenAddress = parsed("listen", value, text)?;
    let past = || mistake("listen", value, format!("{text}: there are not {count} ports from this one on"));
    let port = |first: u16| match first {
        0 => Ok(0),
        first => u16::try_from(usize::from(first) + index).map_err(|_| past()),
    };
    Ok(match address {
        ListenAddress::Socket(mut at) => {
            at.set_port(port(at.port())?);
            ListenAddress::Socket(at)
        }
        ListenAddress::Name(name, first) => ListenAddress::Name(name, port(first)?),
    })
}

/// The users. No message has their text.
fn users(
    text: Option<&Value>,
    file: Option<&Value>,
    folder: &Path,
    stop: &Stop,
) -> Result<Option<Users>, Mistake> {
    if let (Some(_), Some(file)) = (text, file) {
        return Err(mistake("auth_file", file, "auth is given too"));
    }
    if let Some(value) = text {
        let users = Users::parse(&value.texts.join("\n"));
        return users.map(Some).map_err(|_| mistake("auth", value, "expected USER:PASSWORD"));
    }
    let Some(value) = file else { return Ok(None) };
    let path = within(folder, one("auth_file", value)?);
    let wrong = |why: String| mistake("auth_file", value, format!("{}: {why}", path.display()));
    let bytes = option_file::read(&path, stop).map_err(|error| wrong(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".into()))?;
    Users::parse(&text).map(Some).map_err(wrong)
}
