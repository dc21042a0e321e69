//! `mjpeg monitor --listen` as an exporter for the real Prometheus: the cameras of a farm, the committed alert rules.

use crate::kit;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kit::http;
use kit::peer;
use kit::run::{Run, mjpeg, start_with_input};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The faults of the farm, each with the alert that is to fire for its cameras and no others.
const KINDS: [(&str, &str, &str); 4] = [
    ("frozen", "faults = ['frozen']", "CameraFrozen"),
    ("black", "faults = ['black']", "CameraBlack"),
    ("cut-picture", "faults = ['cut-picture@every=3']", "CameraBroken"),
    ("status-404", "faults = ['status-404']", "CameraDown"),
];

/// A farm, a monitor and a Prometheus. All are ended when they are dropped.
struct Site {
    folder: TempDir,
    farm: Run,
    monitor: Run,
    prometheus: Run,
    address: String,
}

impl Site {
    /// `count` cameras are good, `each` have each of the faults.
    fn start(count: usize, each: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut farm = format!(
            "[defaults]\nsource = 'test:160x120'\nfps = 10\n[[camera]]\nname = 'good[001-{count:03}]'\n\
             [[camera]]\nname = 'slow[001-{each:03}]'\nfps = 2\n"
        );
        for (name, faults, _) in KINDS {
            farm += &format!("[[camera]]\nname = '{name}[001-{each:03}]'\n{faults}\n");
        }
        fs::write(path("farm.toml"), farm).unwrap();
        let (farm_file, log) = (path("farm.toml"), path("faults.jsonl"));
        let mut command = mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]);
        command.arg(&farm_file).arg("--fault-log").arg(&log).stdin(Stdio::null());
        let farm = start_with_input(&mut command);
        let farm_url = farm.line();
        let config = kit::repository("docs/monitor/modules.toml");
        let mut command = mjpeg(["monitor", "--listen", "127.0.0.1:0", "--config"]);
        let monitor = start_with_input(command.arg(config).stdin(Stdio::null()));
        let monitor_url = kit::eventually("the address", || {
            let said = monitor.err();
            let (_, url) = said.split_once("http://")?;
            url.split_once('/').map(|(address, _)| address.to_string())
        });
        let address = farm_url.strip_prefix("http://").unwrap().trim_end_matches('/').to_string();
        let (_, targets) = http::get(&address, "/targets");
        let cameras: Vec<Value> = String::from_utf8(targets)
            .unwrap()
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, url)| json!({"targets": [url], "labels": {"name": name}}))
            .collect();
        assert_eq!(cameras.len(), count + each * (KINDS.len() + 1));
        fs::write(path("cameras.json"), json!(cameras).to_string()).unwrap();
        // The committed files, with shorter times.
        let read = |name: &str| fs::read_to_string(kit::repository(&format!("docs/monitor/{name}"))).unwrap();
        let alerts = read("alerts.yml").replace("for: 2m", "for: 0s").replace("for: 5m", "for: 0s");
        fs::write(path("alerts.yml"), alerts).unwrap();
        let every = if cameras.len() > 20 { "20s" } else { "3s" };
        let times = format!("scrape_interval: {every}\n  evaluation_interval: 1s");
        let config = read("prometheus.yml")
            .replace("scrape_interval: 60s", &times)
            .replace("scrape_timeout: 10s", "scrape_timeout: 3s")
            .replace("module: [camera]", "module: [fast]")
            .replace("127.0.0.1:9120", &monitor_url);
        fs::write(path("prometheus.yml"), config).unwrap();
        // Prometheus does not say which port it has taken, so it gets one that was free.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", path("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", path("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdin(Stdio::null());
        let prometheus = start_with_input(&mut command);
        Self { folder, farm, monitor, prometheus, address }
    }

    /// What the API of Prometheus answers.
    fn answer(&self, path: &str) -> Option<Value> {
        std::net::TcpStream::connect(&self.address).ok()?;
        // An answer of HTTP/1.0 has no chunks.
        let request = format!("GET /api/v1/{path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address);
        let (head, body) = http::split(&http::exchange(&self.address, request.as_bytes()));
        if head.split(' ').nth(1) != Some("200") {
            return None;
        }
        let answer: Value = serde_json::from_slice(&body).ok()?;
        Some(answer["data"].clone())
    }

    /// What an expression gives now: a number, or one for each series.
    fn query(&self, expression: &str) -> Vec<f64> {
        let escaped: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let data = self.answer(&format!("query?query={escaped}"));
        let data = data.unwrap_or_else(|| panic!("Prometheus does not understand {expression}"));
        let series = data["result"].as_array().unwrap().iter();
        series.map(|it| it["value"][1].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Asks for what each panel of the committed dashboard shows, with all cameras chosen.
    ///
    /// # Errors
    ///
    /// What is not shown, or not as it should be: perhaps not yet.
    fn dashboard(&self, count: usize, each: usize) -> Result<(), String> {
        let dashboard = fs::read_to_string(kit::repository("docs/monitor/dashboard.json")).unwrap();
        let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let bad = each * (KINDS.len() + 1);
        let mut shown = 0;
        for panel in panels {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let expression = target["expr"].as_str().unwrap().replace("$instance", ".*");
                let values = self.query(&expression);
                let title = panel["title"].as_str().unwrap();
                let is_right = match title {
                    "Cameras as they should be" => values == [count as f64],
                    "Cameras with a fault" => values == [bad as f64],
                    "Cameras without a stream" => values == [each as f64],
                    "Success" => values.len() == count + bad,
                    _ => !values.is_empty(),
                };
                if !is_right {
                    return Err(format!("{title}: {expression}: {values:?}"));
                }
                shown += 1;
            }
        }
        assert!(shown >= 10 && shown >= panels.len(), "{shown} expressions");
        // The list of cameras to choose from.
        let cameras = self.answer("label/instance/values?match[]=probe_success%7Bjob%3D%22cameras%22%7D");
        assert_eq!(cameras.unwrap().as_array().unwrap().len(), count + bad);
        Ok(())
    }

    /// The alerts that fire, each as its name and the camera.
    fn firing(&self) -> Option<BTreeSet<(String, String)>> {
        let answer = self.answer("alerts")?;
        let alerts = answer["alerts"].as_array()?.iter().filter(|alert| alert["state"] == "firing");
        let of = |alert: &Value| {
            let label = |name: &str| alert["labels"][name].as_str().unwrap_or_default().to_string();
            (label("alertname"), label("instance"))
        };
        Some(alerts.map(of).collect())
    }

    /// The alerts that the fault log of the farm, and the rates of its cameras, ask for.
    fn expected(&self, each: usize) -> BTreeSet<(String, String)> {
        let log = fs::read_to_string(self.folder.path().join("faults.jsonl")).unwrap();
        let logged = log.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let (_, _, alert) = KINDS.iter().find(|kind| kind.0 == line["name"])?;
            Some(((*alert).to_string(), line["camera"].as_str()?.to_string()))
        });
        let slow = (1..=each).map(|n| ("CameraSlow".to_string(), format!("slow{n:03}")));
        logged.chain(slow).collect()
    }

    /// Waits until exactly the expected alerts fire, then looks at the dashboard.
    fn check(self, count: usize, each: usize, patience: Duration) {
        let start = Instant::now();
        let wanted = each * (KINDS.len() + 1);
        loop {
            let (firing, expected) = (self.firing().unwrap_or_default(), self.expected(each));
            if expected.len() == wanted && firing == expected {
                break;
            }
            assert!(
                start.elapsed() < patience,
                "missing: {:?}; without a fault: {:?}; logged {}",
                expected.difference(&firing).collect::<Vec<_>>(),
                firing.difference(&expected).collect::<Vec<_>>(),
                expected.len()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        // A busy machine may have made a good camera bad for a while.
        while let Err(why) = self.dashboard(count, each) {
            assert!(start.elapsed() < patience, "{why}");
            std::thread::sleep(Duration::from_millis(200));
        }
        self.prometheus.signal("TERM");
        self.prometheus.end().expect(0);
        self.monitor.says("metrics, states and probes");
        self.monitor.signal("TERM");
        self.monitor.end().expect(0);
        self.farm.says("cameras, listed at");
        self.farm.signal("TERM");
        self.farm.end().expect(0);
    }
}

#[test]
fn alerts_fire_for_the_cameras_that_the_fault_log_names_and_for_no_others() {
    if peer::find("prometheus").is_none() {
        return;
    }
    Site::start(3, 1).check(3, 1, Duration::from_secs(40));
}

/// Two hundred cameras: `cargo test --release --test cli -- --ignored two_hundred`.
#[test]
#[ignore = "takes a minute and both cores"]
fn alerts_fire_for_the_right_ones_of_two_hundred_cameras() {
    if peer::find("prometheus").is_none() {
        return;
    }
    Site::start(150, 10).check(150, 10, Duration::from_secs(120));
}
