//! What was asked for becomes cells, or one error that says why not.

#[path = "common/planning.rs"]
mod planning;

use std::path::PathBuf;

use planning::{Local, Models, error, selection, sizes, stored};
use tare_harness::plan::{plan, replan};
use tare_harness::{Plan, PlanError, Selection};
use tare_models::zoo::{self, Form};
use tare_units::Nanoseconds;

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

#[test]
fn a_scenario_s_own_limits_stand_in_the_place_of_the_run_s() {
    let models = Models::new();
    let mut selection = selection(vec![models.mlp()]);
    selection.scenarios = vec![
        "single-stream:min=60,max=80,duration=2s"
            .parse()
            .expect("a spec"),
    ];
    let plan = plan(&selection, &Local).expect("plans");
    let second = Nanoseconds::from_secs(1);
    assert!(plan.check_limits(second, 10).is_ok());
    let limits = plan.cells[0].limits(second, 10);
    assert_eq!(
        (limits.duration, limits.max_requests),
        (Nanoseconds::from_secs(2), 80)
    );
}

#[test]
fn arrivals_that_cannot_be_replayed_are_found_before_the_run() {
    let models = Models::new();
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("arrivals.txt");
    let mut selection = selection(vec![models.mlp()]);
    let spec = format!("server:trace={}", path.display());
    selection.scenarios = vec![spec.parse().expect("a spec")];
    let gone = error(&selection);
    assert!(
        gone.contains("cannot read the trace") && gone.contains("arrivals.txt"),
        "{gone}"
    );
    std::fs::write(&path, "0.5\n0.25\n").expect("writes");
    let back = error(&selection);
    assert!(
        back.contains("arrivals.txt:2: arrival '0.25' goes back in time"),
        "{back}"
    );
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
