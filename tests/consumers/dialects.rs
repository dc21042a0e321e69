//! The streams of devices: what is forecast against what was measured.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use mjpeg::http::Head;

use crate::outcomes::{is, report};
use crate::{fixtures, streams};

/// A response, and where each piece of it ends. The first one is its head; some devices send the end of it with the first picture.
fn response(folder: &Path) -> (Vec<u8>, Vec<usize>) {
    let response = fs::read(folder.join("stream.http")).expect("readable");
    let about = fs::read_to_string(folder.join("about.json")).expect("readable");
    let (_, ends) = about.split_once("\"sends_end\": [").expect("the ends of the pieces");
    let (ends, _) = ends.split_once(']').expect("an array");
    let mut ends: Vec<usize> = ends.split(',').map(|end| end.trim().parse().expect("an offset")).collect();
    ends[0] = match Head::parse(&response) {
        Ok(Some(head)) => head.bytes().len(),
        _ => 0,
    };
    (response, ends)
}

#[test]
fn what_was_measured_of_the_streams_of_devices_is_forecast() {
    let table = fs::read_to_string(fixtures::path("consumers/dialects.txt")).expect("readable");
    let mut lines = table.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
    let columns: Vec<&str> = lines.next().expect("a header").skip(1).collect();
    let devices: BTreeMap<String, _> = fixtures::devices().into_iter().collect();
    let (mut right, mut cells, mut misses) = (0, 0, String::new());
    for mut line in lines {
        let name = line.next().expect("the name of a stream");
        let (response, ends) = response(&devices[name]);
        let sends = ends.windows(2).filter(|ends| ends[0] < ends[1]).map(|ends| &response[ends[0]..ends[1]]);
        let mut report = report(&response);
        report.forecast(&streams::of_sends(&response[..ends[0]], &sends.collect::<Vec<_>>()));
        for (column, outcome) in columns.iter().zip(line) {
            let forecast =
                report.forecasts.iter().find(|it| it.consumer.name == *column).expect("a consumer");
            cells += 1;
            if is(forecast.fate, outcome) {
                right += 1;
            } else {
                let rule = forecast.decided_by.map(|rule| rule.code);
                let _ = writeln!(
                    misses,
                    "{column} {name}: measured {outcome}, forecast {} ({rule:?})",
                    forecast.fate
                );
            }
        }
    }
    println!("{misses}{right} of {cells} cells, {:.1} %", f64::from(right) / f64::from(cells) * 100.0);
    assert_eq!(cells, 168);
    assert_eq!(right, cells, "{misses}");
}
