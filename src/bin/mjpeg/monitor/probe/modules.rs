//! `--config FILE`: the modules that `/probe?module=NAME` selects.
//!
//! A module is a table of options of `mjpeg monitor`, under their names with `_` for `-`; `duration` is that of the window. They are
//! read by the parser of the command line, so each value means the same in both places.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use toml::Value;

use crate::monitor::options::CameraOptions;
use crate::option_file;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::targets;
use crate::transport::{HostPattern, Options};

/// The name of the module of requests that name none.
const DEFAULT: &str = "default";
/// For how long a probe reads if nothing else is said: less than the 10 s that Prometheus waits.
const DURATION: Duration = Duration::from_secs(5);
/// Options of the command line that mean nothing in a probe.
const FOREIGN: [&str; 5] = ["window", "interval", "bad_after", "good_after", "wait"];

/// The modules. There is always one named `default`.
#[derive(Debug)]
pub struct Modules {
    default: Module,
    /// The others with their names.
    named: Vec<(String, Module)>,
}

/// How a probe is made.
#[derive(Debug, Clone)]
pub struct Module {
    /// The options of the probe.
    pub options: CameraOptions,
    /// The only hosts that it may be used for, if the module names some.
    pub hosts: Vec<HostPattern>,
}

impl Modules {
    /// The default module alone. `common`: the options of the command line.
    pub fn new(common: &CameraOptions) -> Self {
        let default = Module { options: defaults(common), hosts: Vec::new() };
        Self { default, named: Vec::new() }
    }

    /// Reads `file`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is wrong: the message names the module and the key.
    pub fn read(file: &Path, common: &CameraOptions, stop: &Stop) -> Result<Self, Problem> {
        let shown = file.display();
        let bytes = option_file::read(file, stop).with_context(|| format!("cannot read {shown}"))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| anyhow!("{shown} is not UTF-8"))?;
        Ok(Self::parse(text, common).map_err(|why| anyhow!("{shown}: {why}"))?)
    }

    fn parse(text: &str, common: &CameraOptions) -> Result<Self, String> {
        let mut file: toml::Table = toml::from_str(text).map_err(|error| {
            // The source that the error would show may have a password.
            format!("it is not TOML: {}", error.message())
        })?;
        let mut all = Self::new(common);
        let modules = file.remove("modules").unwrap_or(Value::Table(toml::Table::new()));
        if let Some(key) = file.keys().next() {
            return Err(format!("unknown key {key}; a module is a table [modules.NAME]"));
        }
        let Value::Table(modules) = modules else { return Err("modules is not a table".into()) };
        for (name, module) in modules {
            let Value::Table(table) = module else { return Err(format!("module {name} is not a table")) };
            let module = Module::parse(table, common).map_err(|why| format!("module {name}: {why}"))?;
            if name == DEFAULT {
                all.default = module;
            } else {
                all.named.push((name, module));
            }
        }
        Ok(all)
    }

    /// The module of a request.
    pub fn find(&self, name: Option<&str>) -> Option<&Module> {
        let Some(name) = name.filter(|name| *name != DEFAULT) else { return Some(&self.default) };
        self.named.iter().find(|(other, _)| other == name).map(|(_, module)| module)
    }
}

impl Module {
    /// Whether it has an option that sends a secret, or leads to another place than the URL.
    pub fn has_secret(&self) -> bool {
        secret(&self.options.transport).is_some()
    }

    fn parse(mut table: toml::Table, common: &CameraOptions) -> Result<Self, String> {
        let hosts = match table.remove("allow_targets") {
            None => Vec::new(),
            Some(value) => {
                let parse = |text: String| text.parse().map_err(|why| format!("allow_targets: {why}"));
                texts(&value)
                    .ok_or("allow_targets is not a list of texts")?
                    .into_iter()
                    .map(parse)
                    .collect::<Result<_, _>>()?
            }
        };
        let mut words = Vec::new();
        for (key, value) in table {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                // The key is not part of the message: it may have a password.
                return Err("a key has something other than a-z and `_`, or is empty".into());
            }
            if FOREIGN.contains(&key.as_str()) {
                return Err(format!(
                    "{key} means nothing in a probe; duration is the time for which it reads"
                ));
            }
            let option = if key == "duration" { "window".into() } else { key.replace('_', "-") };
            match value {
                Value::Boolean(true) => words.push(format!("--{option}")),
                Value::Boolean(false) => {}
                value => {
                    let values =
                        texts(&value).ok_or_else(|| format!("{key} is neither a text nor a number"))?;
                    words.extend(values.into_iter().map(|value| format!("--{option}={value}")));
                }
            }
        }
        let options = targets::parse_options(&words, &defaults(common))
            .map_err(|why| why.replace("'--window <T>'", "duration"))?;
        if let Some(option) = secret(&options.transport).filter(|_| hosts.is_empty()) {
            return Err(format!(
                "{option} would count for any host that a request names: add allow_targets = [\"HOST\", ...]"
            ));
        }
        Ok(Self { options, hosts })
    }
}

/// What a module has before its own options: of the command line only how a stream is judged. Passwords, fields and ways to a
/// host are for the cameras that are named there, not for any host that a request names.
fn defaults(common: &CameraOptions) -> CameraOptions {
    CameraOptions { window: DURATION, transport: Options::default(), ..common.clone() }
}

/// The option that sends something secret to the host, or leads to another place than the URL.
fn secret(options: &Options) -> Option<&'static str> {
    [
        (options.request.user.is_some(), "user"),
        (options.request.password_file.is_some(), "password_file"),
        (options.request.netrc_file.is_some(), "netrc_file"),
        (!options.request.header.is_empty(), "header"),
        (options.unix_socket.is_some(), "unix_socket"),
    ]
    .into_iter()
    .find_map(|(is_given, name)| is_given.then_some(name))
}

