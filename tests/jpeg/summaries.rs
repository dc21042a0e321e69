//! Summaries of pictures.

use mjpeg::jpeg::{Marker, Process, Quality, Summary};
use mjpeg::multipart::Extent;

use crate::fixture::{self, inserted, named, with_thumbnail};

#[test]
fn fixtures_are_what_their_names_say() {
    let exact = |percent| Some(Quality { percent, exact: true });
    let table = [
        ("420.jpg", Process::Baseline, Some("4:2:0"), exact(75), 1),
        ("422-restart.jpg", Process::Baseline, Some("4:2:2"), exact(75), 1),
        ("444-optimised.jpg", Process::Baseline, Some("4:4:4"), exact(90), 1),
        ("440-odd.jpg", Process::Baseline, Some("4:4:0"), exact(75), 1),
        ("grey.jpg", Process::Baseline, Some("grey"), exact(75), 1),
        ("planes.jpg", Process::Baseline, Some("4:2:0"), exact(75), 3),
        ("progressive.jpg", Process::Progressive, Some("4:2:0"), exact(75), 10),
        ("thumbnail.jpg", Process::Baseline, Some("4:2:0"), exact(40), 1),
    ];
    for (name, process, sampling, quality, scans) in table {
        let summary = Summary::of(named(name));
        let frame = summary.frame.unwrap();
        let found = (frame.process(), frame.sampling(), summary.quality(), summary.scans);
        assert_eq!(found, (process, sampling, quality, scans), "{name}");
        assert!(summary.jfif && !summary.avi1 && summary.exif.is_none(), "{name}");
        assert!(summary.dc_tables[0] && summary.ac_tables[0], "{name}");
    }
    assert_eq!(Summary::of(named("cmyk.jpg")).frame.unwrap().component_count, 4);
    assert_eq!(Summary::of(named("cmyk.jpg")).adobe_transform, Some(2));
    assert!(!Summary::of(named("ffmpeg.jpg")).quality().unwrap().exact);
}

#[test]
fn restarts_are_counted() {
    let summary = Summary::of(named("422-restart.jpg"));
    assert_eq!(summary.restart_interval, Some(3));
    // 10 x 15 MCUs, one marker between any three of them.
    assert_eq!(summary.restart_markers, 49);
    assert_eq!(Summary::of(named("420.jpg")).restart_interval, None);
}

#[test]
fn exif_thumbnail_comment_and_avi1_are_found() {
    let thumbnail = named("thumbnail.jpg");
    let jpeg = with_thumbnail(named("420.jpg"), thumbnail);
    let jpeg = inserted(&jpeg, 2, &fixture::segment(Marker::COM, b"a comment"));
    let bare = fixture::without_segments(&jpeg, Marker::DHT);
    let jpeg = inserted(&bare, 2, &fixture::segment(Marker::APP0, b"AVI1\0\0"));
    let summary = Summary::of(&jpeg);
    assert_eq!(summary.thumbnail.map(|range| &jpeg[range]), Some(thumbnail));
    assert_eq!(summary.exif.map(|range| jpeg[range].starts_with(b"II*\0")), Some(true));
    assert_eq!(summary.comment.map(|range| &jpeg[range]), Some(&b"a comment"[..]));
    assert!(summary.avi1);
    assert_eq!((summary.dc_tables, summary.ac_tables), ([false; 4], [false; 4]));
    assert_eq!(summary.frame.map(|frame| frame.width), Some(160));
}

#[test]
fn a_huffman_table_of_a_class_that_does_not_exist_is_no_table() {
    // T.81 B.2.4.2: the table class is 0 or 1.
    let bare = fixture::without_segments(named("420.jpg"), Marker::DHT);
    let mut parameters = vec![0; 18];
    (parameters[0], parameters[1]) = (0x20, 1);
    let summary = Summary::of(&inserted(&bare, 2, &fixture::segment(Marker::DHT, &parameters)));
    assert_eq!((summary.dc_tables, summary.ac_tables), ([false; 4], [false; 4]));
}

#[test]
fn the_end_is_told() {
    let jpeg = named("420.jpg");
    let summary = Summary::of(&[jpeg, b"\0\0\0"].concat());
    assert_eq!((summary.extent, summary.bytes_after_end), (Extent::Complete { end: jpeg.len() }, 3));
    let cut = Summary::of(&jpeg[..1000]);
    assert_eq!((cut.extent, cut.bytes_after_end, cut.scans), (Extent::Partial, 0, 1));
    assert_eq!(Summary::of(b"GIF89a").extent, Extent::Foreign);
}

#[test]
fn lines_told_behind_the_scan_count() {
    let jpeg = named("420.jpg");
    let frame = fixture::segments(jpeg, Marker::SOF0)[0].clone();
    let mut open = jpeg.to_vec();
    open[frame.start + 5..frame.start + 7].fill(0);
    assert_eq!(Summary::of(&open).height(), None);
    let told = inserted(&open, open.len() - 2, &fixture::segment(Marker::DNL, &[0, 120]));
    assert_eq!(Summary::of(&told).height(), Some(120));
}
