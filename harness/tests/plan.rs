//! What was asked for becomes cells, or one error that says why not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tare_adapter_api::{AdapterSpec, Device, LackedOperator, LoadRequest, ModelFormat};
use tare_adapter_fake::Fake;
use tare_clock::MonotonicClock;
use tare_harness::plan::{ModelChoice, ReferenceChoice, plan, replan};
use tare_harness::{
    Absent, Consideration, Description, Desk, Plan, PlanError, Refusal, Selection, WorkerProgram,
};
use tare_models::zoo::{self, Form};
use tare_results::{Machine, Run};
use tare_units::Nanoseconds;

static FAKE: Fake<MonotonicClock> = Fake::real();

/// Answers in this process for the fake adapter, and for `picky`, which lacks an operator, and `torch`, which reads other
/// files.
struct Local;

impl Desk for Local {
    fn names(&self) -> Vec<&'static str> {
        vec!["picky", "fake", "torch", "gone"]
    }

    fn references(&self) -> Vec<AdapterSpec> {
        ["gone", "picky", "fake"].map(spec).to_vec()
    }

    fn program(&self, adapter: &str) -> Result<WorkerProgram, Absent> {
        match adapter {
            "fake" | "picky" | "torch" => Ok(WorkerProgram {
                path: adapter.into(),
                ..WorkerProgram::default()
            }),
            "gone" => Err(Absent::Unavailable {
                reason: "no library".into(),
                remedy: "install it".into(),
            }),
            other => Err(Absent::Unknown(format!(
                "no adapter '{other}': there is fake"
            ))),
        }
    }

    fn describe(&self, spec: &AdapterSpec) -> Result<Description, String> {
        match self.program(&spec.name) {
            Err(Absent::Unknown(text)) => Err(text),
            Err(Absent::Unavailable { reason, remedy }) => {
                Ok(Description::unavailable(reason, remedy))
            }
            Ok(_) => Ok(Description {
                computes: true,
                formats: match spec.name.as_str() {
                    "torch" => vec![ModelFormat::TorchScript],
                    _ => vec![ModelFormat::Onnx],
                },
                ..Description::of(&FAKE, spec.version.as_deref(), &spec.options)
            }),
        }
    }

    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        let answer = |request: &LoadRequest| Consideration {
            refusal: (spec.name == "picky").then(|| Refusal {
                message: "picky lacks operator FFT (domain ai.onnx, opset 17)".into(),
                lacks: vec![LackedOperator {
                    op_type: "FFT".into(),
                    domain: String::new(),
                    opset: Some(17),
                }],
            }),
            environment: vec![("THREADS".into(), request.threads.to_string())],
        };
        requests.iter().map(answer).collect()
    }
}

fn spec(text: &str) -> AdapterSpec {
    text.parse().expect("a spec")
}

struct Models {
    folder: tempfile::TempDir,
}

impl Models {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("temporary folder"),
        }
    }

    fn make(&self, name: &str) -> ModelChoice {
        let path = self
            .folder
            .path()
            .join(format!("{}.onnx", name.replace([':', ',', '='], "-")));
        let model = zoo::make(name, 0, Form::Full).expect("a zoo model");
        zoo::write(&model, &path).expect("writes");
        ModelChoice {
            name: name.into(),
            path,
            default_symbols: BTreeMap::new(),
            inputs: Vec::new(),
        }
    }

    fn mlp(&self) -> ModelChoice {
        self.make("mlp:width=8,depth=2")
    }

    fn bert(&self) -> ModelChoice {
        self.make("bert-tiny:layers=1,hidden=8,heads=2,intermediate=8,vocab=64")
    }
}

fn selection(models: Vec<ModelChoice>) -> Selection {
    Selection {
        models,
        adapters: vec!["fake".parse().expect("a spec")],
        scenarios: vec!["single-stream".parse().expect("a spec")],
        batches: vec![1, 8],
        shapes: Vec::new(),
        precisions: Vec::new(),
        devices: vec![Device::Cpu],
        threads: vec![1],
        seed: 0,
        reference: ReferenceChoice::Default,
    }
}

fn error(selection: &Selection) -> String {
    plan(selection, &Local).expect_err("refused").to_string()
}

fn sizes(sizes: &[(&str, u64)]) -> BTreeMap<String, u64> {
    sizes
        .iter()
        .map(|(symbol, size)| ((*symbol).into(), *size))
        .collect()
}

#[test]
fn the_matrix_is_expanded_with_adapters_innermost() {
    let models = Models::new();
    let mut selection = selection(vec![models.mlp()]);
    selection
        .adapters
        .push("fake:run=1ms".parse().expect("a spec"));
    let plan = plan(&selection, &Local).expect("plans");
    let cells: Vec<(u64, String)> = plan
        .cells
        .iter()
        .map(|work| (work.planned.cell.batch, work.planned.cell.adapter_spec()))
        .collect();
    let expected = [
        (1, "fake"),
        (1, "fake:run=1ms"),
        (8, "fake"),
        (8, "fake:run=1ms"),
    ];
    assert_eq!(
        cells,
        expected.map(|(batch, adapter)| (batch, adapter.to_owned()))
    );
    let flops = |place: usize| {
        plan.cells[place]
            .planned
            .model
            .flops
            .expect("known")
            .as_operations()
    };
    assert_eq!(flops(2), 8 * flops(0));
}

