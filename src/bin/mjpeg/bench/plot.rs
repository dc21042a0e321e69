//! A plot as SVG: times over sizes, both on logarithmic scales. It follows the light or dark theme of its viewer.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// The margins of the plot area.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Colours of the series, which can be told apart on white and on black, also by those who see few colours (Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
/// The same on a dark ground, where the darker ones of those are hard to see.
const ON_DARK: [&str; 6] = ["#56b4e9", "#ff9e4a", "#2fbf94", "#e09cc5", "#f0d060", "#b4d9f5"];

const STYLE: &str = ".plot text{font:12px sans-serif;fill:#222}.plot .title{font-size:15px}.plot .grid{stroke:#ddd}.plot .axis{stroke:#222}\
.plot{background:#fff}@media(prefers-color-scheme:dark){.plot text{fill:#ddd}.plot .grid{stroke:#3a404a}.plot .axis{stroke:#ddd}.plot{background:#16181c}";

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Bytes. Points are measured; the line is a model.
    Bytes,
    /// Things, such as viewers. The line joins the points.
    Count,
}

/// One line of a plot.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Measured points: bytes and milliseconds.
    pub measured: Vec<(f64, f64)>,
    /// Predicted points, joined by a line.
    pub model: Vec<(f64, f64)>,
    /// Sizes at which there is no time, because the stream ended: a cross at the upper edge.
    pub ended: Vec<f64>,
}

/// A plot of milliseconds over bytes or counts.
pub fn svg(title: &str, axis: Axis, x: &str, y: &str, series: &[Series]) -> String {
    let scales = Scales::of(series);
    // The attributes have the colours of the light theme, for viewers that know no style sheets.
    let on_dark: String = (0..)
        .zip(ON_DARK)
        .map(|(number, colour)| {
            format!(".plot .f{number}{{fill:{colour}}}.plot .s{number}{{stroke:{colour}}}")
        })
        .collect();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{0}</title>\
         <style>{STYLE}{on_dark}}}</style><text class=\"title\" x=\"{LEFT}\" y=\"22\">{0}</text>\n",
        escaped(title)
    );
    draw_grid(&mut out, &scales, axis);
    draw_axes(&mut out, x, y);
    for (number, it) in series.iter().enumerate() {
        draw_series(&mut out, &scales, number, it);
    }
    draw_legend(&mut out, axis, series);
    out.push_str("</svg>\n");
    out
}

/// The right and the lower end of the plot area.
const RIGHT_END: f64 = WIDTH - RIGHT;
const LOWER_END: f64 = HEIGHT - BOTTOM;

/// Both logarithmic scales: the powers of 2 and of 10 at their ends.
struct Scales {
    x: (f64, f64),
    y: (f64, f64),
}

impl Scales {
    /// Scales that have room for all points.
    fn of(series: &[Series]) -> Self {
        let (mut sizes, mut times) = (Vec::new(), Vec::new());
        for it in series {
            for &(size, time) in it.measured.iter().chain(&it.model) {
                sizes.push(size);
                times.push(time);
            }
            sizes.extend(&it.ended);
        }
        Self { x: bounds(&sizes, 2.0), y: bounds(&times, 10.0) }
    }

    fn at_x(&self, size: f64) -> f64 {
        let (from, to) = self.x;
        LEFT + (size.log2() - from) / (to - from) * (RIGHT_END - LEFT)
    }

    /// A time of zero has no place on the scale: it is at its lower end.
    fn at_y(&self, time: f64) -> f64 {
        let (from, to) = self.y;
        let height = (time.max(1e-9).log10() - from) / (to - from);
        LOWER_END - height.clamp(0.0, 1.0) * (LOWER_END - TOP)
    }
}

/// The lines at the powers, with their labels.
fn draw_grid(out: &mut String, scales: &Scales, axis: Axis) {
    let ((x_from, x_to), (y_from, y_to)) = (scales.x, scales.y);
    // Writing to a string does not fail.
    for power in (x_from as i32)..=(x_to as i32) {
        let place = scales.at_x(f64::from(power).exp2());
        let _ = write!(out, "<path class=\"grid\" d=\"M{place:.1} {TOP}V{LOWER_END}\"/>");
        if (power - x_from as i32) % 2 == 0 {
            let label = match axis {
                Axis::Bytes => size(f64::from(power).exp2()),
                Axis::Count => f64::from(power).exp2().to_string(),
            };
            let _ = writeln!(
                out,
                "<text x=\"{place:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                LOWER_END + 16.0
            );
        }
    }
    for power in (y_from as i32)..=(y_to as i32) {
        let place = scales.at_y(10f64.powi(power));
        let label = time(10f64.powi(power));
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{LEFT} {place:.1}H{RIGHT_END}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            place + 4.0
        );
    }
}

/// The axes with their titles.
fn draw_axes(out: &mut String, x: &str, y: &str) {
    let _ = writeln!(
        out,
        "<path class=\"axis\" fill=\"none\" d=\"M{LEFT} {TOP}V{LOWER_END}H{RIGHT_END}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text><text x=\"{LEFT}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        f64::midpoint(LEFT, RIGHT_END),
        HEIGHT - 14.0,
        escaped(x),
        TOP - 8.0,
        escaped(y)
    );
}

