//! `mjpeg check --report`: the page, in files and in browsers.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::browser::Browser;
use kit::run::{mjpeg, run};
use serde_json::json;

/// Says whether a page is sound: what it shows, what it loads, and whether it is wider than the window.
const LOOK: &str = "
    const all = [...document.querySelectorAll('[src],[href]')];
    const urls = all.map(it => it.getAttribute('src') ?? it.getAttribute('href'));
    const images = [...document.querySelectorAll('img')];
    const root = document.documentElement;
    return {
        sections: document.querySelectorAll('section').length,
        charts: document.querySelectorAll('svg.chart').length,
        shown: images.filter(it => it.complete && it.naturalWidth > 0).length,
        foreign: urls.filter(it => !it.startsWith('#') && !it.startsWith('data:')).length,
        loaded: performance.getEntriesByType('resource').filter(it => !it.name.startsWith('data:')).length,
        dead: urls.filter(it => it.startsWith('#') && !document.getElementById(it.slice(1))).length,
        wide: root.scrollWidth > root.clientWidth,
        back: getComputedStyle(document.body).backgroundColor,
    };";

/// A stream with a cut picture, a recording with times, and a host without a camera.
fn report(folder: &Path) -> std::path::PathBuf {
    let page = folder.join("report.html");
    let mut bytes = fs::read(kit::repository("fixtures/captures/motion.http")).unwrap();
    bytes.truncate(90_000);
    let cut = folder.join("cut.http");
    fs::write(&cut, bytes).unwrap();
    let recording = folder.join("recording");
    run(mjpeg(["record", "test:", "--frames", "5"]).arg(&recording)).expect(0);
    let end = run(mjpeg(["check", "--quiet", "http://127.0.0.1:1/"])
        .arg(&cut)
        .arg(&recording)
        .arg("--report")
        .arg(&page));
    assert!(end.code().is_some() && end.err.contains("127.0.0.1:1"), "{}", end.text());
    page
}

fn looks_good(browser: &mut Browser, page: &Path) {
    browser.open(&format!("file://{}", page.display()));
    let seen = browser.script(LOOK);
    assert_eq!(seen["sections"], 3, "{seen}");
    assert!(seen["charts"].as_u64() >= Some(2) && seen["shown"].as_u64() >= Some(2), "{seen}");
    for fault in ["foreign", "loaded", "dead"] {
        assert_eq!(seen[fault], 0, "{fault}: {seen}");
    }
    assert_eq!((&seen["wide"], &seen["back"]), (&json!(false), &json!("rgb(255, 255, 255)")), "{seen}");
}

#[test]
fn chromium_shows_the_page_and_loads_nothing() {
    let Some(mut chromium) = Browser::chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    looks_good(&mut chromium, &report(folder.path()));
}

#[test]
fn firefox_shows_the_page_and_loads_nothing() {
    let Some(mut firefox) = Browser::firefox() else { return };
    let folder = tempfile::tempdir().unwrap();
    looks_good(&mut firefox, &report(folder.path()));
}

#[test]
fn a_page_that_cannot_be_written_is_found_before_a_camera_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    for page in [folder.path().join("missing/report.html"), folder.path().into()] {
        // Asked, it would be unreachable: that is another status.
        let end = run(mjpeg(["check", "http://127.0.0.1:1/", "--report"]).arg(page)).expect(6);
        assert!(end.err.contains("cannot write the report") && end.text().is_empty(), "{}", end.err);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_output_that_is_an_input_or_another_output_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (x, y, list) = (file("x"), file("y"), file("list"));
    for same in [
        &[&x[..], "--report", &x][..],
        &["--merge", &x, "--report", &x],
        &["--targets", &x, "--report", &x],
        &["test:", "--expect", &x, "--report", &x],
        &["test:", "--expect", &x, "--write-expect", &x],
        &["test:", "--baseline", &x, "--report", &x],
        &["test:", "--save-baseline", &y, "--report", &y],
        &["test:", "--write-expect", &y, "--report", &y],
        &[&x, "--write-expect", &x, "--force"],
    ] {
        fs::write(&x, "input").unwrap();
        let end = run(mjpeg(["check"]).args(same)).expect(2);
        assert!(end.err.contains("are the same file"), "{same:?}: {}", end.err);
        assert_eq!(fs::read_to_string(&x).unwrap(), "input", "{same:?}");
    }
    fs::write(&list, format!("cam {x}\n")).unwrap();
    let end = run(&mut mjpeg(["check", "--targets", &list, "--report", &x])).expect(6);
    assert!(end.err.contains("cam: the target and --report are the same file"), "{}", end.err);
    assert_eq!(fs::read_to_string(&x).unwrap(), "input");
    assert!(!Path::new(&y).exists());
}