#[test]
fn a_model_without_the_symbol_has_one_cell_for_all_its_sizes() {
    let models = Models::new();
    let mut selection = selection(vec![models.mlp(), models.bert()]);
    selection.batches = vec![1];
    selection.shapes = vec![sizes(&[("seq", 4)]), sizes(&[("seq", 8)])];
    let plan = plan(&selection, &Local).expect("plans");
    let shapes: Vec<_> = plan
        .cells
        .iter()
        .map(|work| work.planned.cell.shape.clone())
        .collect();
    assert_eq!(
        shapes,
        [sizes(&[]), sizes(&[("seq", 4)]), sizes(&[("seq", 8)])]
    );
}

#[test]
fn what_cannot_be_measured_is_refused_by_name() {
    let models = Models::new();
    let bert = selection(vec![models.bert()]);
    assert!(error(&bert).contains("--shape seq="), "{}", error(&bert));
    let with = |change: fn(&mut Selection)| {
        let mut selection = selection(vec![models.mlp()]);
        change(&mut selection);
        error(&selection)
    };
    assert_eq!(
        with(|asked| asked.batches = vec![1, 0]),
        "--batch 0 measures nothing: use 1 or more"
    );
    assert_eq!(
        with(|asked| asked.threads = vec![0]),
        "--threads 0 measures nothing: use 1 or more"
    );
    assert_eq!(
        with(|asked| asked.adapters.clear()),
        "no adapter was asked for: name at least one"
    );
    let unknown = with(|asked| asked.adapters = vec!["nobody".parse().expect("a spec")]);
    assert_eq!(unknown, "no adapter 'nobody': there is fake");
    let option = with(|asked| asked.adapters = vec!["fake:speed=9".parse().expect("a spec")]);
    assert!(option.contains("speed"), "{option}");
    let version = with(|asked| asked.adapters = vec!["fake@99".parse().expect("a spec")]);
    assert!(version.contains("99"), "{version}");
    let preset =
        with(|asked| asked.scenarios = vec!["multi-stream:streams=3".parse().expect("a spec")]);
    assert!(preset.contains('3'), "{preset}");
    let missing = with(|asked| asked.models[0].path = PathBuf::from("/no/such/model.onnx"));
    assert!(missing.contains("/no/such/model.onnx"), "{missing}");
}

#[test]
fn a_preset_sets_the_batch_where_none_was_asked_for() {
    let models = Models::new();
    let mut selection = selection(vec![models.mlp()]);
    selection.batches.clear();
    selection.scenarios = vec![
        "multi-stream:streams=3".parse().expect("a spec"),
        "single-stream".parse().expect("a spec"),
    ];
    let plan = plan(&selection, &Local).expect("plans");
    let batches: Vec<u64> = plan
        .cells
        .iter()
        .map(|work| work.planned.cell.batch)
        .collect();
    assert_eq!(batches, [3, 1]);
}

#[test]
fn limits_that_a_scenario_cannot_keep_are_found_before_the_run() {
    let models = Models::new();
    let mut selection = selection(vec![models.mlp()]);
    selection.scenarios = vec!["offline:samples=100".parse().expect("a spec")];
    let plan = plan(&selection, &Local).expect("plans");
    assert!(plan.check_limits(Nanoseconds::from_secs(1), 1_000).is_ok());
    assert!(matches!(
        plan.check_limits(Nanoseconds::from_secs(1), 10),
        Err(PlanError::Limits(_))
    ));
}

fn stored(plan: &Plan) -> Run {
    let machine: Machine = tare_hardware::machine(Path::new("/"));
    Run {
        schema: tare_results::RUN_SCHEMA.into(),
        id: "20261121-104656-0000".into(),
        created: "2026-11-21T10:46:56Z".into(),
        producer: tare_results::Producer {
            version: "0".into(),
            commit: None,
            profile: "debug".into(),
            binary_sha256: None,
        },
        machine,
        suite: None,
        repeats: 1,
        duration_ns: Nanoseconds::from_secs(1),
        max_requests: 1,
        deadline_ns: Nanoseconds::from_secs(1),
        memory_limit_bytes: None,
        reference: None,
        profile: false,
        cells: plan.cells.iter().map(|work| work.planned.clone()).collect(),
    }
}

