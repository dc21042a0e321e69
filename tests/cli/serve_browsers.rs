//! `mjpeg serve` in browsers without a script: as a document, and as `<img>`.
//!
//! Firefox shows a part when it has the next delimiter, Chromium when it has the head of the next part. So with `leading`
//! both show each frame only when the next one arrives. With `trailing` only Chromium does, and with `early` neither.

use crate::kit;

use std::fs;
use std::process::Command;

use kit::browser::Browser;
use kit::picture::{folder, solid};
use kit::run::{Server, run};
use kit::{http, peer};
use serde_json::Value;

const COLOURS: [[u8; 3]; 4] = [[200, 0, 0], [0, 200, 0], [0, 0, 200], [200, 200, 0]];

#[test]
fn chromium_shows_the_stream_pixel_by_pixel() {
    let (Some(_), Some(_)) = (peer::find("chromium"), peer::find("ffmpeg")) else { return };
    let server_folder = folder(&[&kit::contents(&kit::frames())[6]]);
    let server = Server::start(server_folder.path(), &["--fps", "10"]);
    let out = tempfile::tempdir().unwrap();
    let shot = out.path().join("shot.png");
    let mut chromium = peer::chromium(&out.path().join("profile")).unwrap();
    chromium.args(["--window-size=800,600", "--timeout=4000"]);
    chromium.arg(format!("--screenshot={}", shot.display())).arg(&server.stream);
    run(&mut chromium).expect(0);
    let same = same_pixels(&fs::read(&shot).unwrap());
    assert!(same > 320 * 240 * 97 / 100, "{same} of {} pixels", 320 * 240);
}

#[test]
fn firefox_shows_the_stream_pixel_by_pixel() {
    let Some(_) = peer::find("ffmpeg") else { return };
    let Some(mut firefox) = Browser::firefox() else { return };
    let folder = folder(&[&kit::contents(&kit::frames())[6]]);
    let server = Server::start(folder.path(), &["--fps", "10"]);
    // The document never ends, so the test does not wait for it to load.
    firefox.open(&server.url("/healthz"));
    firefox.script("location = '/stream'");
    kit::eventually("the picture", || {
        let same = same_pixels(&firefox.screenshot()?);
        (same > 320 * 240 * 97 / 100).then_some(())
    });
    firefox.open("about:blank");
}

#[test]
fn chromium_shows_every_frame_of_every_layout_in_an_image() {
    Browser::chromium().into_iter().for_each(images);
}

#[test]
fn firefox_shows_every_frame_of_every_layout_in_an_image() {
    Browser::firefox().into_iter().for_each(|mut firefox| {
        a_silent_camera_is_seen_on_time(&mut firefox);
        images(firefox);
    });
}

/// Each frame of a directory is shown in each layout with the right pixels. Frames repeat, so this does not show whether
/// one is late.
fn images(mut browser: Browser) {
    let pictures = COLOURS.map(|colour| solid(colour, 64, 48));
    let folder = folder(&pictures.each_ref().map(Vec::as_slice));
    let server = Server::start(folder.path(), &["--fps", "5"]);
    for layout in ["leading", "trailing", "early"] {
        show(&mut browser, &server, layout);
        for colour in COLOURS {
            kit::eventually(&format!("{layout}: {colour:?}"), || sees(&mut browser, colour).then_some(()));
        }
    }
    the_next_frame_shows_a_late_one(&mut browser);
    browser.open("about:blank");
}

/// The CRLF and the delimiter are sent with the frame, so Firefox does not wait for the next one.
fn a_silent_camera_is_seen_on_time(firefox: &mut Browser) {
    let camera = Camera::start();
    show(firefox, &camera.server, "trailing");
    for colour in COLOURS {
        camera.take(colour);
        kit::eventually(&format!("{colour:?}"), || sees(firefox, colour).then_some(()));
    }
}

/// With `leading` in both browsers, and with `trailing` in Chromium, a frame is shown at the latest when the next one
/// arrives.
fn the_next_frame_shows_a_late_one(browser: &mut Browser) {
    for layout in ["leading", "trailing"] {
        let camera = Camera::start();
        show(browser, &camera.server, layout);
        // A browser that connects after the last picture gets one frame only, and does not show it.
        kit::eventually("the first frame is sent", || camera.has_sent_a_frame().then_some(()));
        camera.take(COLOURS[1]);
        camera.take(COLOURS[2]);
        let newest = |browser: &mut Browser| sees(browser, COLOURS[1]) || sees(browser, COLOURS[2]);
        kit::eventually(layout, || newest(browser).then_some(()));
    }
}