/// The words of a value, or of each value of a list.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Integer(number) => Some(vec![number.to_string()]),
        Value::Float(number) => Some(vec![number.to_string()]),
        Value::Array(values) => {
            values.iter().map(texts).collect::<Option<Vec<_>>>().map(|texts| texts.concat())
        }
        Value::Boolean(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn common() -> CameraOptions {
        typed(&[])
    }

    fn typed(line: &[&str]) -> CameraOptions {
        let command = CameraOptions::augment_args(Command::new("x").no_binary_name(true));
        CameraOptions::from_arg_matches(&command.get_matches_from(line)).unwrap()
    }

    #[test]
    fn what_is_typed_for_the_cameras_is_not_for_the_hosts_of_requests() {
        for line in [
            &["--user=u:hush", "--header=X-Key: hush"][..],
            &["--password-file=p"],
            &["--netrc-file=n"],
            &["--unix-socket=s"],
            &["--proxy=http://u:hush@proxy/"],
            &["--insecure"],
        ] {
            let common = typed(&[line, &["--max-gap=3s"]].concat());
            let modules = Modules::parse("[modules.a]\ndeep = true", &common).unwrap();
            for module in [&modules, &Modules::new(&common)].map(|it| it.find(None).unwrap()) {
                assert_eq!(module.options.transport, Options::default(), "{line:?}");
                assert_eq!(module.options.demands.max_gap, Some(Duration::from_secs(3)));
            }
            assert_eq!(modules.find(Some("a")).unwrap().options.transport, Options::default(), "{line:?}");
        }
    }

    #[test]
    fn a_module_has_the_options_of_the_command_line() {
        let text = "[modules.door]\nduration = \"3s\"\nmin_fps = 4.5\nmax_gap = \"2s\"\nignore = [\"H\", \"C512\"]\ndeep = true\n\
                    user = \"u:p\"\nallow_targets = [\"*.door.example\"]\n[modules.plain]\nfail_on = \"error\"\ndeep = false\n";
        let modules = Modules::parse(text, &common()).unwrap();
        let door = modules.find(Some("door")).unwrap();
        assert_eq!(
            (door.options.window, door.options.demands.max_gap),
            (Duration::from_secs(3), Some(Duration::from_secs(2)))
        );
        assert!(door.options.depth.deep && door.options.choice.ignore.len() == 2 && door.hosts.len() == 1);
        assert!(door.options.transport.request.user.is_some());
        let plain = modules.find(Some("plain")).unwrap();
        assert!(!plain.options.depth.deep && plain.options.window == DURATION);
        assert!(modules.find(None).is_some() && modules.find(Some("none")).is_none());
    }

    #[test]
    fn what_is_wrong_is_named_without_secrets() {
        for (text, why) in [
            ("x = 1", "unknown key x"),
            ("[modules.a]\nfast = 1", "module a: there is no option --fast here"),
            (
                "[modules.a]\nmin_fsp = 1",
                "module a: there is no option --min-fsp here; did you mean --min-fps?",
            ),
            ("[modules.a]\nmin_fps = \"x\"", "module a"),
            ("[modules.a]\nduration = \"x\"", "module a: invalid value 'x' for duration: "),
            ("[modules.a]\nduration = true", "module a: a value is required for duration"),
            ("[modules.a]\ninterval = \"60s\"", "interval means nothing"),
            ("[modules.a]\nuser = \"u:hush\"", "allow_targets"),
            ("[modules.a]\nuser = \"u:hush\"\nallow_targets = []", "allow_targets"),
            ("[modules.a]\nheader = [\"A: hush\"]", "allow_targets"),
            ("[modules.a]\npassword_file = \"p\"", "allow_targets"),
            ("[modules.a]\nnetrc_file = \"p\"", "allow_targets"),
            ("[modules.a]\nunix_socket = \"p\"", "allow_targets"),
            ("[modules.a]\n\"password-file\" = \"p\"", "a key has"),
            ("[modules.a]\n\"user=hush\" = true", "a key has"),
            ("[modules.a]\n\"User\" = \"hush\"", "a key has"),
            ("[modules.a]\n\"\" = true", "a key has"),
            ("[modules.a]\nuser = \"u:hush\"\nallow_targets = [\"a/b\"]", "allow_targets"),
            ("[modules.a]\nuser = \"hush", "not TOML"),
            ("[modules.a]\nmax_gap = { a = 1 }", "max_gap"),
            ("modules = 1", "not a table"),
        ] {
            let error = Modules::parse(text, &common()).unwrap_err();
            assert!(error.contains(why) && !error.contains("hush"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_modules_or_a_mistake_without_its_values(text in mutated::text(&[
                b"[modules.short]\nduration = '400ms'\n[modules.key]\nduration = '1s'\nuser = 'u:secret'\nallow_targets = ['cam.example']\n",
                b"[modules.a]\nheader = ['A: secret', 'B: c']\nmin_fps = 5.5\ninsecure = true\n",
            ])) {
            // What stands behind another key is no secret, and is shown.
            let is_behind_its_key = |line: &str| !line.contains("secret") || line.starts_with("user") || line.starts_with("header");
            if text.lines().all(is_behind_its_key)
                && let Err(why) = Modules::parse(&text, &common())
            {
                prop_assert!(!why.contains("secret"), "{}", why);
            }
        }
    }
}
