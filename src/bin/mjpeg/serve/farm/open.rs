//! Opens the cameras of a farm. What is read from files is read once, for all cameras.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use mio::{Events, Poll};

use super::super::emulated::Emulated;
use super::super::feed::{Feed, Play};
use super::super::frame_source::FrameSource;
use super::super::hub::Hub;
use super::super::open::{self, SourceOptions};
use super::super::recipes::Recipes;
use super::super::relayed::Relayed;
use super::super::stream::Stream;
use super::album::Album;
use super::camera::Camera;
use super::file;
use super::studio::Studio;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::pattern::Size;
use crate::problem::Problem;
use crate::relay::{Starting, Upstream};
use crate::signal::Stop;
use crate::source::directory::Directory;
use crate::source::error::Error;
use crate::source::kind::Kind;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::source::picture_file;
use crate::source::wake::{Wake, WakeUps};
use crate::transport::Target;

/// Most bytes of all pictures that are in memory.
const MOST_BYTES: usize = 1 << 30;
/// While waiting for a picture: interval at which signals are checked.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// What opens cameras.
pub struct Opener<'a> {
    /// The event loop does not run yet.
    pub poll: &'a mut Poll,
    /// Its wake-ups.
    pub wake_ups: &'a WakeUps,
    /// The clock.
    pub clock: &'a Clock,
    /// Ends the opening.
    pub stop: &'a Stop,
    /// Where messages go.
    pub reporter: Reporter,
    /// The recipe of cameras without a dialect.
    pub standard: Recipes,
    /// The options of a source that is a URL.
    pub options: &'a dyn Fn(&Camera) -> SourceOptions,
    /// How old a picture of a URL may be that counts as new.
    pub patience: Duration,
    /// Whether an old one may be shown.
    pub is_stale_ok: bool,
}

/// The cameras of a farm and their streams, in the same order.
#[derive(Debug)]
pub struct Opening {
    /// The cameras.
    pub cameras: Vec<Camera>,
    /// Their streams.
    pub streams: Vec<Stream>,
}

/// What cameras share.
enum Shared {
    Album(Album),
    Studio(Studio),
}

/// What was read so far.
#[derive(Default)]
struct Shelf {
    sources: HashMap<String, Shared>,
    recipes: HashMap<String, Recipes>,
    bytes: usize,
}

