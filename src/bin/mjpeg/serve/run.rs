//! The run of `mjpeg serve`: from the command line to the event loop.

mod streams;

use std::process::Stdio;
use std::rc::Rc;

use anyhow::Context;
use mio::Poll;

use super::command::{Command, StartError};
use super::dialects;
use super::engine::{Engine, SOURCES, Settings};
use super::farm::own_ports;
use super::faults;
use super::options::{Serve, Timing};
use super::replay::Tape;
use super::responder::{Policy, Responder};
use super::routes::Names;
use super::urls::Urls;
use super::via;
use super::viewer_log::Detail;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::file_limit;
use crate::listen::auth::Users;
use crate::listen::host::Hosts;
use crate::listen::socket::Listener;
use crate::listen::{inherited, tcp, unix};
use crate::option_file;
use crate::output::{self, Reporter};
use crate::problem::Problem;
use crate::signal::Stop;
use crate::source::error::{self, Kind};
use crate::source::wake::WakeUps;
use crate::transport::Target;

/// Prefixes messages with `serve`.
const REPORTER: Reporter = Reporter::new("serve");
/// File descriptors reserved for everything except connections.
const OWN_FILES: usize = 24;
/// File descriptors reserved for everything except viewers.
const RESERVED_FILES: usize = 64;

impl Serve {
    /// Runs until the source ends or a signal arrives.
    ///
    /// # Errors
    ///
    /// When the source cannot be opened, or the server cannot listen on the address.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        if self.list_dialects {
            output::result(&dialects::list(self.format)?)?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        if self.faults.list_faults {
            output::result(&faults::list(self.format)?)?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        output::in_background();
        let clock = Clock::real();
        let local = |error: std::io::Error, what: &str| {
            Failure::local(anyhow::Error::new(error).context(what.to_string()))
        };
        let mut poll = Poll::new().map_err(|error| local(error, "cannot wait for events"))?;
        let wake_ups = WakeUps::new(poll.registry(), SOURCES)?;
        let pseudonym = via::pseudonym();
        let opened = self.policy(stop).and_then(|policy| {
            let (streams, cameras) = match &self.farm {
                Some(farm) => self.cameras(farm, &pseudonym, &mut poll, &wake_ups, &clock, stop)?,
                None => (self.streams(&pseudonym, &mut poll, &wake_ups, &clock, stop)?, Vec::new()),
            };
            Ok((policy, streams, cameras))
        });
        let (policy, mut streams, cameras) = match (opened, stop.signal()) {
            (Ok(opened), _) => opened,
            (Err(failure), None) => return Err(failure),
            // A signal while files and sources are opened is not an error. But a command that did not run has not
            // succeeded.
            (Err(_), Some(_)) if self.command.is_empty() => return Ok(Outcome::Exit(Exit::Done)),
            (Err(_), Some(signal)) => return Ok(Outcome::Signal(signal)),
        };

        let soft_limit = file_limit::soft();
        let files = file_limit::raise();
        let ports = cameras.iter().filter(|camera| camera.listen.is_some()).count();
        let tapes = streams.iter().filter(|stream| stream.replays.is_some()).count();
        let settings = self.settings(files, ports + tapes * Tape::FILES);
        let injector = self.faults.injector(&clock, REPORTER)?;
        let mut listeners = self.listeners()?;
        let urls = Urls::of(&listeners);
        let own_ports = own_ports(&mut listeners, &mut streams, &cameras)?;
        let loopback = listeners.iter().all(Listener::is_local);
        if !loopback && policy.users.is_none() {
            REPORTER.message(
                "everyone who can reach this machine can watch; use --auth-file to require a password",
            );
        }
        let hosts = Hosts { allowed: self.allow_host.clone(), loopback };
        let names: Vec<_> = streams.iter().map(|stream| stream.name.clone()).collect();
        let routes = if self.farm.is_some() {
            Names::of_farm(names.clone())
        } else {
            Names::behind_first(names.clone())
        };
        let users = cameras.iter().enumerate();
        let users =
            users.filter_map(|(index, camera)| Some((index, Rc::clone(camera.users.as_ref()?)))).collect();
        let responder = Responder::new(routes, Policy { hosts, ..policy }, pseudonym).with_users(users);
        let mut engine =
            Engine::new((poll, wake_ups), listeners, streams, responder, settings, clock.clone(), stop)
                .map_err(|error| local(error, "cannot start to serve"))?;
        engine.set_own_ports(own_ports);
        engine.inject(injector);

        if self.command.is_empty() {
            self.print_urls(&urls, &names)?;
        } else {
            match file_limit::under(soft_limit, || self.start_command(&urls, stop)) {
                Ok(command) => {
                    engine.attach(command).map_err(|error| local(error, "cannot wait for the command"))?;
                }
                Err(error) => {
                    REPORTER.message(&error.to_string());
                    return Ok(error.outcome());
                }
            }
        }
        engine.run().map_err(|error| local(error, "cannot wait for events"))?;
        let error = engine.take_error().map(failure);
        let outcome = engine.take_command().map(|mut command| {
            if error.is_some() {
                command.end(clock.now());
            }
            command.wait(&clock)
        });
        error.map_or(Ok(outcome.unwrap_or(Outcome::Exit(Exit::Done))), Err)
    }