#[test]
fn a_stored_plan_gives_the_same_cells_again_unless_the_model_has_changed() {
    let models = Models::new();
    let choice = models.bert();
    let mut selection = selection(vec![choice.clone()]);
    selection.shapes = vec![sizes(&[("seq", 4)])];
    selection.adapters = vec!["fake:run=1ms,load=2ms".parse().expect("a spec")];
    let first = plan(&selection, &Local).expect("plans");
    let run = stored(&first);
    let again = replan(&run, &Local).expect("plans again");
    let ids = |plan: &Plan| -> Vec<String> {
        plan.cells
            .iter()
            .map(|work| work.planned.id.clone())
            .collect()
    };
    assert_eq!(ids(&again), ids(&first));
    assert_eq!(again.cells[1].load, first.cells[1].load);
    let other = zoo::make("mlp:width=4,depth=1", 0, Form::Full).expect("a zoo model");
    zoo::write(&other, &choice.path).expect("writes");
    assert!(replan(&run, &Local).is_err());
}

#[test]
fn an_adapter_that_lacks_an_operator_is_refused_with_those_that_have_it() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.adapters = vec![spec("fake"), spec("picky")];
    assert_eq!(
        error(&asked),
        "model 'mlp:width=8,depth=2': picky lacks operator FFT (domain ai.onnx, opset 17); use --adapter fake"
    );
}

#[test]
fn an_adapter_that_is_not_here_is_refused_with_what_mends_it() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.adapters = vec![spec("gone@1.2")];
    assert_eq!(
        error(&asked),
        "adapter 'gone@1.2' cannot run here: no library; install it"
    );
}

#[test]
fn workers_are_told_what_their_adapter_needs() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.threads = vec![1, 2];
    asked.batches = vec![1];
    let plan = plan(&asked, &Local).expect("plans");
    let told: Vec<&str> = plan
        .cells
        .iter()
        .map(|work| work.environment[0].1.as_str())
        .collect();
    assert_eq!(told, ["1", "2"]);
    assert_eq!(plan.cells[0].program.path, PathBuf::from("fake"));
}

#[test]
fn outputs_are_compared_with_those_of_another_adapter_or_of_the_one_named() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.adapters = vec![spec("fake"), spec("fake:run=1ms")];
    let reason = |asked: &Selection, place: usize| {
        plan(asked, &Local).expect("plans").cells[place]
            .reference
            .clone()
    };
    let none = reason(&asked, 0).expect_err("fake is the only one that can");
    assert!(none.starts_with("no other adapter"), "{none}");
    asked.reference = ReferenceChoice::Named(spec("fake"));
    assert_eq!(reason(&asked, 0), Err("the reference itself".to_owned()));
    assert_eq!(reason(&asked, 1), Ok(0));
    let both = plan(&asked, &Local).expect("plans");
    let places: Vec<_> = both
        .cells
        .iter()
        .map(|work| work.reference.clone())
        .collect();
    assert_eq!(places[3], Ok(1), "another batch is another reference");
    assert_eq!(both.references.len(), 2);
    assert_eq!(both.references[0].planned.cell.adapter_spec(), "fake");
    asked.reference = ReferenceChoice::None;
    assert_eq!(
        reason(&asked, 0),
        Err("not asked for: --reference none".to_owned())
    );
    asked.reference = ReferenceChoice::Named(spec("gone"));
    assert!(error(&asked).contains("cannot run here"));
}

fn torchscript(models: &Models, inputs: &[&str]) -> ModelChoice {
    let path = models.folder.path().join("model.pt");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    for member in ["m/data.pkl", "m/code/__torch__.py", "m/constants.pkl"] {
        writer
            .start_file(member, zip::write::SimpleFileOptions::default())
            .expect("a member");
    }
    writer.finish().expect("finishes");
    ModelChoice {
        name: "model.pt".into(),
        path,
        default_symbols: BTreeMap::new(),
        inputs: inputs
            .iter()
            .map(|input| input.parse().expect("an input"))
            .collect(),
    }
}

#[test]
fn a_torchscript_file_takes_its_inputs_from_whoever_asks() {
    let models = Models::new();
    let mut asked = selection(vec![torchscript(
        &models,
        &["x=f32[batch,3]", "ids=i64[batch,seq]"],
    )]);
    asked.adapters = vec![spec("torch")];
    asked.shapes = vec![sizes(&[("seq", 5)])];
    let plan = plan(&asked, &Local).expect("plans");
    let work = &plan.cells[1];
    assert_eq!(work.load.format, ModelFormat::TorchScript);
    assert_eq!(work.load.inputs[1].shape, [8, 5]);
    assert_eq!(work.planned.model.format, "torchscript");
    assert_eq!(work.planned.model.flops, None);
    assert!(work.missing.contains_key("model.flops"));
    let again = replan(&stored(&plan), &Local).expect("plans again");
    assert_eq!(again.cells[1].load, work.load);
}

#[test]
fn a_torchscript_file_without_inputs_or_for_another_adapter_is_refused() {
    let models = Models::new();
    let mut asked = selection(vec![torchscript(&models, &[])]);
    asked.adapters = vec![spec("torch")];
    assert!(error(&asked).contains("give --input"), "{}", error(&asked));
    asked.models = vec![torchscript(&models, &["x=f32[batch]"])];
    asked.adapters = vec![spec("fake")];
    assert_eq!(
        error(&asked),
        "adapter 'fake' does not read TorchScript, which 'model.pt' is; use --adapter torch"
    );
}