/// One series, and its name beside the plot.
fn draw_series(out: &mut String, scales: &Scales, number: usize, it: &Series) {
    let class = number % COLOURS.len();
    let colour = COLOURS[class];
    let (at_x, at_y) = (|size| scales.at_x(size), |time| scales.at_y(time));
    let line: Vec<String> =
        it.model.iter().map(|&(size, time)| format!("{:.1} {:.1}", at_x(size), at_y(time))).collect();
    if line.len() > 1 {
        let _ = write!(
            out,
            "<path class=\"s{class}\" fill=\"none\" stroke=\"{colour}\" d=\"M{}\"/>",
            line.join("L")
        );
    }
    for &(size, time) in &it.measured {
        let _ = write!(
            out,
            "<circle class=\"f{class}\" fill=\"{colour}\" r=\"4\" cx=\"{:.1}\" cy=\"{:.1}\"/>",
            at_x(size),
            at_y(time)
        );
    }
    for &size in &it.ended {
        // Series with the same sizes are drawn beside each other.
        let (x, y) = (at_x(size), TOP + 8.0 + 12.0 * number as f64);
        let _ = write!(
            out,
            "<path class=\"s{class}\" stroke=\"{colour}\" stroke-width=\"2\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>",
            x - 4.0,
            y - 4.0
        );
    }
    let y = TOP + 10.0 + 20.0 * number as f64;
    let _ = writeln!(
        out,
        "<circle class=\"f{class}\" fill=\"{colour}\" r=\"4\" cx=\"{:.1}\" cy=\"{y:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        RIGHT_END + 16.0,
        RIGHT_END + 26.0,
        y + 4.0,
        escaped(&it.name)
    );
}

/// What dots, lines and crosses are, if there are some.
fn draw_legend(out: &mut String, axis: Axis, series: &[Series]) {
    let y = TOP + 20.0 + 20.0 * series.len() as f64;
    let has = |is_there: &dyn Fn(&Series) -> bool| matches!(axis, Axis::Bytes) && series.iter().any(is_there);
    let legend = [
        (has(&|it| !it.measured.is_empty()), "dots: measured"),
        (has(&|it| !it.model.is_empty()), "lines: model"),
        (has(&|it| !it.ended.is_empty()), "crosses: the stream ended"),
    ];
    for (line, (_, text)) in legend.iter().filter(|(is_there, _)| *is_there).enumerate() {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
            RIGHT_END + 12.0,
            y + 16.0 * line as f64
        );
    }
}

/// The whole powers of `base` around the values, at least one apart.
fn bounds(values: &[f64], base: f64) -> (f64, f64) {
    let (least, most) = values
        .iter()
        .filter(|value| **value > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(least, most), &value| (least.min(value), most.max(value)));
    if most == 0.0 {
        return (0.0, 1.0);
    }
    let (from, to) = (least.log(base).floor(), most.log(base).ceil());
    (from, if to > from { to } else { from + 1.0 })
}

fn size(bytes: f64) -> String {
    match bytes {
        b if b >= 1048576.0 => format!("{} MiB", b / 1048576.0),
        b if b >= 1024.0 => format!("{} KiB", b / 1024.0),
        b => format!("{b} B"),
    }
}

fn time(ms: f64) -> String {
    if ms >= 1000.0 { format!("{} s", ms / 1000.0) } else { format!("{ms} ms") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_inside_the_plot_and_text_is_escaped() {
        let series = Series {
            name: "a < b & c".into(),
            measured: vec![(1024.0, 33.4), (2048.0, 0.0), (1_048_576.0, 814.0)],
            model: vec![(1024.0, 33.3), (1_048_576.0, 800.0)],
            ended: vec![65_536.0],
        };
        let text = svg("gaps", Axis::Bytes, "block", "gap", &[series, Series::default()]);
        assert!(text.contains("a &lt; b &amp; c") && text.ends_with("</svg>\n"));
        let numbers = |name: &str| -> Vec<f64> {
            let attribute = format!(" {name}=\"");
            let pieces = text.split(&attribute[..]).skip(1);
            pieces.map(|piece| piece.split('"').next().unwrap().parse().unwrap()).collect()
        };
        assert!(numbers("cx").iter().all(|x| (LEFT..=WIDTH).contains(x)), "{text}");
        assert!(numbers("cy").iter().all(|y| (TOP..=HEIGHT - BOTTOM).contains(y)), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"));
        // The legend has what is drawn.
        assert!(text.contains("crosses: "));
        let lines = Series { model: vec![(1024.0, 33.3)], ..Series::default() };
        let text = svg("gaps", Axis::Bytes, "block", "gap", &[lines]);
        assert!(text.contains("lines: model") && !text.contains("crosses: ") && !text.contains("dots: "));
        // Nothing to draw is a plot too.
        assert!(!svg("", Axis::Count, "", "", &[]).contains("NaN"));
    }
}
