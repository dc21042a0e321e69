//! The page of `mjpeg serve` in real browsers.

use crate::kit;

use std::fs;
use std::path::Path;

use kit::browser::Browser;
use kit::page_camera::PageCamera;
use kit::picture::{folder, solid};
use kit::run::{self, Run, Server};
use serde_json::{Value, json};

/// The name of a test step, and its function.
type Scene = (&'static str, fn(&mut Browser));

/// The steps for each browser. One browser runs all of them, because its start takes longer than most steps.
const SCENES: [Scene; 10] = [
    ("the pixels are those of the frame, and a snapshot has its bytes", pixels_are_those_of_the_frame),
    ("every frame is shown, and counters move", every_frame_is_shown_and_counters_move),
    ("a frozen server is a stall", a_frozen_server_is_a_stall),
    ("a repeated frame is a stall", a_repeated_frame_is_a_stall),
    ("after the end of the stream the page says so, and connects again", an_ended_stream_comes_back),
    ("after a lost connection the page says so, and connects again", a_lost_connection_comes_back),
    ("a slow decoder shows the newest frame", a_slow_decoder_shows_the_newest_frame),
    ("nothing is decoded for a hidden page", nothing_is_decoded_for_a_hidden_page),
    ("without fetch the page shows the stream in an image", without_fetch_an_image_shows_the_stream),
    ("a stream without lengths, in small pieces, is read", a_stream_without_lengths_is_read),
];

#[test]
fn chromium_shows_the_stream_on_the_page() {
    Browser::chromium().into_iter().for_each(play);
}

#[test]
fn firefox_shows_the_stream_on_the_page() {
    Browser::firefox().into_iter().for_each(play);
}

#[expect(clippy::print_stdout, reason = "a failure must name its step")]
fn play(mut browser: Browser) {
    for (name, scene) in SCENES {
        println!("{name}");
        scene(&mut browser);
        // Otherwise the page keeps connecting to a server that has ended.
        browser.open("about:blank");
    }
}

fn pixels_are_those_of_the_frame(browser: &mut Browser) {
    let folder = folder(&[&kit::contents(&kit::frames())[6]]);
    let server = Server::start(folder.path(), &["--fps", "10"]);
    browser.open(&server.url("/"));
    wait_for(browser, "live");
    wait_until(browser, "a picture", "!document.getElementById('picture').hidden");
    let verdict = browser.script(
        "return (async () => {
           const still = new Image();
           still.src = 'snapshot';
           await still.decode();
           const seen = document.getElementById('picture'), copy = document.createElement('canvas');
           copy.width = still.naturalWidth; copy.height = still.naturalHeight;
           copy.getContext('2d').drawImage(still, 0, 0);
           const pixels = canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
           const [a, b] = [pixels(seen), pixels(copy)], box = seen.getBoundingClientRect();
           return { width: seen.width, height: seen.height, same: a.every((v, n) => v === b[n]),
             top: document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).id };
         })()",
    );
    assert_eq!(verdict, json!({ "width": 320, "height": 240, "same": true, "top": "picture" }));

    // The files that a click on the button and the key `s` save.
    let saved = browser.script(
        "const saved = [], make = URL.createObjectURL;
         URL.createObjectURL = blob => { saved.push(blob); return make(blob); };
         HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
         document.getElementById('snap').click();
         dispatchEvent(new KeyboardEvent('keydown', { key: 's' }));
         return Promise.all(saved.map(async one => one.arrayBuffer ? [...new Uint8Array(await one.arrayBuffer())] : one))",
    );
    let expected: Value = kit::contents(&kit::frames())[6].iter().copied().collect();
    assert!(saved[0] == expected && saved[2] == expected, "not the bytes of the frame");
    let name = saved[1].as_str().unwrap();
    assert!(name.starts_with("mjpeg-20") && name.ends_with("Z.jpg"), "{name}");
}

