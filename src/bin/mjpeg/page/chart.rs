//! A plot over time as inline SVG, for a [`document`](super::document).
//!
//! Own code, because the plots must follow the theme of the page: their colours are its CSS variables, which no crate for plots
//! writes (plotters 0.3 puts the colours of one theme into each element).

use std::fmt::Write as _;

use super::document::escaped;
use super::names::Names;

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 40.0;
/// Columns of a plot. More points than that are thinned: each column keeps its lowest and its highest one.
const COLUMNS: usize = 500;
/// Between the rows of names above it.
const ROW: f64 = 14.0;

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A line from zero up to each point.
    Stems,
    /// A dot for each point.
    Dots,
    /// A line that steps from point to point.
    Steps,
}

/// A plot. Its values are not negative.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// What it shows, for those who do not see it.
    pub title: &'a str,
    /// The name and the unit of the horizontal axis.
    pub x: &'a str,
    /// The name and the unit of the vertical axis.
    pub y: &'a str,
    pub style: Style,
    /// In the order of their x.
    pub points: &'a [(f64, f64)],
    /// Horizontal lines, with their names.
    pub limits: &'a [(f64, String)],
    /// Vertical lines, with their names. They may have text from outside.
    pub marks: &'a [(f64, String)],
    /// The height in units of the plot, of which the width has 1000.
    pub height: f64,
}

impl Chart<'_> {
    /// The element `svg`; nothing without points.
    pub fn svg(&self) -> String {
        let points = thinned(self.points);
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
        // Numbers of parts may be so large that their difference is lost.
        let least = (first.0.abs() * 1e-9).max(1.0);
        let (from, to) = (first.0, if last.0 > first.0 { last.0 } else { first.0 + least });
        let highest =
            points.iter().map(|it| it.1).chain(self.limits.iter().map(|it| it.0)).fold(0.0, f64::max);
        let y_step = step(highest, 4.0);
        let top = (highest / y_step).ceil().max(1.0) * y_step;
        let (right, bottom) = (WIDTH - RIGHT, self.height - BOTTOM);
        let at_x = |x: f64| LEFT + (x - from) / (to - from) * (right - LEFT);
        let at_y = |y: f64| bottom - y / top * (bottom - TOP);
        let mut out = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{1}\"><title>{1}</title>\n",
            self.height,
            escaped(self.title)
        );
        // Writing to a string does not fail.
        for n in 0..=(top / y_step).round() as u32 {
            let (value, place) = (f64::from(n) * y_step, at_y(f64::from(n) * y_step));
            let _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{LEFT} {place:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                place + 4.0,
                number(value)
            );
        }
        let x_step = step(to - from, 8.0);
        let first_tick = (from / x_step).ceil() as i64;
        for n in first_tick..=(to / x_step).floor() as i64 {
            let value = n as f64 * x_step;
            let place = at_x(value);
            let _ = writeln!(
                out,
                "<path class=\"axis\" d=\"M{place:.1} {bottom}v4\"/><text x=\"{place:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                number(value)
            );
        }
        let _ = writeln!(
            out,
            "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/><text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <text x=\"4\" y=\"14\">{}</text>",
            self.height - 4.0,
            escaped(self.x),
            escaped(self.y)
        );
        let data: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (at_x(x), at_y(y))).collect();
        let _ = writeln!(out, "{}", self.path(&data, bottom));
        for (value, name) in self.limits {
            let place = at_y(*value);
            let _ = writeln!(
                out,
                "<path class=\"limit\" d=\"M{LEFT} {place:.1}H{right}\"/><text class=\"limit\" x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                place - 4.0,
                escaped(name)
            );
        }
        let mut names = Names::new(right, self.y);
        for (value, name) in self.marks {
            let at = at_x(value.clamp(from, to));
            let _ = write!(
                out,
                "<path class=\"mark\" d=\"M{at:.1} {TOP}V{bottom}\"><title>{}</title></path>",
                escaped(name)
            );
            // Without a place for its name, it has a line only, which shows the name to those who point at it.
            if let Some(place) = names.place(at, name) {
                let _ = write!(
                    out,
                    "<text class=\"mark\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
                    TOP - 4.0 - ROW * place.row as f64,
                    place.anchor,
                    escaped(name)
                );
            }
            out.push('\n');
        }
        out.push_str("</svg>\n");
        out
    }

    /// The points as one path: it is the smallest form.
    fn path(&self, data: &[(f64, f64)], bottom: f64) -> String {
        let mut path = String::new();
        let mut before: Option<f64> = None;
        for (x, y) in data {
            let _ = match (self.style, before) {
                (Style::Stems, _) => write!(path, "M{x:.1} {bottom:.1}V{y:.1}"),
                (Style::Dots, _) => write!(path, "M{x:.1} {y:.1}h0"),
                (Style::Steps, None) => write!(path, "M{x:.1} {y:.1}"),
                (Style::Steps, Some(_)) => write!(path, "H{x:.1}V{y:.1}"),
            };
            before = Some(*x);
        }
        let class = if self.style == Style::Dots { "dot" } else { "data" };
        format!("<path class=\"{class}\" d=\"{path}\"/>")
    }
}

