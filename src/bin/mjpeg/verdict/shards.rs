//! The shards of a fleet, as far as files have them: whether each is there, once, and of the same check.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mjpeg::check::Severity;
use mjpeg::http::decimal;

use crate::verdict::finished::Finished;

/// Shards that are checked at times further apart are hardly of one check.
const LONGEST_CHECK: SignedDuration = SignedDuration::from_hours(24);
/// Shards that are named.
const NAMED: usize = 10;

/// The runs of `--shard` that files have.
#[derive(Debug, Default)]
pub struct Shards {
    /// By the number of shards, and the number of the shard.
    runs: BTreeMap<(u32, u32), Runs>,
    /// Runs without a target: they print no line that names their shard.
    without_target: u64,
}

/// The runs of one shard. Fleets with other targets may be divided into as many.
#[derive(Debug, Default)]
struct Runs {
    /// Runs of which a target was read.
    begun: u64,
    /// How many targets the last run has that were not read yet, by how many it has.
    left: BTreeMap<u64, u64>,
    /// Targets of the last run, and of those before it, each with the file.
    last: BTreeMap<(Option<String>, String), String>,
    before: BTreeMap<(Option<String>, String), String>,
    /// When they were checked: the first and the last target.
    times: Option<(Timestamp, Timestamp)>,
    /// Each `--fail-on` once, in the order of the severities.
    fail_on: Vec<Severity>,
}

impl Shards {
    /// Takes the next target of `file`.
    ///
    /// # Errors
    ///
    /// When its shard was checked twice, in words.
    pub fn add(&mut self, target: &Finished, file: &str) -> Result<(), String> {
        let Some((number, count)) = target.shard.as_deref().and_then(parsed) else { return Ok(()) };
        let runs = self.runs.entry((count, number)).or_default();
        let of_run = target.run_targets.unwrap_or(1).max(1);
        let left = runs.left.entry(of_run).or_default();
        if *left == 0 {
            *left = of_run;
            runs.begun += 1;
            runs.before.extend(std::mem::take(&mut runs.last));
        }
        *left -= 1;
        let key = (target.name.clone(), target.target.clone());
        if let Some(earlier) = runs.before.get(&key) {
            let shown = target.shown();
            return Err(match earlier == file {
                true => format!("{file} has shard {number}/{count} twice, with {shown} in both runs"),
                false => {
                    format!("{earlier} and {file} have the same shard {number}/{count}, with {shown} in both")
                }
            });
        }
        runs.last.insert(key, file.into());
        if let Err(at) = runs.fail_on.binary_search(&target.fail_on()) {
            runs.fail_on.insert(at, target.fail_on());
        }
        if let Some(time) = target.started.as_ref().and_then(|time| time.parse().ok()) {
            let (first, last) = runs.times.unwrap_or((time, time));
            runs.times = Some((first.min(time), last.max(time)));
        }
        Ok(())
    }

    /// Takes a run without a target.
    pub fn add_empty(&mut self) {
        self.without_target += 1;
    }

    /// What is in no file, for each number of shards, as `shard 2/3`.
    pub fn missing(&self) -> Vec<String> {
        let counts = self.counts();
        let missing: Vec<(u32, u64)> =
            counts.into_iter().map(|count| (count, self.lacking(count))).filter(|it| it.1 > 0).collect();
        // Those may be what seems to be missing, if there are enough of them.
        if missing.iter().map(|it| it.1).sum::<u64>() <= self.without_target {
            return Vec::new();
        }
        missing.into_iter().map(|(count, _)| self.named(count)).collect()
    }

    /// The numbers of shards, in order.
    fn counts(&self) -> Vec<u32> {
        let mut counts: Vec<u32> = self.runs.keys().map(|&(count, _)| count).collect();
        counts.dedup();
        counts
    }

    /// How many fleets are divided into `count` shards: as many as the shard with the most runs has.
    fn fleets(&self, count: u32) -> u64 {
        self.of(count).map(|(_, runs)| runs.begun).max().unwrap_or_default()
    }

    /// How many runs these fleets lack.
    fn lacking(&self, count: u32) -> u64 {
        let due = self.fleets(count).saturating_mul(count.into());
        due.saturating_sub(self.of(count).map(|(_, runs)| runs.begun).sum())
    }

    fn of(&self, count: u32) -> impl Iterator<Item = (u32, &Runs)> {
        self.runs.range((count, 0)..=(count, u32::MAX)).map(|(&(_, number), runs)| (number, runs))
    }

    /// The shards that lack runs.
    fn named(&self, count: u32) -> String {
        let fleets = self.fleets(count);
        let begun = |number: u32| self.runs.get(&(count, number)).map_or(0, |runs| runs.begun);
        // The count of a file that was changed may be large.
        let lacking: Vec<String> = (1..=count)
            .filter(|&number| begun(number) < fleets)
            .map(|number| format!("{number}/{count}"))
            .take(NAMED + 1)
            .collect();
        let what = match (lacking.len(), self.without_target) {
            (1, _) => "shard",
            (_, 0) => "shards",
            // The run without a target may be one of them.
            _ => "some of the shards",
        };
        let more = if lacking.len() > NAMED { " and more" } else { "" };
        format!("{what} {}{more}", lacking[..lacking.len().min(NAMED)].join(", "))
    }

    /// What makes it doubtful that the shards are of one check: sentences for people.
    pub fn doubts(&self) -> Vec<String> {
        self.counts()
            .into_iter()
            .flat_map(|count| [self.unlike_times(count), self.unlike_limits(count)])
            .flatten()
            .collect()
    }

