//! The streams of a server: their sources are opened.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};
use std::path::Path;

use anyhow::Context;
use mio::Poll;
use mjpeg::multipart::Boundary;

use super::{REPORTER, failure};
use crate::capture::timing_path;
use crate::clock::Clock;
use crate::exit::Failure;
use crate::relay::Starting;
use crate::serve::answers;
use crate::serve::emulated::Emulated;
use crate::serve::farm::{Camera, Opener, Opening};
use crate::serve::hub::Hub;
use crate::serve::open;
use crate::serve::options::{Serve, Timing};
use crate::serve::recipe::{Recipe, Standard};
use crate::serve::recipes::Recipes;
use crate::serve::relayed::Relayed;
use crate::serve::replay::{Replays, Still, Tape};
use crate::serve::stream::Stream;
use crate::signal::Stop;
use crate::source::wake::WakeUps;
use crate::transport::Target;

impl Serve {
    /// The fields that let pages of another origin read a stream.
    fn cors_fields(&self) -> Vec<(String, String)> {
        answers::cors(self.cors.as_deref()).map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Opens the cameras of a farm.
    pub(super) fn cameras(
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
    pub(super) fn streams(
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
