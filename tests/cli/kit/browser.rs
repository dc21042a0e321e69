//! Headless Chromium and Firefox: opens pages and runs scripts in them.
//!
//! chromedriver drives Chromium (W3C WebDriver: JSON over HTTP). Firefox is driven by its own Marionette protocol
//! (length-prefixed JSON over TCP), because Debian has no geckodriver.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::peer;
use super::run::{Run, start};
use super::{eventually, http};

/// A browser with one window. It is ended when dropped.
pub struct Browser {
    wire: Wire,
    _program: Run,
    /// Must be removed last.
    _profile: TempDir,
}

enum Wire {
    /// The `HOST:PORT` of chromedriver, and the path of the session.
    WebDriver { address: String, session: String },
    /// The connection to Firefox, and the number of the last command.
    Marionette { socket: BufReader<TcpStream>, number: u64 },
}

/// Preferences that keep Firefox from network requests to other machines and from dialogs.
const PREFERENCES: &str = r#"
user_pref("marionette.port", 0);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:1/");
user_pref("toolkit.telemetry.enabled", false);
"#;

impl Browser {
    /// Chromium, or `None` with a message if it or its driver is not installed.
    pub fn chromium() -> Option<Self> {
        let binary = peer::find("chromium")?;
        let program = start(peer::command("chromedriver")?.arg("--port=0"));
        let port = eventually("chromedriver's port", || {
            let line = program.line();
            line.split("successfully on port ").nth(1).map(|port| port.trim_end_matches('.').to_string())
        });
        let profile = tempfile::tempdir().unwrap();
        let command = peer::chromium(profile.path())?;
        let args: Vec<_> = command.get_args().map(|arg| arg.to_str().unwrap()).collect();
        let options = json!({ "binary": binary, "args": args });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let address = format!("127.0.0.1:{port}");
        let session = web_driver(&address, "POST", "/session", &wanted).expect("a session");
        let session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        Some(Self { wire: Wire::WebDriver { address, session }, _program: program, _profile: profile })
    }

    /// Firefox, or `None` with a message if it is not installed.
    pub fn firefox() -> Option<Self> {
        let mut command = peer::find("firefox-esr").map(Command::new)?;
        let profile = tempfile::tempdir().unwrap();
        fs::write(profile.path().join("user.js"), PREFERENCES).unwrap();
        command.env("HOME", profile.path());
        command.args(["--headless", "--marionette", "--no-remote", "--profile"]).arg(profile.path());
        let program = start(&mut command);
        let file = profile.path().join("MarionetteActivePort");
        let port: u16 = eventually("Firefox's port", || fs::read_to_string(&file).ok()?.trim().parse().ok());
        let socket = BufReader::new(http::connect(&format!("127.0.0.1:{port}")));
        let wire = Wire::Marionette { socket, number: 0 };
        let mut firefox = Self { wire, _program: program, _profile: profile };
        firefox.receive();
        firefox.marionette("WebDriver:NewSession", &json!({})).expect("a session");
        Some(firefox)
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        let opened = match &self.wire {
            Wire::WebDriver { address, session } => {
                web_driver(address, "POST", &format!("{session}/url"), &json!({ "url": url }))
            }
            Wire::Marionette { .. } => self.marionette("WebDriver:Navigate", &json!({ "url": url })),
        };
        opened.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Runs the body of a function in the page, and waits for the result if it returns a promise.
    #[track_caller]
    pub fn script(&mut self, body: &str) -> Value {
        let script = json!({ "script": body, "args": [] });
        let result = match &self.wire {
            Wire::WebDriver { address, session } => {
                web_driver(address, "POST", &format!("{session}/execute/sync"), &script)
            }
            Wire::Marionette { .. } => {
                // The answer has one more level than that of WebDriver.
                self.marionette("WebDriver:ExecuteScript", &script).map(|mut answer| answer["value"].take())
            }
        };
        result.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// A screenshot as PNG; `None` if the browser is between two documents.
    pub fn screenshot(&mut self) -> Option<Vec<u8>> {
        let shot = match &self.wire {
            Wire::WebDriver { address, session } => {
                web_driver(address, "GET", &format!("{session}/screenshot"), &json!({}))
            }
            Wire::Marionette { .. } => self
                .marionette("WebDriver:TakeScreenshot", &json!({ "full": false }))
                .map(|mut answer| answer["value"].take()),
        };
        shot.ok().map(|png| from_base64(png.as_str().unwrap()))
    }

    fn marionette(&mut self, name: &str, parameters: &Value) -> Result<Value, Value> {
        let Wire::Marionette { socket, number } = &mut self.wire else {
            unreachable!("only Firefox uses Marionette")
        };
        *number += 1;
        let command = json!([0, number, name, parameters]).to_string();
        write!(socket.get_mut(), "{}:{command}", command.len()).unwrap();
        let mut answer = self.receive();
        if answer[2].is_null() { Ok(answer[3].take()) } else { Err(answer[2].take()) }
    }

    fn receive(&mut self) -> Value {
        let Wire::Marionette { socket, .. } = &mut self.wire else {
            unreachable!("only Firefox uses Marionette")
        };
        let mut length = Vec::new();
        socket.read_until(b':', &mut length).unwrap();
        let length: usize = String::from_utf8_lossy(&length).trim_end_matches(':').parse().unwrap();
        let mut message = vec![0; length];
        socket.read_exact(&mut message).unwrap();
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium is a child of its driver, and keeps running after it unless the session is deleted.
        if let Wire::WebDriver { address, session } = &self.wire {
            let _ = web_driver(address, "DELETE", session, &json!({}));
        }
    }
}

/// One command and its answer.
fn web_driver(address: &str, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
    let body = body.to_string();
    let mut socket = http::connect(address);
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    // chromedriver does not close the connection.
    let mut socket = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(socket.read_line(&mut head).unwrap() > 0, "{path}: no answer");
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).expect("a length");
    let mut body = vec![0; length.trim().parse().unwrap()];
    socket.read_exact(&mut body).unwrap();
    let mut answer: Value = serde_json::from_slice(&body).unwrap();
    let value = answer["value"].take();
    if head.starts_with("http/1.1 200 ") { Ok(value) } else { Err(value) }
}

/// Decodes valid base64 (RFC 4648 section 4).
fn from_base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter_map(|byte| alphabet.iter().position(|known| *known == byte))
        .map(|digit| digit as u32)
        .collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
