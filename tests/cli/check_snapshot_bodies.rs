//! `mjpeg check`: what comes before and behind the picture of a snapshot URL.

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
