//! What was really run where a record is of a cell's hollow twin.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The hollow twin that a record of `kind: "twin"` timed; a field that is `null` has its reason in the record's `missing`.
///
/// The record's cell and model are those of the original, so that the two have one id. A request of the twin counts
/// as many samples as one of the original, whatever its batch has shrunk to, so that figures by sample compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TwinFacts {
    /// Of the twin's file.
    pub sha256: String,
    /// How far its dimensions shrank, such as `2` or `16,2`.
    pub rung: String,
    /// Its FLOPs over the original's; `null` where the original has none, or it is not known how much is left.
    pub hollowness: Option<f64>,
    /// Elements that its operators hand to each other over the original's; `null` where it is not known how much is left.
    pub elements_ratio: Option<f64>,
    /// Elements that its operators hand to each other in a request; `null` where it is not known how many are left.
    #[serde(default)]
    pub elements: Option<u64>,
    /// Operators executed in one of its requests, after fusion.
    pub operators_executed: Option<u64>,
    /// Operators executed in one of the original's requests, after fusion.
    pub original_operators_executed: Option<u64>,
    /// Whether both execute the same operators, kind by kind.
    pub same_operators: Option<bool>,
    /// The twin's executed operators by the framework's name of their kind.
    #[serde(default)]
    pub kinds: Option<BTreeMap<String, u64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_profile_told_is_null_and_reads_back() {
        let facts = TwinFacts {
            sha256: "ab".into(),
            rung: "2".into(),
            hollowness: Some(1e-4),
            elements_ratio: Some(2e-3),
            elements: Some(400),
            operators_executed: None,
            original_operators_executed: None,
            same_operators: None,
            kinds: None,
        };
        let mut json = serde_json::to_value(&facts).expect("serialises");
        assert!(json["operators_executed"].is_null() && json["kinds"].is_null());
        json.as_object_mut().expect("an object").remove("kinds");
        let back: TwinFacts = serde_json::from_value(json).expect("reads back");
        assert_eq!(back, facts);
    }
}
