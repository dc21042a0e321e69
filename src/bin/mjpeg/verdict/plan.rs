//! The targets of a command line, and the options of each.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::anyhow;
use mjpeg::check::Expectations;

use crate::asked::Asked;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::progress::Parts;
use crate::signal::Stop;
use crate::targets::{self, Entry};
use crate::transport::Target;
use crate::verdict::arguments::Check;
use crate::verdict::expect::Expected;
use crate::verdict::limits::Limits;
use crate::verdict::options::Options;
use crate::verdict::tasks::Task;

/// Bytes of parts that are kept for the page, of all targets that are read at one time.
const EVIDENCE_BYTES: usize = 64 << 20;

impl Check {
    /// The targets of the command line, then those of the list, without those of other shards.
    ///
    /// # Errors
    ///
    /// When a file that they name cannot be used.
    pub fn tasks(&self, parts: &Parts, clock: &Clock, stop: &Stop) -> Result<Vec<Task>, Problem> {
        let named: Vec<Entry<Limits>> = match &self.list {
            Some(list) => targets::read(list, &self.limits, |_| Ok(()), stop)?,
            None => Vec::new(),
        };
        let outputs = self.outputs().map_err(anyhow::Error::msg)?;
        for entry in &named {
            let all = outputs
                .read_target(&entry.target)
                .and_then(|()| outputs.read_transport(&entry.options.transport))
                .and_then(|()| outputs.read_expectations(entry.options.expect.as_deref(), self.force));
            all.map_err(|why| anyhow!("{}: {why}", entry.name))?;
        }
        let now = jiff::Timestamp::from_second(i64::try_from(clock.unix().as_secs())?)?;
        let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let mut files: HashMap<PathBuf, Expected> = HashMap::new();
        let mut expected = |limits: &Limits| -> Result<Expected, Problem> {
            let Some(path) = &limits.expect else { return Ok(Expected::default()) };
            if let Some(known) = files.get(path) {
                return Ok(known.clone());
            }
            let read = Expected::read(path, today, stop)?;
            Ok(files.entry(path.clone()).or_insert(read).clone())
        };
        let mut all = Vec::new();
        for target in &self.targets {
            let options = self.options(target, &self.limits, expected(&self.limits)?, parts);
            all.push(Task { name: None, target: target.clone(), options });
        }
        for entry in named {
            let options = self.options(&entry.target, &entry.options, expected(&entry.options)?, parts);
            all.push(Task { name: Some(entry.name), target: entry.target, options });
        }
        let Some(shard) = self.shard.and_then(|shard| shard.resolve().ok()) else { return Ok(all) };
        Ok(all.into_iter().filter(|task| shard.contains(&task.key())).collect())
    }

    /// How much is read of a URL if the options do not say.
    pub fn default_asked(&self) -> Asked {
        let is_compared = self.baseline.is_some() || self.save_baseline.is_some();
        if is_compared { Asked::COMPARED } else { Asked::LOOK }
    }

    fn options(&self, target: &Target, limits: &Limits, expected: Expected, parts: &Parts) -> Options {
        let mut expectations = Expectations::default();
        // The codes are those of rules, so each is a selector.
        let exempt = expected.exempt.iter().filter(|it| !it.expired).filter_map(|it| it.code.parse().ok());
        expectations.rules = self.choice.selection(exempt);
        limits.demands.or(&expected.demands).demand(&mut expectations);
        expectations.live = limits.expect_live || expected.expect_live;
        Options {
            asked: Asked::of(target, limits.frames, limits.duration, self.default_asked()),
            idle: limits.idle,
            expectations,
            transport: limits.transport.clone(),
            depth: self.depth.depth(),
            consumers: self.consumers.iter().filter_map(|reader| reader.consumer()).collect(),
            carriers: self.consumers.iter().filter_map(|reader| reader.carrier()).collect(),
            exempt: expected.exempt,
            evidence_bytes: self
                .report
                .is_some()
                .then(|| (EVIDENCE_BYTES / usize::from(self.jobs)).max(1 << 20)),
            parts: Parts::clone(parts),
        }
    }
}
