//! A run of `mjpeg monitor`, until a signal.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Monitor;
use super::camera::{Camera, News};
use super::change::Line;
use super::fleet::{Fleet, Wanted, names};
use super::hook::Hooks;
use super::printer::Printer;
use super::probe::{Allowed, Modules, Prober};
use super::reload::Reload;
use super::ring::Rings;
use super::server::{self, Facts};
use super::state::Standing;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::file_limit;
use crate::flight::Limits;
use crate::listen::host::Hosts;
use crate::listen::tcp;
use crate::output;
use crate::problem::Problem;
use crate::redacted::shown_path;
use crate::signal::Stop;
use crate::targets;

/// How often the main thread looks whether the list has been read.
const RELOAD_LOOK: Duration = Duration::from_millis(20);

impl Monitor {
    /// Runs `mjpeg monitor`.
    ///
    /// # Errors
    ///
    /// When the list cannot be read or the address cannot be listened at, at the start; later only a full disk behind standard
    /// output, or a reader of it that has left, ends it.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        output::in_background();
        let clock = Clock::real();
        let mut hangups = stop
            .keep_hangups()
            .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot handle SIGHUP")))?;
        let wanted = self.wanted(stop)?;
        let file_limit_before = file_limit::soft();
        file_limit::raise();
        let mut fleet = Fleet::new(self.rings()?, self.quiet, &clock, stop);
        self.serve(&fleet, &clock, stop)?;
        fleet.watch(wanted)?;
        let mut hooks = self.hooks(file_limit_before, &clock);
        let this = Arc::new(self);
        let mut reload = Reload::new(&this, stop);
        let printer = Printer::start();
        let ended = loop {
            if stop.signal().is_some() {
                break Ok(());
            }
            if hangups.take() {
                reload.start();
            }
            if let Some(wanted) = reload.take() {
                reloaded(wanted.and_then(|wanted| fleet.watch(wanted)));
            }
            let (changes, next) = fleet.tick();
            let said = changes
                .iter()
                .try_for_each(|(camera, news)| this.say(camera, news, &printer, hooks.as_mut()))
                .and_then(|()| printer.failure().map_or(Ok(()), Err));
            if let Err(failure) = said {
                break Err(failure);
            }
            let next = hooks.as_mut().map_or(next, |hooks| hooks.tick().min(next));
            let next = if reload.is_running() { next.min(clock.now() + RELOAD_LOOK) } else { next };
            wait(stop, hangups.fd(), next.saturating_sub(clock.now()));
        };
        // Whatever ends the run: neither a capture nor a command is left behind.
        match ended {
            Ok(()) => fleet.join(),
            Err(_) => fleet.close_captures(),
        }
        if let Some(hooks) = hooks {
            hooks.end();
        }
        let unwritten = printer.end();
        ended?;
        unwritten.map_or(Ok(Outcome::Exit(Exit::Done)), Err)
    }

    /// Says what has changed: a line of JSON, a line for people, the command.
    fn say(
        &self,
        camera: &Arc<Camera>,
        news: &News,
        printer: &Printer,
        hooks: Option<&mut Hooks>,
    ) -> Result<(), Failure> {
        let line = Line::of(camera, news);
        if let (Standing::Bad, Some(recorder)) = (news.change.to, &camera.recorder) {
            camera.capture(recorder, self.captures_most);
        }
        let json = output::json(&line).map_err(Failure::local)?;
        if !self.quiet {
            output::event_at("monitor", news.unix, &line.text());
        }
        if let Some(hooks) = hooks {
            hooks.start(&line, &json);
        }
        printer.print(json);
        Ok(())
    }

    /// Starts the server of `--listen`.
    fn serve(&self, fleet: &Fleet, clock: &Clock, stop: &Stop) -> Result<(), Problem> {
        let Some(address) = &self.listen else { return Ok(()) };
        let modules = match &self.config {
            Some(file) => Modules::read(file, &self.camera, stop)?,
            None => Modules::new(&self.camera),
        };
        let listener = tcp::bind(address)?;
        let loopback = listener.is_local();
        if !loopback && self.allow_target.is_empty() && self.targets.is_empty() && self.list.is_none() {
            let problem = Problem::new(anyhow!("other machines could make this one ask any host"));
            return Err(problem.hint("name the hosts that may be probed: --allow-target PATTERN"));
        }
        let allowed = match loopback && self.allow_target.is_empty() {
            true => Allowed::All,
            false => Allowed::Only(self.allow_target.clone()),
        };
        let facts = Facts {
            cameras: fleet.cameras.clone(),
            prober: Prober::new(modules, allowed, clock, stop),
            hosts: Hosts { allowed: self.allow_host.clone(), loopback },
            clock: clock.clone(),
            started: clock.now(),
        };
        server::start(facts, listener, stop)
    }

    /// The cameras of the command line, then those of the list.
    pub(super) fn wanted(&self, stop: &Stop) -> Result<Vec<Wanted>, Problem> {
        let named = match &self.list {
            Some(list) => {
                let check = |entry: &targets::Entry<_>| self.check_camera(&entry.target, &entry.options);
                targets::read(list, &self.camera, check, stop)?
            }
            None => Vec::new(),
        };
        let typed = self.targets.iter().zip(names(self.targets.iter())).map(|(target, name)| Wanted {
            name,
            target: target.clone(),
            options: self.camera.clone(),
        });
        let listed = named.into_iter().map(|entry| Wanted {
            name: entry.name.to_string(),
            target: entry.target,
            options: entry.options,
        });
        let mut wanted: Vec<Wanted> = typed.collect();
        for entry in listed {
            if wanted.iter().any(|it| it.name == entry.name) {
                return Err(anyhow!("a target of the command line is named {} too", entry.name).into());
            }
            wanted.push(entry);
        }
        Ok(wanted)
    }

    /// A pipe has given its list already, and the wait for another one would stop the watch.
    pub(super) fn is_readable_again(&self) -> Result<(), Problem> {
        let Some(list) = &self.list else { return Ok(()) };
        let shown = shown_path(list);
        let file = std::fs::metadata(list).with_context(|| format!("cannot read the targets in {shown}"))?;
        if file.is_file() {
            return Ok(());
        }
        let problem = Problem::new(anyhow!("{shown} is not a regular file, so it cannot be read again"));
        Err(problem.hint("put the list in a file to change it in a run"))
    }

    fn rings(&self) -> Result<Option<Rings>, Problem> {
        let Some(folder) = &self.captures else { return Ok(None) };
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let bytes = usize::try_from(self.ring_bytes).unwrap_or(usize::MAX);
        let limits = Limits { time: self.ring, bytes };
        Ok(Some(Rings { folder: folder.clone(), limits, after: self.ring_after }))
    }
}

/// Says what a list that was read again has changed. If it is wrong, the cameras stay as they are.
fn reloaded(watched: Result<(usize, usize), Problem>) {
    match watched {
        Ok((new, left)) => {
            output::event("monitor", &format!("the targets were read again: {new} new, {left} left"));
        }
        Err(problem) => {
            output::event("monitor", &format!("{problem}; the other cameras stay as they are"));
            if let Some(hint) = &problem.hint {
                output::hint(hint);
            }
        }
    }
}

/// Waits for a signal, for this long at most.
fn wait(stop: &Stop, hangup: std::os::fd::BorrowedFd<'_>, longest: Duration) {
    let timeout = Timespec {
        tv_sec: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: longest.subsec_nanos().into(),
    };
    let hangup = PollFd::from_borrowed_fd(hangup, PollFlags::IN);
    let mut fds = [hangup.clone(), hangup];
    let fds = match stop.fd() {
        Some(fd) => {
            fds[1] = PollFd::from_borrowed_fd(fd, PollFlags::IN);
            &mut fds[..]
        }
        None => &mut fds[..1],
    };
    // An interrupted wait is one round of the caller's loop.
    let _ = poll(fds, Some(&timeout));
}