/// At most two points in each column: the lowest and the highest one.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let points: Vec<(f64, f64)> =
        points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite() && *y >= 0.0).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return points };
    if points.len() <= 2 * COLUMNS {
        return points;
    }
    let width = (last.0 - first.0).max(f64::MIN_POSITIVE) / COLUMNS as f64;
    let column = |x: f64| ((x - first.0) / width) as usize;
    let mut kept = Vec::new();
    for group in points.chunk_by(|one, next| column(one.0) == column(next.0)) {
        let lowest = group.iter().min_by(|one, other| one.1.total_cmp(&other.1));
        let highest = group.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        let mut pair: Vec<(f64, f64)> = [lowest, highest].into_iter().flatten().copied().collect();
        pair.dedup();
        if pair.len() == 2 && pair[0].0.total_cmp(&pair[1].0).is_gt() {
            pair.reverse();
        }
        kept.extend(pair);
    }
    kept
}

/// A round step: 1, 2 or 5 times a power of ten, so that `range` has about `count` of them.
fn step(range: f64, count: f64) -> f64 {
    if range <= 0.0 || !range.is_finite() {
        return 1.0;
    }
    let rough = range / count;
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    factor * power
}

/// A number of a scale, without the noise of its last digits.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart<'a>(
        points: &'a [(f64, f64)],
        limits: &'a [(f64, String)],
        marks: &'a [(f64, String)],
    ) -> Chart<'a> {
        Chart { title: "gaps <>", x: "s", y: "ms", style: Style::Stems, points, limits, marks, height: 220.0 }
    }

    #[test]
    fn points_limits_and_marks_are_inside_and_text_is_escaped() {
        let points = [(0.0, 40.0), (0.5, 0.0), (1.0, 900.0)];
        let limits = [(1500.0, "limit".to_string())];
        let marks = [(99.0, "M203 </svg><script>".to_string())];
        let text = chart(&points, &limits, &marks).svg();
        assert!(text.contains("M203 &lt;/svg&gt;") && text.contains("gaps &lt;&gt;"), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        let ends: Vec<f64> = text
            .split("V")
            .skip(1)
            .filter_map(|rest| rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?.parse().ok())
            .collect();
        assert!(ends.iter().all(|y| (TOP..=180.0).contains(y)), "{text}");
    }

    #[test]
    fn a_plot_of_nothing_or_of_one_point_is_sound() {
        assert_eq!(chart(&[], &[], &[]).svg(), "");
        for points in [[(3.0, 0.0)], [(0.0, 5.0)], [(4.6e18, 5.0)], [(f64::NAN, 1.0)], [(1.0, f64::INFINITY)]]
        {
            let text = chart(&points, &[], &[]).svg();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }

    #[test]
    fn a_long_stream_keeps_its_extremes() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|n| (f64::from(n) / 25.0, 40.0)).collect();
        points[77_777].1 = 5000.0;
        points[33_333].1 = 1.0;
        let kept = thinned(&points);
        assert!(kept.len() <= 2 * COLUMNS + 2, "{}", kept.len());
        assert!(kept.contains(&points[77_777]) && kept.contains(&points[33_333]));
        assert!(kept.is_sorted_by(|one, next| one.0 <= next.0));
    }

    #[test]
    fn scales_have_round_steps() {
        for (range, count, expected) in
            [(100.0, 4.0, 50.0), (0.9, 4.0, 0.5), (7.0, 8.0, 1.0), (0.0, 4.0, 1.0)]
        {
            assert_eq!(step(range, count), expected, "{range}");
        }
        assert_eq!([number(0.30000000000000004), number(1500.0), number(0.0)], ["0.3", "1500", "0"]);
    }
}
