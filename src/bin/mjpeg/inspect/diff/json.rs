//! Differences as JSON, schema `mjpeg.inspect.diff/1`.

use serde::Serialize;

use super::super::fault::Fault;
use super::comparison::{Comparison, Pair};
use super::item::Value;
use crate::output;

/// Both streams.
#[derive(Debug, Serialize)]
pub struct Object<'a> {
    schema: &'static str,
    targets: &'a [String; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<[u64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Vec<PairObject<'a>>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_compared: &'a [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    failures: &'a [Fault],
}

#[derive(Debug, Serialize)]
struct PairObject<'a> {
    group: &'static str,
    name: &'a str,
    importance: &'static str,
    differs: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<ValueObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<ValueObject<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ValueObject<'a> {
    Text(&'a str),
    Measure {
        value: f64,
        unit: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        tolerance: Option<f64>,
    },
}

/// The object of a comparison, if both streams could be read, and of what failed. With `all` it has also what is the same.
pub fn object<'a>(
    targets: &'a [String; 2],
    comparison: Option<&'a Comparison>,
    failures: &'a [Fault],
    all: bool,
) -> Object<'a> {
    let pairs = |it: &'a Comparison| it.pairs.iter().filter(move |pair| all || pair.differs());
    Object {
        schema: "mjpeg.inspect.diff/1",
        targets,
        parts: comparison.map(|it| it.parts),
        differs: comparison.map(Comparison::differs),
        properties: comparison.map(|it| pairs(it).map(pair).collect()),
        not_compared: comparison.map(|it| &it.not_compared[..]).unwrap_or_default(),
        failures,
    }
}

fn pair(pair: &Pair) -> PairObject<'_> {
    PairObject {
        group: pair.group,
        name: &pair.name,
        importance: pair.importance.word(),
        differs: pair.differs(),
        left: pair.left.as_ref().map(value),
        right: pair.right.as_ref().map(value),
    }
}

fn value(value: &Value) -> ValueObject<'_> {
    match value {
        Value::Text(text) | Value::Kind { shown: text, .. } => ValueObject::Text(text),
        Value::Measure(it) => ValueObject::Measure {
            value: output::rounded(it.value),
            unit: it.unit,
            tolerance: Some(output::rounded(it.tolerance)),
        },
        Value::Gaps(gaps) => {
            ValueObject::Measure { value: gaps.p99_ms().unwrap_or_default(), unit: "ms", tolerance: None }
        }
    }
}
