//! The measured outcomes: every cell, as `check` forecasts it from the bytes and the times of its stream.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use mjpeg::check::{Expectations, Judge, Report};
use mjpeg::consumers::{Consumer, Fate, consumer};
use mjpeg::response::{Event, Expected, ReadStream};

use crate::recipe::Recipe;
use crate::{fixtures, streams};

/// The streams that `mjpeg serve` makes are compared in tests/cli/fault_consumers.rs.
const SERVED: &str = "fault:";

#[test]
fn the_measured_outcomes_are_forecast() {
    compare("outcomes", 3400, 0.995);
}

#[test]
fn the_outcomes_of_the_programs_of_debian_12_are_forecast() {
    compare("debian-12", 1270, 0.99);
}

/// Compares a table with the forecasts: at least so many cells, and this part of them right.
fn compare(table: &str, least: u32, rate_of_right: f64) {
    let text = fs::read_to_string(fixtures::path(&format!("consumers/{table}.txt"))).expect("readable");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let header = lines.next().expect("a header");
    let columns: Vec<&Consumer> = header
        .split_whitespace()
        .skip(1)
        .map(|name| consumer(name).unwrap_or_else(|| panic!("no consumer {name}")))
        .collect();
    let mut right = vec![0; columns.len()];
    let mut cells = vec![0; columns.len()];
    let reasons = reasons(table);
    let (mut misses, mut missed) = (String::new(), BTreeSet::new());
    for line in lines.filter(|line| !line.starts_with(SERVED)) {
        let mut outcomes = line.split_whitespace();
        let name = outcomes.next().expect("the name of a stream");
        let path = fixtures::path("recipes/deviations").join(format!("{name}.txt"));
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let recipe = Recipe::parse(&source);
        let mut report = report(&recipe.stream);
        report.forecast(&streams::of_recipe(&recipe));
        for (i, outcome) in outcomes.enumerate().filter(|&(_, outcome)| outcome != ".") {
            let forecasts = report.forecasts.iter();
            let forecast = forecasts.clone().find(|it| it.consumer == columns[i]).expect("all are forecast");
            cells[i] += 1;
            if is(forecast.fate, outcome) {
                right[i] += 1;
            } else {
                let cell = (columns[i].name.to_string(), name.to_string());
                let reason = reasons.get(&cell).map_or("no reason is known", |reason| reason);
                let _ = writeln!(
                    misses,
                    "{} {}: measured {outcome}, forecast {} ({:?}): {reason}",
                    cell.0,
                    cell.1,
                    forecast.fate,
                    forecast.decided_by.map(|rule| rule.code)
                );
                missed.insert(cell);
            }
        }
    }
    for (i, consumer) in columns.iter().enumerate() {
        println!("{:20} {:3} of {:3}", consumer.name, right[i], cells[i]);
    }
    let (right, cells): (u32, u32) = (right.iter().sum(), cells.iter().sum());
    let rate = f64::from(right) / f64::from(cells);
    println!("{misses}{right} of {cells} cells, {:.2} %", rate * 100.0);
    assert!(cells >= least, "{cells} cells");
    assert!(rate >= rate_of_right, "{misses}");
    assert_eq!(missed, reasons.into_keys().collect(), "{misses}");
}

/// What `check` says of a response, with the entropy-coded data of all pictures read.
pub fn report(response: &[u8]) -> Report {
    let mut expectations = Expectations::default();
    expectations.deep = true;
    let mut judge = Judge::new(expectations);
    let mut stream = ReadStream::new(response, Expected::Response);
    // An error ends the reading, as it does in `check`.
    while let Ok(Some(event)) = stream.next_event() {
        match event {
            Event::Head(head) => judge.head(head),
            Event::Body(event) => judge.event(&event, None),
            _ => {}
        }
    }
    judge.finish(None)
}

/// Why each known miss is one, by consumer and stream.
fn reasons(table: &str) -> BTreeMap<(String, String), String> {
    let text =
        fs::read_to_string(fixtures::path(&format!("consumers/{table}-misses.txt"))).expect("readable");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter(|line| !line.contains(SERVED))
        .map(|line| {
            let (consumer, rest) = line.split_once(' ').expect("a consumer");
            let (stream, reason) = rest.trim_start().split_once(' ').expect("a stream");
            ((consumer.to_string(), stream.to_string()), reason.trim_start().to_string())
        })
        .collect()
}

/// Whether the fate is what was measured.
pub fn is(fate: Fate, outcome: &str) -> bool {
    match outcome {
        "o" => fate == Fate::OnTime,
        "l" => fate == Fate::Late,
        "p" => matches!(fate, Fate::OnTime | Fate::Late),
        "L" => fate == Fate::Loses,
        "D" => fate == Fate::Dies,
        "b" => matches!(fate, Fate::Loses | Fate::Dies),
        "N" => fate == Fate::Nothing,
        "C" => fate == Fate::Crashes,
        "B" => fate == Fate::ChangesBytes,
        _ => panic!("unknown outcome {outcome}"),
    }
}
