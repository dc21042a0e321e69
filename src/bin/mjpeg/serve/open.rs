//! Opens the sources that are named on the command line.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use mio::{Events, Poll};
use mjpeg::http::decimal;

use super::demand::{Connected, Want};
use super::feed::{Feed, Play};
use super::frame_source::FrameSource;
use super::live::Live;
use super::recipes::Recipes;
use crate::clock::Clock;
use crate::output::Reporter;
use crate::pattern::Size;
use crate::problem::Problem;
use crate::relay::{Start, Starting, Upstream};
use crate::signal::Stop;
use crate::source::ahead::Ahead;
use crate::source::directory::Directory;
use crate::source::error::Error;
use crate::source::file::WatchedFile;
use crate::source::kind::Kind;
use crate::source::link::Link;
use crate::source::live::Mailbox;
use crate::source::paced::Paced;
use crate::source::pattern::Drawing;
use crate::source::stamped::Stamped;
use crate::source::wake::Wake;
use crate::threads;
use crate::transport::{self, Target};
use crate::value::Rate;

/// The options of a source.
#[derive(Debug)]
pub struct SourceOptions {
    /// The source.
    pub source: Target,
    /// How many times to play a source that ends; `None` means endlessly.
    pub rounds: Option<u32>,
    /// Frames per second, if given. For a watched file and a URL it is the highest rate.
    pub fps: Option<Rate>,
    /// Send the last frame again after this long without a new one; zero means never.
    pub repeat: Duration,
    /// Where messages go.
    pub reporter: Reporter,
    /// How a URL is reached.
    pub transport: transport::Options,
    /// When a URL is connected.
    pub connected: Connected,
    /// Whether a URL must give a picture at the start.
    pub start: Start,
    /// How long a URL may be without a picture.
    pub patience: Duration,
    /// Whether pictures get a coded strip.
    pub stamp: bool,
    /// The name of our relays in the requests for a URL.
    pub pseudonym: String,
}

/// A source that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Its frames.
    pub frames: Box<dyn FrameSource>,
    /// The link to the camera, if it is a URL, and whether that gives a picture.
    pub link: Option<(Link, Starting)>,
}

impl Opened {
    fn local(frames: impl FrameSource + 'static) -> Self {
        Self { frames: Box::new(frames), link: None }
    }
}

/// While waiting for the first picture: interval at which signals are checked.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Opens a source, and waits for the first picture of a paced one; that of a URL is in [`Opened::link`]. `wake` wakes `poll`.
///
/// # Errors
///
/// When the source does not exist or contains no frames, or when a signal arrives.
pub fn open(
    options: &SourceOptions,
    recipes: &Recipes,
    wake: Wake,
    poll: &mut Poll,
    clock: &Clock,
    stop: &Stop,
) -> Result<Opened, Error> {
    let rounds = options.rounds;
    let rate = options.fps.unwrap_or_default();
    let target = options.source.clone();
    let upstream = || {
        Upstream::new(target.clone(), clock, stop, options.reporter).with_options(options.transport.clone())
    };
    let forward = |wake| {
        let mailbox = Mailbox::new(wake);
        upstream().forward(mailbox.clone())?;
        Ok(Opened::local(live(options, mailbox, recipes)))
    };
    let stamp_wake = wake.clone();
    let source: Box<dyn Paced> = match &target {
        Target::Test(size) => {
            let size: Size = size.parse().map_err(|why: String| anyhow!(why))?;
            Box::new(Ahead::new(Drawing::new(size, clock, options.reporter), wake)?)
        }
        Target::Stdin if options.fps.is_some() => Box::new(upstream().paced(Some(1), wake)?),
        Target::Url(_) => {
            let upstream = upstream().with_pseudonym(&options.pseudonym);
            return relay(options, upstream, recipes, wake);
        }
        Target::Stdin => return forward(wake),
        Target::File(path) => match kind(path, stop)? {
            Kind::Pipe if options.fps.is_some() => Box::new(upstream().paced(Some(1), wake)?),
            Kind::Pipe if options.stamp => {
                return Err(anyhow!("--stamp needs --fps to read the pipe {target}").into());
            }
            Kind::Pipe => return forward(wake),
            Kind::Directory => {
                Box::new(Directory::open(path, rounds, rate, wake, clock, options.reporter, stop)?)
            }
            Kind::Picture | Kind::Absent if options.stamp => {
                let why = "--stamp needs a directory, a capture or concatenated JPEGs, and";
                return Err(anyhow!("{why} {target} is one picture").into());
            }
            Kind::Absent if rounds.is_some() => {
                let why = anyhow!("cannot open {target}: No such file or directory");
                return Err(Problem::new(why).hint("without --once and --loops it is waited for").into());
            }
            Kind::Picture | Kind::Absent => {
                refuse_loops(rounds, &target)?;
                let mailbox = Mailbox::new(wake);
                watch(path, mailbox.clone(), rate, clock, options.reporter)?;
                return Ok(Opened::local(live(options, mailbox, recipes)));
            }
            Kind::Stream => Box::new(upstream().paced(rounds, wake)?),
        },
    };
    let source = if options.stamp {
        Box::new(Stamped::new(source, stamp_wake, clock, options.reporter)?)
    } else {
        source
    };
    let play = if rounds.is_some() { Play::ToTheEnd } else { Play::OnDemand };
    let mut feed = Feed::new(source, rate, play, recipes.clone(), clock.clone());
    wait_for_picture(&mut feed, &target, poll, stop)?;
    Ok(Opened::local(feed))
}

