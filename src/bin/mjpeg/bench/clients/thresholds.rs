//! What a row must reach, and the words for what it has missed.

use std::time::Duration;

use super::missed::Missed;
use super::row::Row;
use crate::bench::load::{Limits, THRESHOLDS};
use crate::value;

/// The thresholds of the command line.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Thresholds {
    #[command(flatten)]
    limits: Limits,

    /// Lost frames in percent of those that were due
    #[arg(long, help_heading = THRESHOLDS, value_name = "PERCENT", value_parser = percent)]
    max_loss: Option<f64>,
}

impl Thresholds {
    /// How long a viewer may be without a frame: `least`, or longer if a threshold says so.
    pub fn patience(&self, least: Duration) -> Duration {
        self.limits.max_gap.map_or(least, |most| most.max(least))
    }

    /// The thresholds that a row has missed. If there is any, each viewer must be served to the end.
    pub fn missed(&self, row: &Row) -> Vec<Missed> {
        let has_any = self.limits.max_gap.is_some()
            || self.limits.min_fps.is_some()
            || self.limits.max_age.is_some()
            || self.max_loss.is_some();
        let age = row.age.map(|age| age.p99);
        [
            (Missed::Served, has_any && row.has_unserved()),
            (
                Missed::MaxGap,
                self.limits.max_gap.is_some_and(|limit| row.gap_max.is_none_or(|gap| gap > limit)),
            ),
            (
                Missed::MinFps,
                self.limits.min_fps.is_some_and(|limit| row.fps_min.is_none_or(|fps| fps < limit.fps())),
            ),
            (Missed::MaxAge, self.limits.max_age.is_some_and(|limit| age.is_none_or(|age| age > limit))),
            (
                Missed::MaxLoss,
                self.max_loss.is_some_and(|limit| row.loss_percent().is_none_or(|loss| loss > limit)),
            ),
        ]
        .into_iter()
        .filter_map(|(missed, is_missed)| is_missed.then_some(missed))
        .collect()
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match value::number(text.strip_suffix('%').unwrap_or(text)) {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected percent between 0 and 100, such as 0.5".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_threshold_is_missed_by_what_is_worse_and_by_what_is_not_known() {
        let ms = Duration::from_millis;
        let none = Thresholds::default();
        let all = Thresholds {
            limits: Limits {
                max_gap: Some(ms(100)),
                min_fps: Some("29".parse().unwrap()),
                max_age: Some(ms(50)),
            },
            max_loss: Some(1.0),
        };
        let good = Row {
            clients: 2,
            arrivals: 2,
            served: 2,
            gap_max: Some(ms(100)),
            fps_min: Some(29.0),
            frames_due: Some(100),
            frames_lost: Some(1),
            age: Some(super::super::row::Spread { p50: ms(1), p99: ms(50), max: ms(90) }),
            ..Row::default()
        };
        assert_eq!(all.missed(&good), []);
        let bad = Row {
            served: 1,
            gap_max: Some(ms(101)),
            fps_min: Some(28.9),
            frames_lost: Some(2),
            age: None,
            ..good.clone()
        };
        use Missed::{MaxAge, MaxGap, MaxLoss, MinFps, Served};
        assert_eq!(all.missed(&bad), [Served, MaxGap, MinFps, MaxAge, MaxLoss]);
        assert_eq!(all.missed(&Row { clients: 2, arrivals: 2, ..Row::default() }).len(), 5);
        assert_eq!(none.missed(&bad), []);
        assert_eq!((percent("0.5%"), percent("101").is_err(), percent("x").is_err()), (Ok(0.5), true, true));
    }
}
