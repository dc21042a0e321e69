//! `mjpeg monitor --interval`: samples of cameras that hang or are gone.

use crate::kit;

use std::fs;

use kit::camera::{Camera, HEAD, part};
use kit::monitor::{change, end, monitor};

/// A camera that answers each sample with the next of `answers`.
fn sampled(answers: &'static [&str]) -> Camera {
    let parts: Vec<u8> =
        kit::jpegs(&kit::frames())[..3].iter().flat_map(|jpeg| part(&fs::read(jpeg).unwrap())).collect();
    Camera::visits(answers.len(), move |number, _, connection| match answers[number - 1] {
        "gone" => connection.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        answer => {
            connection.send(HEAD.as_bytes());
            match answer {
                "pictures" => connection.send(&parts),
                "half" => connection.send(&parts[..parts.len() / 6]),
                _ => {}
            }
            connection.wait_for_the_viewer_to_leave();
        }
    })
}

/// The changes of a camera with these answers: its states, the verdicts, and why.
fn changes<const COUNT: usize>(answers: &'static [&str]) -> [(String, String, String); COUNT] {
    let camera = sampled(answers);
    // The pictures come at once, and nothing comes behind them.
    let ignored = ["--ignore=C", "--ignore=T"];
    let monitor = monitor(
        &[&[&*camera.url, "--window=300ms", "--interval=700ms", "--good-after=1"][..], &ignored].concat(),
    );
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let found = std::array::from_fn(|_| {
        let line = change(&monitor);
        (text(&line["to"]), text(&line["verdict"]), text(&line["reason"]))
    });
    // The bad ones are said to people, too.
    found.iter().filter(|it| it.0 == "bad").for_each(|it| monitor.says(&format!(": {}", it.2)));
    end(monitor);
    found
}

#[test]
fn a_camera_that_hangs_before_its_first_part_is_stalled() {
    let why = "stalled: no complete part came in 300ms (--window)";
    let stalled = ("bad".into(), "stalled".into(), why.to_string());
    let good = ("good".into(), "pass".into(), String::new());
    assert_eq!(changes(&["pictures", "nothing"]), [good.clone(), stalled.clone()]);
    assert_eq!(changes(&["pictures", "half"]), [good, stalled.clone()]);
    assert_eq!(changes(&["nothing"]), [stalled]);
}

#[test]
fn the_first_good_sample_of_a_camera_that_was_gone_counts() {
    let states = changes::<3>(&["pictures", "gone", "pictures"]).map(|it| it.0);
    assert_eq!(states, ["good", "bad", "good"]);
}