fn every_frame_is_shown_and_counters_move(browser: &mut Browser) {
    let colours = [[200, 0, 0], [0, 200, 0], [0, 0, 200]];
    let pictures = colours.map(|colour| solid(colour, 64, 48));
    let folder = folder(&pictures.each_ref().map(Vec::as_slice));
    let server = Server::start(folder.path(), &["--fps", "5"]);
    browser.open(&server.url("/"));
    for colour in colours {
        kit::eventually(&format!("{colour:?}"), || near(&pixel(browser), colour).then_some(()));
    }
    let frames = |browser: &mut Browser| text(browser, "count").parse::<u32>().unwrap();
    let before = frames(browser);
    kit::eventually("more frames", || (frames(browser) > before + 5).then_some(()));
    assert_eq!(text(browser, "size"), "64 × 48");
    kit::eventually("the rate", || {
        text(browser, "fps").parse::<f64>().ok().filter(|fps| (4.0..6.0).contains(fps))
    });
    // Server and browser have the same clock, so the page shows an age in milliseconds.
    kit::eventually("an age", || text(browser, "age").ends_with(" ms").then_some(()));
    kit::eventually("bytes", || text(browser, "rate").ends_with("B/s").then_some(()));
    assert!(text(browser, "gaps").starts_with("usual "), "{}", text(browser, "gaps"));
    assert_ne!(browser.script("return document.getElementById('even').getAttribute('d')"), json!(""));
    let title = browser.script("return document.title");
    assert!(title.as_str().unwrap().starts_with("live · 127.0.0.1:"), "{title}");
}

fn a_frozen_server_is_a_stall(browser: &mut Browser) {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    browser.open(&server.url("/"));
    wait_for(browser, "live");
    server.run.signal("STOP");
    wait_for(browser, "stalled");
    let report = "document.getElementById('state').textContent === 'stalled' \
                && /^no new frame for [2-9] s$/.test(document.getElementById('more').textContent) \
                && document.getElementById('what').offsetHeight > 0 && /^stalled/.test(document.title)";
    wait_until(browser, "the report of the stall", report);
    server.run.signal("CONT");
    wait_for(browser, "live");
}

fn a_repeated_frame_is_a_stall(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    fs::write(&file, solid([200, 0, 0], 64, 48)).unwrap();
    // The server repeats the picture three times within two seconds.
    let server = Server::start(&file, &["--repeat", "500ms"]);
    browser.open(&server.url("/"));
    wait_for(browser, "live");
    wait_for(browser, "stalled");
    assert_eq!(text(browser, "count"), "1");
    let new = folder.path().join("new");
    fs::write(&new, solid([0, 0, 200], 64, 48)).unwrap();
    fs::rename(&new, &file).unwrap();
    wait_for(browser, "live");
    kit::eventually("the new picture", || near(&pixel(browser), [0, 0, 200]).then_some(()));
}

fn an_ended_stream_comes_back(browser: &mut Browser) {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let address = server.address().to_string();
    browser.open(&server.url("/"));
    wait_for(browser, "live");
    server.stop();
    wait_for(browser, "ended");
    // The state stays the same after failed attempts to connect.
    let again = "/attempt in [2-9]/.test(document.getElementById('more').textContent)";
    wait_until(browser, "another attempt", again);
    assert_eq!(text(browser, "state"), "stream ended");
    let other = folder(&[&solid([0, 200, 0], 80, 60)]);
    let _server = restart(other.path(), &address);
    wait_for(browser, "live");
    kit::eventually("the other stream", || (text(browser, "size") == "80 × 60").then_some(()));
}

fn a_lost_connection_comes_back(browser: &mut Browser) {
    let server = Server::start(&kit::frames(), &["--fps", "20"]);
    let address = server.address().to_string();
    browser.open(&server.url("/"));
    wait_for(browser, "live");
    drop(server);
    wait_for(browser, "lost");
    let _server = restart(&kit::frames(), &address);
    wait_until(browser, "the button", "document.getElementById('again').offsetHeight > 0");
    browser.script("document.getElementById('again').click()");
    wait_for(browser, "live");
}

fn a_slow_decoder_shows_the_newest_frame(browser: &mut Browser) {
    let server = Server::start(&kit::frames(), &["--fps", "25"]);
    open_with(
        browser,
        &server,
        "const decode = window.createImageBitmap;
         window.createImageBitmap = async blob => {
           await new Promise(resolve => setTimeout(resolve, 300));
           return decode(blob);
         };",
    );
    kit::eventually("dropped frames", || {
        text(browser, "dropped").parse::<u32>().ok().filter(|dropped| *dropped > 20)
    });
    // 300 ms for decoding and at most 300 ms for waiting: the delay does not grow with each frame. A busy machine may add
    // to it for a while.
    kit::eventually("an age below a second", || {
        let age = text(browser, "age").strip_suffix(" ms")?.parse::<u32>().ok()?;
        (300..1000).contains(&age).then_some(())
    });
}

