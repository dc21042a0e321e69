//! The plots of a section.

use serde::Serialize;

use crate::output::printable;
use crate::page::chart::{Chart, Style};
use crate::verdict::evidence::Evidence;
use crate::verdict::finished::Finished;

/// A plot.
#[derive(Debug, Serialize)]
pub struct Drawn {
    pub caption: String,
    /// HTML of ours.
    pub svg: String,
}

/// The gaps, the sizes and the arrivals. Without times the sizes are over the numbers of the parts.
pub fn charts(it: &Finished, evidence: &Evidence) -> Vec<Drawn> {
    let dots = &evidence.dots;
    let seconds = |n: usize| dots[n].arrival.map(|arrival| arrival.as_secs_f64());
    let has_times = !dots.is_empty() && dots.iter().all(|dot| dot.arrival.is_some());
    let x = |n: usize| if has_times { seconds(n).unwrap_or_default() } else { dots[n].part as f64 };
    let axis = if has_times { "seconds since the first byte" } else { "part" };
    let marks: Vec<(f64, String)> = it
        .findings
        .iter()
        .filter_map(|finding| {
            let n = dots.iter().position(|dot| Some(dot.part) == finding.part)?;
            Some((x(n), printable(&finding.code)))
        })
        .collect();
    let mut all = Vec::new();
    if has_times && dots.len() > 1 {
        // The first frame has no gap. Its point gives all plots the same axis.
        let gap = |n: usize| if n == 0 { 0.0 } else { (x(n) - x(n - 1)) * 1000.0 };
        let gaps: Vec<(f64, f64)> = (0..dots.len()).map(|n| (x(n), gap(n))).collect();
        let mut limits = Vec::new();
        if let Some(ms) = it.limits.as_ref().and_then(|limits| limits.max_gap_ms) {
            limits.push((ms, "--max-gap".to_string()));
        }
        let svg = Chart {
            title: "gaps between frames over time",
            x: axis,
            y: "gap before the frame in ms",
            style: Style::Stems,
            points: &gaps,
            limits: &limits,
            marks: &marks,
            height: 240.0,
        }
        .svg();
        all.push(Drawn {
            caption: "Gaps. Dashed vertical lines are the parts that findings name first.".into(),
            svg,
        });
        let arrivals: Vec<(f64, f64)> = (0..dots.len()).map(|n| (x(n), (n + 1) as f64)).collect();
        let svg = Chart {
            title: "frames over time",
            x: axis,
            y: "frames so far",
            style: Style::Steps,
            points: &arrivals,
            limits: &[],
            marks: &marks,
            height: 240.0,
        }
        .svg();
        all.push(Drawn {
            caption: "Arrivals. An even stream is a straight line; a burst is a cliff, a stall a plain."
                .into(),
            svg,
        });
    }
    if dots.len() > 1 {
        let sizes: Vec<(f64, f64)> = (0..dots.len()).map(|n| (x(n), dots[n].bytes as f64 / 1000.0)).collect();
        let svg = Chart {
            title: "sizes of frames",
            x: axis,
            y: "size in kB",
            style: Style::Dots,
            points: &sizes,
            limits: &[],
            marks: &marks,
            height: 240.0,
        }
        .svg();
        all.push(Drawn { caption: "Sizes of the parts.".into(), svg });
    }
    all
}