/// What a path is. A path that is missing may be a URL without its scheme.
fn kind(path: &Path, stop: &Stop) -> Result<Kind, Problem> {
    Kind::of(path, stop).map_err(|problem| {
        let is_missing = problem
            .cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        match listen_hint(path).or_else(|| transport::scheme_hint(path)).filter(|_| is_missing) {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

/// What to write instead of a missing file that looks like an address to listen on.
fn listen_hint(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let is_of_machine = ["", "0.0.0.0", "127.0.0.1", "[::]", "[::1]"].contains(&host);
    let is_port = decimal::<u16>(port).is_some();
    (is_of_machine && is_port)
        .then(|| format!("to listen on port {port}: mjpeg serve SOURCE --listen {text}"))
}

/// Waits until a feed has its first picture. The event loop does not run yet.
fn wait_for_picture(feed: &mut Feed, target: &Target, poll: &mut Poll, stop: &Stop) -> Result<(), Error> {
    let mut events = Events::with_capacity(1);
    feed.fill();
    while feed.is_pending() && stop.signal().is_none() {
        match poll.poll(&mut events, Some(STOP_CHECK_INTERVAL)) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                return Err(anyhow::Error::new(error).context("cannot wait for events").into());
            }
            _ => feed.fill(),
        }
    }
    if feed.peek().is_some() {
        return Ok(());
    }
    let nothing = || anyhow!("{target} has no frame that can be sent").into();
    Err(feed.take_error().unwrap_or_else(nothing))
}

/// Refuses `--once` and `--loops` for a source that never ends.
fn refuse_loops(rounds: Option<u32>, target: &Target) -> Result<(), Problem> {
    match rounds {
        None => Ok(()),
        Some(_) => Err(anyhow!("--once and --loops need a source that ends, and {target} does not").into()),
    }
}

/// Relays a URL.
fn relay(
    options: &SourceOptions,
    upstream: Upstream,
    recipes: &Recipes,
    wake: Wake,
) -> Result<Opened, Error> {
    let (mailbox, link) = (Mailbox::new(wake.clone()), Link::new(wake));
    let want = Want::new(link.clone(), options.connected);
    let starting = upstream.relay(mailbox.clone(), link.clone(), options.start, options.patience)?;
    let frames = live(options, mailbox, recipes).of_camera(want, options.transport.poll_interval());
    Ok(Opened { frames: Box::new(frames), link: Some((link, starting)) })
}

fn live(options: &SourceOptions, mailbox: Mailbox, recipes: &Recipes) -> Live {
    let repeat = (!options.repeat.is_zero()).then_some(options.repeat);
    Live::new(mailbox, repeat, options.fps, recipes.clone())
}

fn watch(
    path: &Path,
    mailbox: Mailbox,
    rate: Rate,
    clock: &Clock,
    reporter: Reporter,
) -> Result<(), Problem> {
    let file = WatchedFile::new(path, mailbox, rate.span(1) / 2, clock, reporter);
    threads::start("source", 256 * 1024, || file.run()).context("cannot start a thread for the source")?;
    Ok(())
}
