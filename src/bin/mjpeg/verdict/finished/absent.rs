//! The model of what should have been read, and is in no file.

use super::target::{Finished, SCHEMA};
use crate::criteria::Verdict;

impl Finished {
    /// Something without a verdict: `target` names it, `why` says what is wrong on our side. A message says so too.
    pub fn absent(target: String, why: String) -> Self {
        Self {
            schema: SCHEMA.into(),
            name: None,
            target,
            shard: None,
            run_targets: None,
            source: None,
            url: None,
            started: None,
            verdict: Verdict::Error,
            end: None,
            cap: None,
            asked: None,
            limits: None,
            rules_off: Vec::new(),
            exempt: Vec::new(),
            parts: 0,
            duration_s: 0.0,
            findings: Vec::new(),
            obstacles: Vec::new(),
            consumers: None,
            consumers_derived: None,
            consumers_decided_by: serde_json::Map::new(),
            consumers_causes: serde_json::Map::new(),
            timing: None,
            gaps: Vec::new(),
            reader: None,
            frames: None,
            strip: None,
            baseline: None,
            error: Some(why),
            is_error_told: true,
            is_snapshot: false,
        }
    }
}