/// A camera that takes single pictures, and a server that does not repeat them.
struct Camera {
    // Dropped first, so that the server does not report a missing file.
    server: Server,
    folder: tempfile::TempDir,
}

impl Camera {
    fn start() -> Self {
        let folder = folder(&[&solid(COLOURS[0], 64, 48)]);
        let server = Server::start(&folder.path().join("0.jpg"), &["--repeat", "0s"]);
        Self { server, folder }
    }

    /// Whether a viewer has got a frame.
    fn has_sent_a_frame(&self) -> bool {
        let (_, state) = http::get(self.server.address(), "/state");
        let state: Value = serde_json::from_slice(&state).unwrap();
        state["viewers"].as_array().unwrap().iter().any(|viewer| viewer["frames_sent"] != 0)
    }

    /// Takes a picture, and waits until the server sends it.
    fn take(&self, colour: [u8; 3]) {
        let (new, jpeg) = (self.folder.path().join("new"), solid(colour, 64, 48));
        fs::write(&new, &jpeg).unwrap();
        fs::rename(&new, self.folder.path().join("0.jpg")).unwrap();
        let is_out = || (http::get(self.server.address(), "/snapshot").1 == jpeg).then_some(());
        kit::eventually("the new picture", is_out);
    }
}

/// Shows the stream in an image on a page of the same server, so that a script may read the pixels. The script keeps the
/// lowest and highest values of each picture.
fn show(browser: &mut Browser, server: &Server, layout: &str) {
    browser.open(&server.url("/healthz"));
    // In Firefox `drawImage` of an image may draw an old frame from a cache; `createImageBitmap` does not. It fails
    // until the first picture has arrived.
    let script = "
        const image = new Image(), canvas = document.createElement('canvas');
        const context = canvas.getContext('2d', { willReadFrequently: true });
        window.seen = [];
        const look = async () => {
          requestAnimationFrame(look);
          const bitmap = await createImageBitmap(image);
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          context.drawImage(bitmap, 0, 0);
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          const low = [255, 255, 255, 255], high = [0, 0, 0, 0];
          data.forEach((v, n) => {
            low[n % 4] = Math.min(low[n % 4], v);
            high[n % 4] = Math.max(high[n % 4], v);
          });
          const now = [canvas.width, canvas.height, low, high];
          if (String(now) !== String(seen.at(-1))) seen.push(now);
        };
        document.body.replaceChildren(image);
        look();";
    browser.script(&format!("{script} image.src = '/stream?layout={layout}'"));
}

/// Whether the script has found a picture with this colour in all pixels, within the precision of JPEG.
fn sees(browser: &mut Browser, colour: [u8; 3]) -> bool {
    let seen = browser.script("return seen");
    let near =
        |bounds: &Value| (0..3).all(|n| bounds[n].as_u64().unwrap().abs_diff(u64::from(colour[n])) < 6);
    seen.as_array().unwrap().iter().any(|it| it[0] == 64 && it[1] == 48 && near(&it[2]) && near(&it[3]))
}

/// The number of pixels of a frame that are found in a screenshot, at any position of the frame.
fn same_pixels(png: &[u8]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let shot = folder.path().join("shot.png");
    fs::write(&shot, png).unwrap();
    let pixels = |file: &std::path::Path| {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-i"]).arg(file).args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]);
        run(&mut ffmpeg).expect(0).out
    };
    let expected = pixels(&kit::frames().join("frame-000007.jpg"));
    let screen = pixels(&shot);
    // PNG 11.2.2: the width follows the signature, and the length and type of IHDR.
    let width = u32::from_be_bytes(png[16..20].try_into().unwrap()) as usize;
    let height = screen.len() / 3 / width;
    let near = |left: usize, top: usize, x: usize, y: usize| {
        let seen = &screen[((top + y) * width + left + x) * 3..][..3];
        let wanted = &expected[(y * 320 + x) * 3..][..3];
        seen.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) < 24)
    };
    let probes = [(20, 20), (70, 20), (115, 20), (160, 20), (205, 20), (250, 20), (300, 20), (300, 220)];
    (0..=height - 240)
        .flat_map(|top| (0..=width - 320).map(move |left| (left, top)))
        .filter(|&(left, top)| probes.iter().all(|&(x, y)| near(left, top, x, y)))
        .map(|(left, top)| {
            let points = (0..240).flat_map(|y| (0..320).map(move |x| (x, y)));
            points.filter(|&(x, y)| near(left, top, x, y)).count()
        })
        .max()
        .unwrap_or(0)
}
