//! The page of `mjpeg serve --farm` in real browsers.

use crate::kit;

use std::fs;

use kit::browser::Browser;
use kit::http::Client;
use kit::run::{Run, mjpeg, start};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A farm of twelve cameras, two of them with a password, and one whose viewers get two pictures.
fn farm(folder: &TempDir) -> (Run, String) {
    let file = folder.path().join("farm.toml");
    let frames = kit::frames();
    let text = format!(
        "[defaults]\nsource = '{}'\nfps = 5\n[[camera]]\nname = 'cam[01-08]'\n\
         [[camera]]\nname = 'locked[1-2]'\nauth = 'a:b'\ndialect = 'motion'\n\
         [[camera]]\nname = 'shaky1'\nfaults = ['stall=1s@every=9']\n\
         [[camera]]\nname = 'shaky2'\nfaults = ['stall=600s@3']\n",
        frames.display()
    );
    fs::write(&file, text).unwrap();
    let run = start(mjpeg(["serve", "--listen", "127.0.0.1:0", "--farm"]).arg(&file));
    let url = run.line();
    (run, url)
}

/// Waits until a script returns this value.
fn wait_for(browser: &mut Browser, script: &str, expected: &Value) {
    kit::eventually(script, || (browser.script(script) == *expected).then_some(()));
}

fn look(mut browser: Browser) {
    let folder = TempDir::new().unwrap();
    let (run, url) = farm(&folder);
    browser.open(&url);
    wait_for(&mut browser, "return document.querySelectorAll('.cam').length", &json!(12));
    // The visible pictures are loaded, but none behind a password.
    let loaded = "return [...document.querySelectorAll('.cam img')].filter(it => it.naturalWidth).length";
    kit::eventually("pictures", || browser.script(loaded).as_u64().filter(|count| *count >= 4));
    assert_eq!(
        browser.script("return document.querySelectorAll('[data-name^=locked] img').length"),
        json!(0)
    );
    let words = "return [...document.querySelectorAll('[data-name=locked1] .word, [data-name=locked1] .how, \
                 [data-name=shaky2] .fault')].map(it => it.textContent)";
    assert_eq!(browser.script(words), json!(["password", "motion", "stall=600s@3"]));
    let sum = browser.script("return document.getElementById('sum').textContent");
    assert_eq!(sum, json!("12 cameras, all on time, 0 viewers"));
    show_a_stall(&mut browser, &url);
    // Nothing is wider than the window.
    assert_eq!(browser.script("return document.documentElement.scrollWidth <= innerWidth"), json!(true));

    let key = |browser: &mut Browser, key: &str| {
        let event = format!(
            "(document.activeElement || document).dispatchEvent(new KeyboardEvent('keydown', \
             {{ key: '{key}', bubbles: true, cancelable: true }}))"
        );
        browser.script(&event);
    };
    let focus = "return document.activeElement.dataset.name || document.activeElement.id";
    key(&mut browser, "ArrowRight");
    assert_eq!(browser.script(focus), json!("cam01"));
    key(&mut browser, "ArrowRight");
    assert_eq!(browser.script(focus), json!("cam02"));
    key(&mut browser, "/");
    assert_eq!(browser.script(focus), json!("find"));
    let shown = "return [...document.querySelectorAll('.cam')].filter(it => !it.hidden).length";
    for (text, count) in [("LOCK", 2), ("motion", 2), ("stall", 2), ("nothing", 0), ("", 12)] {
        let find = format!(
            "const f = document.getElementById('find'); f.value = '{text}'; f.dispatchEvent(new Event('input'))"
        );
        browser.script(&find);
        assert_eq!(browser.script(shown), json!(count), "{text}");
    }
    run.signal("TERM");
    wait_for(&mut browser, "return document.getElementById('lost').hidden", &json!(false));
    run.says("12 cameras, listed at");
    run.end().expect(0);
}

/// The source of the camera goes on, and so do its snapshots.
fn show_a_stall(browser: &mut Browser, url: &str) {
    browser.script("document.querySelector('[data-name=shaky2]').scrollIntoView()");
    let loaded = "return [...document.querySelectorAll('[data-name^=shaky] img')].filter(it => it.naturalWidth).length";
    wait_for(browser, loaded, &json!(2));
    let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix('/')).unwrap();
    let mut viewer = Client::watch(address, "/shaky2/stream");
    assert!(viewer.part().is_some() && viewer.part().is_some());
    wait_for(
        browser,
        "return document.querySelector('[data-name=shaky2] .word').textContent",
        &json!("stalled"),
    );
    let rate = browser.script("return document.querySelector('[data-name=shaky2] .rate').textContent");
    let seconds = |rate: &Value| -> Option<u64> {
        rate.as_str()?.strip_prefix("no picture for ")?.strip_suffix(" s, 1 viewer")?.parse().ok()
    };
    let then = seconds(&rate).unwrap_or_else(|| panic!("{rate}"));
    kit::eventually("a longer stall", || {
        let rate = browser.script("return document.querySelector('[data-name=shaky2] .rate').textContent");
        seconds(&rate).filter(|now| *now > then)
    });
    let sum = browser.script("return document.getElementById('sum').textContent");
    assert_eq!(sum, json!("12 cameras, 1 stalled, 1 viewer"));
    // The picture of before stays.
    let picture = "return document.querySelector('[data-name=shaky2] img').src";
    let before = browser.script(picture);
    let other = "return document.querySelector('[data-name=shaky1] img').src";
    let others = browser.script(other);
    kit::eventually("another picture of the other one", || (browser.script(other) != others).then_some(()));
    assert_eq!(browser.script(picture), before);
    drop(viewer);
    wait_for(
        browser,
        "return document.getElementById('sum').textContent",
        &json!("12 cameras, all on time, 0 viewers"),
    );
}

#[test]
fn chromium_shows_all_cameras() {
    Browser::chromium().into_iter().for_each(look);
}

#[test]
fn firefox_shows_all_cameras() {
    Browser::firefox().into_iter().for_each(look);
}