    /// What the engine is told. So many files may be open, and so many are open for ports of cameras and for replays.
    fn settings(&self, files: usize, others: usize) -> Settings {
        // A replay by a manifest has the file of a frame open, and that of the next one.
        let each = if self.timing == Some(Timing::Manifest) { 3 } else { 1 };
        let connections = files.saturating_sub(OWN_FILES + others) / each;
        let viewers = files.saturating_sub(RESERVED_FILES + others).max(files / 2) / each;
        Settings {
            reporter: REPORTER,
            detail: if self.verbose { Detail::All } else { Detail::Faults },
            layout: self.layout.unwrap_or_default(),
            // A snapshot must not start what is to be played from the first viewer on.
            snapshots_start_sources: self.rounds().is_none(),
            patience: self.silence,
            connections: connections.max(1),
            viewers: self.max_viewers.unwrap_or(viewers),
            viewer_buffer: usize::try_from(self.viewer_buffer).unwrap_or(usize::MAX),
            request_timeout: self.request_timeout,
            send_timeout: self.send_timeout,
        }
    }

    /// The sockets that systemd has opened, else that of the options.
    fn listeners(&self) -> Result<Vec<Listener>, Problem> {
        let inherited = inherited::all()?;
        if !inherited.is_empty() {
            return Ok(inherited);
        }
        Ok(vec![match &self.unix {
            Some(path) => unix::bind(path)?,
            None => tcp::bind(&self.listen)?,
        }])
    }

    fn print_urls(&self, urls: &Urls, names: &[String]) -> Result<(), Failure> {
        if self.farm.is_some() {
            return urls.print_farm(REPORTER, names.len());
        }
        urls.print(REPORTER)?;
        for name in names.iter().skip(1) {
            REPORTER.message(&format!("stream {name}: {}", urls.url(&format!("/{name}/stream"))));
        }
        Ok(())
    }

    fn start_command(&self, urls: &Urls, stop: &Stop) -> Result<Command, StartError> {
        let reads_stdin = self.sources().any(|source| matches!(source, Target::Stdin));
        let stdin = if reads_stdin { Stdio::null() } else { Stdio::inherit() };
        Command::start(&self.command, stdin, urls, stop)
    }

    /// Who may send requests. The host names depend on the listeners and are added later.
    fn policy(&self, stop: &Stop) -> Result<Policy, Failure> {
        Ok(Policy { users: self.users(stop)?, cors: self.cors.clone(), hosts: Hosts::default() })
    }

    fn users(&self, stop: &Stop) -> Result<Option<Users>, Failure> {
        let (text, what) = match (&self.auth, &self.auth_file) {
            (Some(text), _) => (text.clone(), "--auth".to_string()),
            (None, Some(path)) => {
                let text = option_file::read(path, stop)
                    .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
                    .with_context(|| format!("cannot read --auth-file {}", path.display()))
                    .map_err(Failure::local)?;
                (text, path.display().to_string())
            }
            (None, None) => return Ok(None),
        };
        Users::parse(&text).map(Some).map_err(|error| Failure::local(anyhow::anyhow!("{what}: {error}")))
    }
}

/// The failure of a source, with its exit status.
fn failure(error: error::Error) -> Failure {
    let exit = match error.kind {
        Kind::Unreachable => Exit::Unreachable,
        Kind::NotAStream => Exit::NotAStream,
        Kind::Stalled => Exit::Stalled,
        Kind::Local => Exit::Local,
    };
    Failure { exit, ..error.problem.into() }
}