fn nothing_is_decoded_for_a_hidden_page(browser: &mut Browser) {
    let server = Server::start(&kit::frames(), &["--fps", "25"]);
    open_with(
        browser,
        &server,
        "const decode = window.createImageBitmap;
         window.decoded = 0;
         window.createImageBitmap = blob => { window.decoded++; return decode(blob); };
         Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true });",
    );
    wait_for(browser, "live");
    let decoded = |browser: &mut Browser| browser.script("return window.decoded").as_u64().unwrap();
    kit::eventually("a decoded frame", || (decoded(browser) > 2).then_some(()));
    browser.script("window.away = true");
    let frames = |browser: &mut Browser| text(browser, "count").parse::<u64>().unwrap();
    let (seen, received) = (decoded(browser), frames(browser));
    kit::eventually("more received frames", || (frames(browser) > received + 20).then_some(()));
    // One frame may have waited for the decoder.
    assert!(decoded(browser) <= seen + 1);
    browser.script("window.away = false; document.dispatchEvent(new Event('visibilitychange'))");
    kit::eventually("decoded frames", || (decoded(browser) > seen + 5).then_some(()));
}

fn without_fetch_an_image_shows_the_stream(browser: &mut Browser) {
    let picture = solid([0, 0, 200], 64, 48);
    let folder = folder(&[&picture, &picture]);
    for broken in [
        "delete window.fetch; window.fetch = undefined;",
        // Like WebKit: fetch fails only for multipart responses.
        "const real = window.fetch;
         window.fetch = (url, ...more) => url === 'stream' ? Promise.reject(new TypeError()) : real(url, ...more);",
        // Like a browser that is too old for the script.
        "window.setInterval = () => { throw new Error('too old') };",
    ] {
        let server = Server::start(folder.path(), &["--fps", "10"]);
        open_with(browser, &server, broken);
        let shown = "document.querySelector('main > img')?.naturalWidth === 64";
        wait_until(browser, "the image", shown);
        let drawn = "const copy = document.createElement('canvas').getContext('2d');
                     copy.drawImage(document.querySelector('main > img'), 0, 0);
                     return [...copy.getImageData(32, 24, 1, 1).data]";
        kit::eventually("its pixels", || near(&browser.script(drawn), [0, 0, 200]).then_some(()));
    }
    let server = Server::start(folder.path(), &["--fps", "10"]);
    let address = server.address().to_string();
    open_with(browser, &server, "window.fetch = undefined;");
    wait_for(browser, "live");
    drop(server);
    wait_for(browser, "lost");
    let _server = restart(folder.path(), &address);
    wait_for(browser, "live");
}

fn a_stream_without_lengths_is_read(browser: &mut Browser) {
    let camera = PageCamera::start();
    browser.open(&format!("http://{}/", camera.address));
    wait_for(browser, "live");
    for colour in PageCamera::COLOURS {
        kit::eventually(&format!("{colour:?}"), || near(&pixel(browser), colour).then_some(()));
    }
    wait_until(browser, "broken frames", "/broken/.test(document.getElementById('dropped').textContent)");
    // The clock of this camera is wrong by years, so the page shows no age.
    assert_eq!(text(browser, "age"), "–");
}

/// Starts a server at the address of an earlier one.
fn restart(source: &Path, address: &str) -> Run {
    let run = run::start(run::mjpeg(["serve", "--listen", address]).arg(source));
    assert_eq!(run.line(), format!("http://{address}/stream"));
    run
}

/// Opens the page with a script that runs before the page's own script.
fn open_with(browser: &mut Browser, server: &Server, script: &str) {
    // Any page of this server is good: a document written into it has the same origin.
    browser.open(&server.url("/healthz"));
    let script = json!(format!("<script>{{{script}}}</script>"));
    browser.script(&format!(
        "return fetch('/').then(answer => answer.text()).then(page => {{
           document.open();
           document.write({script} + page);
           document.close();
         }})"
    ));
}

fn text(browser: &mut Browser, id: &str) -> String {
    let text = browser.script(&format!("return document.getElementById('{id}').textContent"));
    text.as_str().unwrap().to_string()
}

#[track_caller]
fn wait_until(browser: &mut Browser, what: &str, condition: &str) {
    let script = format!("return !!({condition})");
    kit::eventually(what, || (browser.script(&script) == true).then_some(()));
}

#[track_caller]
fn wait_for(browser: &mut Browser, state: &str) {
    wait_until(browser, state, &format!("document.body?.dataset.state === '{state}'"));
}

/// The pixel in the middle of the shown picture: red, green, blue and opacity.
fn pixel(browser: &mut Browser) -> Value {
    browser.script(
        "const canvas = document.getElementById('picture');
         return [...canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]",
    )
}

fn near(pixel: &Value, colour: [u8; 3]) -> bool {
    let part = |n: usize| pixel[n].as_u64().unwrap().abs_diff(u64::from(colour[n]));
    (0..3).all(|n| part(n) < 6)
}