impl Opener<'_> {
    /// Reads the file of a farm and opens its cameras.
    ///
    /// # Errors
    ///
    /// When the file is wrong, or a source cannot be opened.
    pub fn open(mut self, path: &Path) -> Result<Opening, Error> {
        let cameras = file::read(path, self.stop)?;
        let mut shelf = Shelf::default();
        let (mut streams, mut starting) = (Vec::with_capacity(cameras.len()), Vec::new());
        let at = |camera: &Camera, error: Error| {
            let at = format!("{}:{}: source of {}", path.display(), camera.line, camera.name);
            Error { problem: Problem { cause: error.problem.cause.context(at), ..error.problem }, ..error }
        };
        for (index, camera) in cameras.iter().enumerate() {
            let (stream, start) =
                self.stream(index, cameras.len(), camera, &mut shelf).map_err(|error| at(camera, error))?;
            streams.push(stream);
            starting.extend(start.map(|start| (camera, start)));
        }
        // The cameras connect at the same time.
        for (camera, start) in starting {
            start.wait().map_err(|error| at(camera, error))?;
        }
        Ok(Opening { cameras, streams })
    }

    fn stream(
        &mut self,
        index: usize,
        count: usize,
        camera: &Camera,
        shelf: &mut Shelf,
    ) -> Result<(Stream, Option<Starting>), Error> {
        let recipes = self.recipes(camera, shelf)?;
        let wake = self.wake_ups.of(index);
        let source = camera.source.to_string();
        let (mut relayed, mut starting) = (None, None);
        let frames: Box<dyn FrameSource> = if let Target::Url(_) = camera.source {
            let options = (self.options)(camera);
            let opened = open::open(&options, &recipes, wake, self.poll, self.clock, self.stop)?;
            (relayed, starting) = opened
                .link
                .map(|(link, start)| {
                    let relayed = Relayed {
                        link,
                        connected: options.connected,
                        patience: self.patience,
                        is_stale_ok: self.is_stale_ok,
                        last: None,
                    };
                    (relayed, start)
                })
                .unzip();
            opened.frames
        } else {
            let paced = self.paced(index, camera, &wake, shelf)?;
            let rate = camera.fps.unwrap_or_default();
            let feed = Feed::new(paced, rate, Play::OnDemand, recipes.clone(), self.clock.clone());
            // Cameras that were not started by one hand do not send at one time.
            let phase = rate.span(1).mul_f64(index as f64 / count.max(1) as f64);
            Box::new(feed.with_phase(phase))
        };
        let stream = Stream::new(camera.name.clone(), source, Hub::new(frames, &recipes));
        Ok((Stream { relayed, facts: Some(Box::new(camera.facts())), ..stream }, starting))
    }

    /// The recipe of a camera. Cameras with the same dialect share it.
    fn recipes(&self, camera: &Camera, shelf: &mut Shelf) -> Result<Recipes, Problem> {
        let Some((name, dialect)) = &camera.dialect else { return Ok(self.standard.clone()) };
        if let Some(known) = shelf.recipes.get(name) {
            return Ok(known.clone());
        }
        let recipes = Recipes::from(Emulated::new(dialect.description(self.stop)?, self.clock.clone()));
        shelf.recipes.insert(name.clone(), recipes.clone());
        Ok(recipes)
    }

    fn paced(
        &mut self,
        index: usize,
        camera: &Camera,
        wake: &Wake,
        shelf: &mut Shelf,
    ) -> Result<Box<dyn Paced>, Error> {
        let key = camera.source.to_string();
        if !shelf.sources.contains_key(&key) {
            let shared = match &camera.source {
                Target::Test(size) => {
                    let size: Size = size.parse().map_err(|why: String| anyhow!(why))?;
                    Shared::Studio(Studio::start(size, self.reporter)?)
                }
                target => {
                    let room = MOST_BYTES.saturating_sub(shelf.bytes);
                    let pictures = self.pictures(target, wake, room)?;
                    shelf.bytes += pictures.iter().map(Picture::weight).sum::<usize>();
                    let nothing = || Problem::new(anyhow!("{target} has no picture"));
                    Shared::Album(Album::new(pictures).ok_or_else(nothing)?)
                }
            };
            shelf.sources.insert(key.clone(), shared);
        }
        Ok(match shelf.sources.get(&key) {
            Some(Shared::Album(album)) => Box::new(album.starting_at(index)),
            Some(Shared::Studio(studio)) => Box::new(studio.canvas(wake.clone())),
            None => return Err(anyhow!("{key} was not opened").into()),
        })
    }

    /// All pictures of a source.
    fn pictures(&mut self, target: &Target, wake: &Wake, room: usize) -> Result<Vec<Picture>, Error> {
        let Target::File(path) = target else {
            return Err(anyhow!("{target} cannot be the source of a farm").into());
        };
        // As fast as the disk is.
        let rate = "1000".parse().unwrap_or_default();
        let (once, wake) = (Some(1), wake.clone());
        let source: Box<dyn Paced> = match Kind::of(path, self.stop)? {
            Kind::Pipe => return Err(anyhow!("{target} is a pipe, which cameras cannot share").into()),
            Kind::Picture | Kind::Absent => {
                let mut bytes = Vec::new();
                let file = picture_file::open(path).map_err(|why| anyhow!("{target}: {why}"))?;
                file.take(room as u64 + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|why| anyhow!("{target}: {why}"))?;
                if bytes.len() > room {
                    return Err(
                        anyhow!("{target}: with it, all pictures take more than {MOST_BYTES} bytes").into()
                    );
                }
                let picture = Picture::new(bytes).map_err(|why| anyhow!("{target} cannot be sent: {why}"))?;
                return Ok(vec![picture]);
            }
            Kind::Directory => {
                Box::new(Directory::open(path, once, rate, wake, self.clock, self.reporter, self.stop)?)
            }
            Kind::Stream => {
                let upstream = Upstream::new(target.clone(), self.clock, self.stop, self.reporter);
                Box::new(upstream.paced(once, wake)?)
            }
        };
        self.drain(source, target, room)
    }

    /// Takes all pictures of a source.
    fn drain(
        &mut self,
        mut source: Box<dyn Paced>,
        target: &Target,
        room: usize,
    ) -> Result<Vec<Picture>, Error> {
        let mut events = Events::with_capacity(1);
        let (mut pictures, mut bytes) = (Vec::new(), 0);
        while self.stop.signal().is_none() {
            match source.next(pictures.len() as u64 + 1, Duration::ZERO) {
                Next::Picture(picture) => {
                    bytes += picture.weight();
                    if bytes > room {
                        let why = anyhow!(
                            "the pictures of {target} do not fit into memory: more than {MOST_BYTES} bytes"
                        );
                        return Err(Problem::new(why)
                            .hint("a farm keeps the pictures of its files in memory")
                            .into());
                    }
                    pictures.push(picture);
                }
                Next::Later => match self.poll.poll(&mut events, Some(STOP_CHECK_INTERVAL)) {
                    Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                        return Err(anyhow::Error::new(error).context("cannot wait for events").into());
                    }
                    _ => {}
                },
                Next::Nothing | Next::End => break,
            }
        }
        match source.take_error() {
            Some(error) if pictures.is_empty() => Err(error),
            _ => Ok(pictures),
        }
    }
}
