//! The run of `mjpeg serve`: from the command line to the event loop.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};
use std::path::Path;
use std::process::Stdio;
use std::rc::Rc;

use anyhow::Context;
use mio::Poll;
use mjpeg::multipart::Boundary;

use super::answers;
use super::command::Command;
use super::dialects;
use super::emulated::Emulated;
use super::engine::{Engine, SOURCES, Settings};
use super::farm::{Camera, Opener, Opening, own_ports};
use super::faults;
use super::hub::Hub;
use super::open;
use super::options::{Serve, Timing};
use super::recipe::{Recipe, Standard};
use super::recipes::Recipes;
use super::relayed::Relayed;
use super::replay::{Replays, Still, Tape};
use super::responder::{Policy, Responder};
use super::routes::Names;
use super::stream::Stream;
use super::urls::Urls;
use super::via;
use super::viewer_log::Detail;
use crate::capture::timing_path;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::file_limit;
use crate::listen::auth::Users;
use crate::listen::host::Hosts;
use crate::listen::socket::Listener;
use crate::listen::{inherited, tcp, unix};
use crate::option_file;
use crate::output::{self, Reporter};
use crate::relay::Starting;
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
        let settings = Settings {
            reporter: REPORTER,
            detail: if self.verbose { Detail::All } else { Detail::Faults },
            layout: self.layout.unwrap_or_default(),
            // A snapshot must not start what is to be played from the first viewer on.
            snapshots_start_sources: self.rounds().is_none(),
            patience: self.silence,
            connections: files.saturating_sub(OWN_FILES + ports).max(1),
            viewers: self.max_viewers.unwrap_or(files.saturating_sub(RESERVED_FILES + ports).max(files / 2)),
            viewer_buffer: usize::try_from(self.viewer_buffer).unwrap_or(usize::MAX),
            request_timeout: self.request_timeout,
            send_timeout: self.send_timeout,
        };
        let injector = self.faults.injector(&clock, REPORTER)?;
        let mut listeners = inherited::all()?;
        if listeners.is_empty() {
            listeners.push(match &self.unix {
                Some(path) => unix::bind(path)?,
                None => tcp::bind(&self.listen)?,
            });
        }
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

        if self.farm.is_some() && self.command.is_empty() {
            urls.print_farm(REPORTER, names.len())?;
        } else if self.command.is_empty() {
            urls.print(REPORTER)?;
            for name in names.iter().skip(1) {
                REPORTER.message(&format!("stream {name}: {}", urls.url(&format!("/{name}/stream"))));
            }
        } else {
            // The source reads standard input.
            let stdin = if self.sources().any(|source| matches!(source, Target::Stdin)) {
                Stdio::null()
            } else {
                Stdio::inherit()
            };
            let start = || Command::start(&self.command, stdin, &urls, stop);
            match file_limit::under(soft_limit, start) {
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

    /// The fields that let pages of another origin read a stream.
    fn cors_fields(&self) -> Vec<(String, String)> {
        answers::cors(self.cors.as_deref()).map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Opens the cameras of a farm.
    fn cameras(
        &self,
        farm: &Path,
        pseudonym: &str,
        poll: &mut Poll,
        wake_ups: &WakeUps,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<(Vec<Stream>, Vec<Camera>), Failure> {
        let fields = self.cors_fields();
        let options =
            |camera: &Camera| self.source_options(camera.source.clone(), camera.fps, REPORTER, pseudonym);
        let opener = Opener {
            poll,
            wake_ups,
            clock,
            stop,
            reporter: REPORTER,
            standard: Recipes::from(Standard::new(random_boundary(self.faults.seed)?, &fields)),
            options: &options,
            patience: self.patience(),
            is_stale_ok: self.relay.stale_ok,
        };
        let Opening { cameras, streams } = opener.open(farm).map_err(failure)?;
        Ok((streams, cameras))
    }

    /// Opens the sources of all streams.
    fn streams(
        &self,
        pseudonym: &str,
        poll: &mut Poll,
        wake_ups: &WakeUps,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Vec<Stream>, Failure> {
        let boundary = self.boundary.clone().map_or_else(|| random_boundary(self.faults.seed), Ok)?;
        let fields = self.cors_fields();
        let names = std::iter::once("").chain(self.streams.iter().map(|stream| &*stream.name));
        let (mut streams, mut starting) = (Vec::new(), Vec::new());
        for (index, (name, source)) in names.zip(self.sources()).enumerate() {
            let name = name.to_string();
            let options = self.source_options(source.clone(), self.fps, REPORTER, pseudonym);
            let recipes = match &self.dialect {
                Some(dialect) => Recipes::from(Emulated::new(dialect.description(stop)?, clock.clone())),
                None => Recipes::from(Standard::new(boundary.clone(), &fields)),
            };
            if let Some(tape) = self.tape(source, &boundary, &fields, clock, stop)? {
                let recorded = tape.recorded.unwrap_or_else(|| clock.unix());
                let wake = wake_ups.of(index);
                let replays = Replays::start(tape, self.rounds(), self.speed(), wake, REPORTER)?;
                let still = Still::new(replays.scan(), recorded);
                let stream = Stream::new(name, source.to_string(), Hub::new(Box::new(still), &recipes));
                streams.push(Stream { replays: Some(replays), ..stream });
                continue;
            }
            let opened =
                open::open(&options, &recipes, wake_ups.of(index), poll, clock, stop).map_err(failure)?;
            let stream = Stream::new(name, source.to_string(), Hub::new(opened.frames, &recipes));
            let relayed = opened.link.map(|(link, start)| {
                starting.push(start);
                Relayed {
                    link,
                    connected: options.connected,
                    patience: self.patience(),
                    is_stale_ok: self.relay.stale_ok,
                    last: None,
                }
            });
            streams.push(Stream { relayed, ..stream });
        }
        // The cameras connect at the same time.
        starting.into_iter().try_for_each(Starting::wait).map_err(failure)?;
        Ok(streams)
    }

    /// The recording that a source is, if it is to be replayed with its times.
    fn tape(
        &self,
        source: &Target,
        boundary: &Boundary,
        fields: &[(String, String)],
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Option<Tape>, Failure> {
        let Target::File(path) = source else { return Ok(None) };
        if self.timing == Some(Timing::Manifest) {
            let head = Standard::new(boundary.clone(), fields).response_head().to_vec();
            return Ok(Some(Tape::directory(path, head, format!("--{}", boundary.as_str()), stop)?));
        }
        let tape = if self.is_reframed() { None } else { Tape::capture(path, self.rounds(), clock, stop)? };
        if tape.is_none() && self.speed.is_some() {
            let timing = timing_path(path);
            let cause =
                anyhow::anyhow!("--speed needs recorded times, and {} does not exist", timing.display());
            return Err(Failure::local(cause));
        }
        Ok(tape)
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

/// A random boundary, so that no picture contains it by accident. The keys of `RandomState` are random; a seed decides
/// instead of them.
fn random_boundary(seed: Option<u64>) -> Result<Boundary, Failure> {
    let random = match seed {
        Some(seed) => BuildHasherDefault::<DefaultHasher>::default().hash_one(seed),
        None => RandomState::new().hash_one(std::process::id()),
    };
    Boundary::new(&format!("mjpeg{random:016x}")).context("cannot make a boundary").map_err(Failure::local)
}