    fn unlike_times(&self, count: u32) -> Option<String> {
        let times = || self.of(count).filter_map(|(number, runs)| Some((number, runs.times?)));
        let (earliest, (first, _)) = times().min_by_key(|(_, (first, _))| *first)?;
        let (latest, (_, last)) = times().max_by_key(|(_, (_, last))| *last)?;
        (last.duration_since(first) > LONGEST_CHECK).then(|| {
            format!(
                "shard {earliest}/{count} was checked from {first:.0} on, shard {latest}/{count} until {last:.0}: are \
                 these files of one check?"
            )
        })
    }

    fn unlike_limits(&self, count: u32) -> Option<String> {
        let mut all =
            self.of(count).flat_map(|(number, runs)| runs.fail_on.iter().map(move |it| (number, *it)));
        let (number, severity) = all.next()?;
        let (other, its) = all.find(|(_, its)| *its != severity)?;
        Some(format!(
            "the shards were not judged alike: --fail-on was {severity} in shard {number}/{count} and {its} in shard \
             {other}/{count}"
        ))
    }
}

/// The number and the count of `2/3`.
fn parsed(shard: &str) -> Option<(u32, u32)> {
    let (number, count) = shard.split_once('/')?;
    let (number, count) = (decimal(number)?, decimal(count)?);
    (1..=count).contains(&number).then_some((number, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::finished::tests::good;

    fn of(shard: &str, name: &str, of_run: u64) -> Finished {
        Finished { shard: Some(shard.into()), name: Some(name.into()), run_targets: Some(of_run), ..good() }
    }

    /// Shards with a target each.
    fn with(shards: &[&str]) -> Shards {
        let mut all = Shards::default();
        for (n, shard) in shards.iter().enumerate() {
            match *shard {
                "" => all.add_empty(),
                shard => all.add(&of(shard, &format!("cam-{n}"), 1), "a").unwrap(),
            }
        }
        all
    }

    #[test]
    fn a_shard_that_is_in_no_file_is_missing() {
        for (shards, missing) in [
            (&["1/2", "2/2"][..], &[][..]),
            (&["1/1"], &[]),
            (&["", ""], &[]),
            (&["1/3", "3/3"], &["shard 2/3"]),
            (&["2/3"], &["shards 1/3, 3/3"]),
            // A shard without a target has no line that names it.
            (&["1/3", "", "3/3"], &[]),
            (&["2/3", ""], &["some of the shards 1/3, 3/3"]),
            // Another division is another fleet.
            (&["1/2", "2/2", "1/1"], &[]),
            (&["1/2", "2/3", "1/3", "3/3"], &["shard 2/2"]),
            (&["1/2", "2/3"], &["shard 2/2", "shards 1/3, 3/3"]),
            // Two fleets of which each has two shards.
            (&["1/2", "2/2", "1/2", "2/2"], &[]),
            (&["1/2", "2/2", "1/2"], &["shard 2/2"]),
            // No shard of ours.
            (&["3/2", "0/2", "x", "1/0"], &[]),
        ] {
            assert_eq!(with(shards).missing(), missing, "{shards:?}");
        }
        let many = with(&["1/4000000000"]).missing();
        assert!(many[0].ends_with(", 11/4000000000 and more") && many[0].len() < 200, "{many:?}");
        assert!(!with(&["1/11"]).missing()[0].contains("more"));
    }

    #[test]
    fn the_same_shard_twice_is_noticed_and_a_target_twice_in_one_run_is_not() {
        let mut shards = Shards::default();
        let run = [of("1/2", "a", 3), of("1/2", "b", 3), of("1/2", "b", 3)];
        for target in &run {
            shards.add(target, "x").unwrap();
        }
        let again = shards.add(&run[0], "y").unwrap_err();
        assert_eq!(again, "x and y have the same shard 1/2, with a in both");
        let again = shards.add(&of("1/2", "b", 2), "x").unwrap_err();
        assert_eq!(again, "x has shard 1/2 twice, with b in both runs");
        // Another camera, and another shard.
        assert_eq!(shards.add(&of("1/2", "c", 1), "y"), Ok(()));
        assert_eq!(shards.add(&of("2/2", "a", 1), "y"), Ok(()));
        let elsewhere = Finished { target: "http://other/".into(), ..of("1/2", "a", 1) };
        assert_eq!(shards.add(&elsewhere, "y"), Ok(()));
    }

    #[test]
    fn files_that_are_hardly_of_one_check_are_doubted() {
        let mut shards = with(&["1/2"]);
        assert!(shards.doubts().is_empty());
        let later = Finished { started: Some("2025-11-28T23:00:00.000Z".into()), ..of("2/2", "later", 1) };
        shards.add(&later, "b").unwrap();
        assert!(shards.doubts().is_empty());
        let mut latest =
            Finished { started: Some("2025-11-29T01:00:00.000Z".into()), ..of("2/2", "latest", 1) };
        latest.limits.as_mut().unwrap().fail_on = Severity::Info;
        shards.add(&latest, "b").unwrap();
        let doubts = shards.doubts();
        assert_eq!(doubts.len(), 2, "{doubts:?}");
        assert!(
            doubts[0].starts_with("shard 1/2 was checked from 2025-11-28T00:00:00Z on, shard 2/2 until "),
            "{doubts:?}"
        );
        assert!(doubts[1].contains("--fail-on was error in shard 1/2 and info in shard 2/2"), "{doubts:?}");
    }
}
