//! The page of `--report`, and plots that stand alone.

use std::fmt::Write as _;

use super::hdr::Named;
use super::outputs::{Comparison, Results};
use crate::page::chart::{Chart, Style};
use crate::page::{document, escaped};

/// The colours and lines of a [`Chart`] outside of a page.
const STANDALONE: &str = "svg{--soft:#5a6270;--line:#d5d9e0;--data:#0072b2;--mark:#d55e00;--warning:#8a5a00;background:#fff}\
@media(prefers-color-scheme:dark){svg{--soft:#9aa3b0;--line:#3a404a;--data:#56b4e9;--mark:#ff9e4a;--warning:#f0b849;background:#16181c}}\
text{font:12px system-ui,sans-serif;fill:var(--soft)}.grid{stroke:var(--line);fill:none}.axis{stroke:var(--soft);fill:none}\
.data{stroke:var(--data);fill:none;stroke-width:1.5}.dot{stroke:var(--data);fill:none;stroke-width:4;stroke-linecap:round}\
.mark{stroke:var(--mark);fill:none;stroke-dasharray:2 3}text.mark{fill:var(--mark);stroke:none}";

/// A plot as a file of its own.
pub fn standalone(svg: &str) -> String {
    match svg.strip_prefix("<svg class=\"chart\"") {
        Some(rest) => {
            let rest = rest.replacen("<title>", &format!("<style>{STANDALONE}</style><title>"), 1);
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\"{rest}")
        }
        None => svg.into(),
    }
}

/// The page.
pub fn page(results: &Results, comparison: Option<&Comparison>) -> String {
    let mut body = format!(
        "<header>\n<h1>mjpeg bench {}: {}</h1>\n</header>\n",
        escaped(results.command),
        escaped(&results.target)
    );
    for sentence in &results.sentences {
        // Writing to a string does not fail.
        let _ = writeln!(body, "<p>{}</p>", escaped(sentence));
    }
    body += "<dl class=\"facts\">\n";
    for (name, value) in &results.settings {
        let _ = writeln!(body, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value));
    }
    body += "</dl>\n";
    let figures = format!("<h2>Figures</h2>\n{}", results.table.html());
    let plots: String = results.plots.iter().map(|plot| format!("<figure>{plot}</figure>\n")).collect();
    // A plot says more than a long table.
    let (first, second) = if results.table.is_long() { (plots, figures) } else { (figures, plots) };
    body += &first;
    body += &second;
    if !results.histograms.is_empty() {
        body += "<h2>Distributions</h2>\n";
    }
    for named in &results.histograms {
        let svg = distribution(named);
        if !svg.is_empty() {
            let _ = writeln!(
                body,
                "<figure><figcaption>{}: milliseconds that this share of {} values does not exceed</figcaption>\n{svg}</figure>",
                escaped(&named.0),
                named.1.len()
            );
        }
    }
    if let Some(comparison) = comparison {
        body += "<h2>Since the baseline</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Changes since the baseline\">\
                 <table><thead><tr><th>figure</th><th class=\"number\">before</th><th class=\"number\">now</th><th class=\"number\">change</th></tr></thead><tbody>\n";
        for (name, before, now, change, is_regression) in comparison.all() {
            let change = change.map(|it| format!("{it:+.1} %")).unwrap_or_default();
            let class = if is_regression { " class=\"error\"" } else { "" };
            let _ = writeln!(
                body,
                "<tr><td{class}>{}</td><td class=\"number\">{before}</td><td class=\"number\">{now}</td><td class=\"number\">{change}</td></tr>",
                escaped(name)
            );
        }
        for (name, before) in comparison.unknown() {
            let _ = writeln!(
                body,
                "<tr><td class=\"error\">{}</td><td class=\"number\">{before}</td><td class=\"number\">no value</td><td></td></tr>",
                escaped(name)
            );
        }
        body += "</tbody></table></div>\n";
    }
    document(&format!("mjpeg bench {}: {}", results.command, results.target), &body)
}

/// The percentiles of a histogram as a plot; nothing without values.
pub fn distribution((name, histogram): &Named) -> String {
    if histogram.is_empty() {
        return String::new();
    }
    let steps = (0..=990).chain(991..=1000).map(|tenth| f64::from(tenth) / 10.0);
    let points: Vec<(f64, f64)> =
        steps.map(|percent| (percent, histogram.value_at_quantile(percent / 100.0) as f64 / 1e3)).collect();
    let chart = Chart {
        title: name,
        x: "percent of the values",
        y: "ms",
        style: Style::Steps,
        points: &points,
        limits: &[],
        marks: &[],
        height: 240.0,
    };
    chart.svg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::times;

    #[test]
    fn a_page_has_all_parts_and_escapes_what_comes_from_outside() {
        let mut histogram = times::histogram();
        (1..500).for_each(|ms| histogram.saturating_record(ms * 1000));
        let results = Results {
            command: "clients",
            target: "http://a/<script>".into(),
            settings: vec![("--duration", "10 s".into())],
            histograms: vec![("gap <".into(), histogram), ("none".into(), times::histogram())],
            sentences: vec!["it & that".into()],
            ..Results::default()
        };
        let page = page(&results, None);
        assert!(!page.contains("<script>") && page.contains("it &amp; that") && page.contains("gap &lt;"));
        assert_eq!(page.matches("<figure>").count(), 1, "{page}");
        let svg = distribution(&results.histograms[0]);
        assert!(standalone(&svg).starts_with("<svg xmlns=") && standalone(&svg).contains("</style><title>"));
        assert!(!svg.contains("NaN"));
    }
}
