//! `mjpeg check`: where the body of a snapshot ends, and what comes before and behind its picture.

use std::fs;

use crate::check_snapshots::{head, message, pictures};
use crate::kit::camera::Camera;
use crate::kit::verdict::{check, names};

#[test]
fn what_follows_the_picture_belongs_to_the_length_of_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.http");
    let picture = pictures().remove(0);
    for (behind, expected) in
        [(&b"\r\n"[..], &["snapshot"][..]), (&[0; 16], &["snapshot", "bytes-between"]), (b"", &["snapshot"])]
    {
        let whole = [&picture, behind].concat();
        // Types have no case.
        for kind in ["image/jpeg", "Image/JPEG"] {
            let head = head("", Some(whole.len())).replace("image/jpeg", kind);
            let body = whole.clone();
            let camera = Camera::visits(2, {
                let head = head.clone();
                move |_, _, connection| {
                    connection.send(head.as_bytes());
                    connection.send(&body);
                    connection.wait_for_the_viewer_to_leave();
                }
            });
            let (_, verdict) = check(&camera.url, &["--frames", "2", "--ignore", "C504"]);
            assert_eq!(names(&verdict), expected, "{kind} {behind:?}: {verdict}");
            fs::write(&file, [head.as_bytes(), &whole].concat()).unwrap();
            let (end, verdict) = check(file.to_str().unwrap(), &[]);
            end.expect(0);
            assert_eq!(names(&verdict), expected, "{kind} {behind:?}: {verdict}");
        }
        let short = [head("", Some(whole.len() + 1)).as_bytes(), &whole].concat();
        fs::write(&file, short).unwrap();
        let (_, verdict) = check(file.to_str().unwrap(), &[]);
        let ends = format!("and the response ends after {}", whole.len());
        assert!(message(&verdict, "snapshot-length").ends_with(&ends), "{verdict}");
    }
}

#[test]
fn bytes_before_a_snapshot_are_a_warning_and_an_error_for_programs_that_poll() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.http");
    let picture = pictures().remove(0);
    for lead in [&[0; 16][..], b"sixteen bytes!!!"] {
        let whole = [lead, &picture].concat();
        fs::write(&file, [head("", Some(whole.len())).as_bytes(), &whole].concat()).unwrap();
        let (end, verdict) = check(file.to_str().unwrap(), &[]);
        end.expect(0);
        assert_eq!(names(&verdict), ["snapshot", "bytes-before-soi"], "{verdict}");
        assert_eq!(verdict["findings"][1]["severity"], "warning", "{verdict}");
        assert_eq!(message(&verdict, "bytes-before-soi"), "16 bytes before SOI");
        let (end, verdict) = check(file.to_str().unwrap(), &["--consumers", "snapshot"]);
        end.expect(1);
        assert_eq!(names(&verdict), ["bytes-before-soi", "snapshot"], "{verdict}");
    }
}

#[test]
fn a_snapshot_ends_with_its_length_although_the_connection_stays_open() {
    let pictures = pictures();
    let camera = Camera::visits(2, move |number, _, connection| {
        connection.send(head("", Some(pictures[number].len())).as_bytes());
        connection.send(&pictures[number]);
        connection.wait_for_the_viewer_to_leave();
    });
    let (end, verdict) = check(&camera.url, &["--idle", "30s", "--frames", "2"]);
    end.expect(0);
    assert_eq!((&verdict["end"], names(&verdict)), (&"closed".into(), vec!["snapshot"]), "{verdict}");
    assert!(verdict["duration_s"].as_f64().unwrap() < 10.0, "{verdict}");
}

#[test]
fn a_snapshot_that_is_cut_is_cut_and_no_broken_stream() {
    // The connection ends early, or the length does.
    for (length, sent) in [(0, 5000), (-10, usize::MAX)] {
        let picture = pictures().remove(0);
        let announced = picture.len().checked_add_signed(length);
        let pieces = vec![picture[..sent.min(picture.len())].to_vec()];
        let (end, verdict) = check(&Camera::sending(&head("", announced), pieces).url, &[]);
        end.expect(5);
        assert_eq!((&verdict["end"], names(&verdict)), (&"truncated".into(), vec!["snapshot", "cut"]));
    }
}
