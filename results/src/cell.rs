//! The unit that is measured and recorded: one model under one adapter, scenario, batch, shape, precision, device and thread count.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tare_units::{Bytes, Flops};

use crate::hash::sha256_hex;

/// What is measured.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Cell {
    /// A zoo model by name, or the file's name without its folder.
    pub model: String,
    /// Name and, where one was asked for, version: `onnxruntime@1.31.1`.
    pub adapter: String,
    /// Options of the adapter.
    pub adapter_options: BTreeMap<String, String>,
    /// Such as `single-stream`.
    pub scenario: String,
    /// Options of the scenario.
    pub scenario_options: BTreeMap<String, String>,
    /// Samples a request carries.
    pub batch: u64,
    /// Sizes by symbol, without the batch's.
    pub shape: BTreeMap<String, u64>,
    /// Such as `fp32`.
    pub precision: String,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// Threads that may execute operators.
    pub threads: u64,
    /// Seed of the inputs.
    pub seed: u64,
}

/// The option of the command line that makes repeats longer.
pub(crate) const LONGER: &str = "--duration";

/// The scenarios under load.
const SERVED: [&str; 2] = ["server", "closed"];

impl Cell {
    /// The sha256, in hexadecimal, of the cell's canonical JSON (keys sorted, no spaces) in which the model stands by `model_sha256`.
    pub fn id(&self, model_sha256: &str) -> String {
        let mut by_hash = self.clone();
        by_hash.model = model_sha256.to_owned();
        sha256_hex(&by_hash.canonical())
    }

    /// Sorted here and not by the order in which the fields stand or a map of JSON happens to be kept.
    fn canonical(&self) -> Vec<u8> {
        let fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let sorted: BTreeMap<String, Value> = fields.into_iter().collect();
        serde_json::to_vec(&sorted).unwrap_or_default()
    }

    /// The adapter with its options, as it is written on the command line.
    pub fn adapter_spec(&self) -> String {
        with_options(&self.adapter, &self.adapter_options)
    }

    /// The scenario with its options, as it is written on the command line.
    pub fn scenario_spec(&self) -> String {
        with_options(&self.scenario, &self.scenario_options)
    }

    /// Whether requests come under load, so that each of them has an end of its own.
    pub fn is_served(&self) -> bool {
        SERVED.contains(&self.scenario.as_str())
    }

    /// The option that makes a repeat longer: the scenario's own where that says how long it is.
    pub fn lengthened_by(&self) -> &'static str {
        let has = |key: &str| self.scenario_options.contains_key(key);
        match (has("decide"), has("duration")) {
            (true, _) => "limit= of the scenario",
            (false, true) => "duration= of the scenario",
            (false, false) => LONGER,
        }
    }
}

fn with_options(name: &str, options: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = options
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if pairs.is_empty() {
        name.to_owned()
    } else {
        format!("{name}:{}", pairs.join(","))
    }
}

/// What is known of the model at this cell's shapes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelFacts {
    /// As in the cell.
    pub name: String,
    /// Of the file and its external data.
    pub sha256: String,
    /// Such as `onnx`.
    pub format: String,
    /// The version of ONNX's operator set.
    pub opset: Option<i64>,
    /// Floating-point initialisers used as weights, each once.
    pub parameters: Option<u64>,
    /// Operators left once constants are folded.
    pub operators: Option<u64>,
    /// Floating-point operations of one request.
    pub flops: Option<Flops>,
    /// Multiply-accumulates of one request as the Framework Tax paper's tool counted them.
    pub macs_paper: Option<u64>,
    /// Bytes that must move for one request.
    pub bytes_min: Option<Bytes>,
    /// Bytes that operators read and write when none is fused.
    pub bytes_unfused: Option<Bytes>,
    /// Inputs of one request.
    pub input_bytes: Option<Bytes>,
    /// Outputs of one request.
    pub output_bytes: Option<Bytes>,
    /// Largest sum of activations alive at once.
    pub peak_activation_bytes: Option<Bytes>,
}

/// The library that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Runtime {
    /// Such as `rten`.
    pub name: String,
    /// The library's own version.
    pub version: String,
    /// Of the library file; `null` where it is compiled into the worker.
    pub library_sha256: Option<String>,
    /// Library calls that the adapter dispatches for a request; `null` where the library walks the model by itself.
    pub dispatched_calls: Option<u64>,
    /// Every option in force, defaults included.
    pub options: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Doubt, ServingDoubt};

    fn cell() -> Cell {
        Cell {
            model: "minilm-l6".into(),
            adapter: "rten".into(),
            adapter_options: BTreeMap::from([("prepack".into(), "false".into())]),
            scenario: "single-stream".into(),
            scenario_options: BTreeMap::new(),
            batch: 1,
            shape: BTreeMap::from([("seq".into(), 128)]),
            precision: "fp32".into(),
            device: "cpu".into(),
            threads: 1,
            seed: 0,
        }
    }

    #[test]
    fn a_repeat_is_made_longer_by_the_option_that_says_how_long_it_is() {
        let with = |key: &str| {
            let mut cell = cell();
            let options = &mut cell.scenario_options;
            options.insert(key.to_owned(), "9s".to_owned());
            let doubt = Doubt::Serving {
                why: ServingDoubt::ObjectiveNotDecided {
                    objective: "p99<20ms".to_owned(),
                    over: 3,
                    due: 400,
                },
            };
            doubt.told_of(&cell)
        };
        assert!(with("min").ends_with("beyond it; raise --duration"));
        assert!(with("duration").ends_with("beyond it; raise duration= of the scenario"));
        assert!(with("decide").ends_with("beyond it; raise limit= of the scenario"));
    }

    #[test]
    fn the_id_follows_the_model_by_its_hash_and_not_by_its_name() {
        let mut renamed = cell();
        renamed.model = "copy.onnx".into();
        assert_eq!(cell().id("abc"), renamed.id("abc"));
        assert_ne!(cell().id("abc"), cell().id("abd"));
        assert_eq!(cell().id("abc").len(), 64);
    }

    #[test]
    fn the_id_is_the_hash_of_the_canonical_json_and_never_changes() {
        let text = concat!(
            r#"{"adapter":"rten","adapter_options":{"prepack":"false"},"batch":1,"device":"cpu","model":"minilm-l6","#,
            r#""precision":"fp32","scenario":"single-stream","scenario_options":{},"seed":0,"shape":{"seq":128},"threads":1}"#
        );
        assert_eq!(String::from_utf8_lossy(&cell().canonical()), text);
        assert_eq!(
            cell().id("minilm-l6"),
            "8e1f38b4bf3fc3f08e56825d2f314f4e95b5eb41c5b48fcf0d43d8ae45efba98"
        );
    }

    #[test]
    fn every_field_but_the_name_changes_the_id() {
        let base = cell().id("abc");
        let mut changed = cell();
        changed.batch = 2;
        assert_ne!(changed.id("abc"), base);
        let mut changed = cell();
        changed.adapter_options.clear();
        assert_ne!(changed.id("abc"), base);
        let mut changed = cell();
        changed.threads = 2;
        assert_ne!(changed.id("abc"), base);
    }

    #[test]
    fn specs_are_written_as_on_the_command_line() {
        assert_eq!(cell().adapter_spec(), "rten:prepack=false");
        assert_eq!(cell().scenario_spec(), "single-stream");
    }
}
