//! The files of `docs/monitor` and of `docs/fleets.md` for Prometheus: sound, and about metrics that probes have.

use crate::kit;

use std::fs;
use std::process::Stdio;

use kit::http;
use kit::peer;
use kit::run::{mjpeg, run, start_with_input};
use serde_json::{Value, json};
use tempfile::TempDir;

#[test]
fn the_committed_rules_and_configuration_are_sound() {
    let Some(mut promtool) = peer::command("promtool") else { return };
    let rules = kit::repository("docs/monitor/alerts.yml");
    let end = run(promtool.args(["check", "rules"]).arg(rules)).expect(0);
    assert!(end.text().contains("6 rules found"), "{}", end.text());
    let Some(mut promtool) = peer::command("promtool") else { return };
    run(promtool.args(["check", "config"]).arg(kit::repository("docs/monitor/prometheus.yml"))).expect(0);
}

#[test]
fn prometheus_divides_the_cameras_among_the_monitors_of_the_documents() {
    let Some(mut promtool) = peer::command("promtool") else { return };
    let folder = TempDir::new().unwrap();
    let read = |name: &str| fs::read_to_string(kit::repository(name)).unwrap();
    let fleets = read("docs/fleets.md");
    let rules = fleets.split("```yaml\n").find(|block| block.contains("hashmod")).unwrap();
    let rules = rules.split("```").next().unwrap();
    let config = read("docs/monitor/prometheus.yml");
    let (before, _) = config.split_once("      - target_label: __address__\n").unwrap();
    let file = folder.path().join("prometheus.yml");
    fs::write(&file, format!("{before}{rules}")).unwrap();
    let cameras: Vec<Value> =
        (1..=100).map(|n| json!({"targets": [format!("http://192.0.2.{n}/stream")]})).collect();
    fs::write(folder.path().join("cameras.json"), json!(cameras).to_string()).unwrap();
    fs::write(folder.path().join("alerts.yml"), read("docs/monitor/alerts.yml")).unwrap();
    let end = run(promtool.args(["check", "service-discovery", "--timeout=5s"]).arg(&file).arg("cameras"))
        .expect(0);
    let found: Vec<Value> = serde_json::from_str(&end.text()).unwrap();
    let asked: Vec<&str> = found.iter().filter_map(|it| it["labels"]["__address__"].as_str()).collect();
    for monitor in ["monitor-a:9120", "monitor-b:9120"] {
        assert!(asked.iter().filter(|address| **address == monitor).count() > 25, "{asked:?}");
    }
    assert_eq!(asked.len(), 100);
}

/// The names in an expression of Prometheus that are metrics, with the labels that follow each.
fn metrics_of(expression: &str) -> Vec<(String, Vec<String>)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut all = Vec::new();
    let mut rest = expression;
    while let Some(at) = rest.find(is_word) {
        let word: String = rest[at..].chars().take_while(|&c| is_word(c)).collect();
        rest = &rest[at + word.len()..];
        let labels = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        if !["mjpeg_", "probe_"].iter().any(|it| word.starts_with(it)) {
            continue;
        }
        let labels = labels.map_or("", |(labels, _)| labels).split("\",").filter(|it| !it.trim().is_empty());
        let name = |label: &str| label.trim().chars().take_while(|&c| is_word(c)).collect::<String>();
        all.push((word, labels.map(name).collect()));
    }
    all
}

/// Each expression of the alert rules and of the dashboard has metrics, and labels, of an answer of a probe.
#[test]
fn the_rules_and_the_dashboard_ask_for_what_a_probe_answers() {
    let server = kit::run::Server::start(&kit::frames(), &["--fps", "20", "--fault", "black"]);
    let mut command = mjpeg(["monitor", "--listen", "127.0.0.1:0", "--min-fps=100"]);
    let monitor = start_with_input(command.stdin(Stdio::null()));
    let address = kit::eventually("the address", || {
        let said = monitor.err();
        let (_, url) = said.split_once("http://")?;
        url.split_once('/').map(|(address, _)| address.to_string())
    });
    let request = format!(
        "GET /probe?target={} HTTP/1.1\r\nHost: {address}\r\nX-Prometheus-Scrape-Timeout-Seconds: 1.5\r\n\r\n",
        server.stream
    );
    let probe = String::from_utf8(http::exchange(&address, request.as_bytes())).unwrap();
    let read = |name: &str| fs::read_to_string(kit::repository(&format!("docs/monitor/{name}"))).unwrap();
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let of_dashboard = targets.map(|target| target["expr"].as_str().unwrap().to_string());
    let rules = read("alerts.yml");
    let of_rules = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).map(String::from);
    let (expressions, mut count) = (of_dashboard.chain(of_rules).collect::<Vec<_>>(), 0);
    for expression in &expressions {
        for (metric, labels) in metrics_of(expression) {
            count += 1;
            let samples: Vec<&str> = probe
                .lines()
                .filter(|line| {
                    line.strip_prefix(&metric[..]).is_some_and(|rest| rest.starts_with([' ', '{']))
                })
                .collect();
            assert!(!samples.is_empty(), "{expression}: no {metric} in\n{probe}");
            // These two are of Prometheus.
            for label in labels.iter().filter(|it| !["job", "instance"].contains(&&it[..])) {
                let has = samples.iter().all(|sample| sample.contains(&format!("{label}=\"")));
                assert!(has, "{expression}: no label {label} in {samples:?}");
            }
        }
    }
    assert!(expressions.len() >= 15 && count >= expressions.len() - 1, "{expressions:?}");
    monitor.says("metrics, states and probes");
    monitor.signal("TERM");
    monitor.end().expect(0);
    let dashboard = fs::read_to_string(kit::repository("docs/monitor/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() >= 8);
}
