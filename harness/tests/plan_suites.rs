//! Several matrices become one plan; what is not here is left out by name, and the time of it all is told beforehand.

#[path = "common/planning.rs"]
mod planning;

use planning::{Local, Models, selection, sizes, spec};
use tare_harness::plan::{Named, Outlay, Rates, Refusing, leave_out, outlook, plan, plan_all};
use tare_harness::{Plan, PlanError};
use tare_units::{Flops, Nanoseconds};

const OUTLAY: Outlay = Outlay {
    repeats: 2,
    duration: Nanoseconds::from_millis(100),
    max_requests: 1_000_000,
    twins: false,
    profile: false,
    probes: false,
};

fn named(experiment: &str, adapters: &[&str]) -> Named {
    let mut selection = selection(Vec::new());
    selection.adapters = adapters.iter().copied().map(spec).collect();
    Named {
        experiment: Some(experiment.into()),
        selection,
    }
}

fn told(plan: &Plan) -> Vec<(String, u64)> {
    let cells = plan.cells.iter().map(|work| &work.planned.cell);
    cells.map(|cell| (cell.model.clone(), cell.batch)).collect()
}

#[test]
fn a_cell_of_two_matrices_is_planned_once_where_the_first_has_it() {
    let models = Models::new();
    let first = selection(vec![models.mlp()]);
    let mut second = selection(vec![models.bert(), models.mlp()]);
    second.batches = vec![8, 16];
    second.shapes = vec![sizes(&[("seq", 4)])];
    let plan = plan_all(&[first, second], Refusing::Ends, &Local).expect("plans");
    let (mlp, bert) = (models.mlp().name, models.bert().name);
    let expected = [(&mlp, 1), (&mlp, 8), (&bert, 8), (&bert, 16), (&mlp, 16)];
    assert_eq!(
        told(&plan),
        expected.map(|(name, batch)| (name.clone(), batch))
    );
}

#[test]
fn a_symbol_is_looked_for_in_the_models_of_its_own_matrix() {
    let models = Models::new();
    let mut first = selection(vec![models.mlp(), models.make("mlp:width=4,depth=1")]);
    first.shapes = vec![sizes(&[("seq", 4)])];
    let second = selection(vec![models.bert()]);
    let error = plan_all(&[first, second], Refusing::Ends, &Local).expect_err("refused");
    assert!(matches!(error, PlanError::UnknownSymbol { .. }), "{error}");
}

#[test]
fn no_matrix_at_all_is_nothing_to_measure() {
    let error = plan_all(&[], Refusing::Ends, &Local).expect_err("refused");
    assert!(matches!(error, PlanError::Nothing(_)), "{error}");
}

#[test]
fn what_is_not_here_is_left_out_and_told_once_with_its_remedy() {
    let matrices = vec![
        named("one", &["gone", "fake", "gone:mode=x"]),
        named("two", &["gone"]),
        named("three", &["fake", "gone"]),
    ];
    let (present, left_out) = leave_out(matrices, &Local).expect("some are here");
    let names: Vec<_> = present.iter().flat_map(|own| &own.experiment).collect();
    assert_eq!(names, ["one", "three"]);
    for own in &present {
        assert_eq!(own.selection.adapters, [spec("fake")]);
    }
    let lines: Vec<String> = left_out.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "left out: gone, gone:mode=x: no library; install it",
            "left out: experiment 'two': none of its adapters is here",
        ]
    );
}

#[test]
fn a_suite_of_which_nothing_is_here_is_refused_with_every_remedy() {
    let error = leave_out(vec![named("one", &["gone"])], &Local).expect_err("nothing is here");
    assert_eq!(
        error.to_string(),
        "no adapter of the suite is here: gone: no library; install it"
    );
}

#[test]
fn an_adapter_that_does_not_exist_is_refused_and_not_left_out() {
    let error = leave_out(vec![named("one", &["fake", "nowhere"])], &Local).expect_err("unknown");
    assert!(matches!(error, PlanError::UnknownAdapter(_)), "{error}");
}

fn seconds(plan: &Plan, outlay: Outlay) -> f64 {
    outlook(plan, &outlay, &Rates::assumed()).time.as_secs_f64()
}

#[test]
fn the_time_told_grows_with_all_that_is_done() {
    let models = Models::new();
    let mut asked = selection(vec![models.make("mlp:width=512,depth=4")]);
    let plan = |asked: &_| plan(asked, &Local).expect("plans");
    let two = plan(&asked);
    let base = seconds(&two, OUTLAY);
    assert!(base > 4.0 * 0.1, "{base}: four repeats of 100 ms");
    let more = [
        Outlay {
            repeats: 3,
            ..OUTLAY
        },
        Outlay {
            duration: Nanoseconds::from_secs(1),
            ..OUTLAY
        },
        Outlay {
            twins: true,
            ..OUTLAY
        },
        Outlay {
            profile: true,
            ..OUTLAY
        },
        Outlay {
            probes: true,
            ..OUTLAY
        },
    ];
    for outlay in more {
        assert!(seconds(&two, outlay) > base, "{outlay:?}");
    }
    asked.batches.push(4_096);
    let three = plan(&asked);
    assert!(
        seconds(&three, OUTLAY) > 1.5 * base,
        "a third cell, of much work"
    );
    let longer = Outlay {
        duration: Nanoseconds::from_millis(1_100),
        ..OUTLAY
    };
    let grown = seconds(&two, longer) - base;
    assert!(
        (3.9..4.1).contains(&grown),
        "{grown}: a second more for each of four repeats"
    );
}

#[test]
fn workers_are_counted_with_twins_profiles_and_references() {
    let models = Models::new();
    let plan = plan(&selection(vec![models.mlp()]), &Local).expect("plans");
    let references = plan.references.len() as u64;
    let workers = |outlay: Outlay| outlook(&plan, &outlay, &Rates::assumed()).workers - references;
    assert_eq!(workers(OUTLAY), 2 * 2);
    assert_eq!(
        workers(Outlay {
            twins: true,
            ..OUTLAY
        }),
        2 * 4
    );
    let all = Outlay {
        twins: true,
        profile: true,
        ..OUTLAY
    };
    assert_eq!(workers(all), 2 * 5);
    assert_eq!(outlook(&plan, &all, &Rates::assumed()).uncounted, 0);
}

#[test]
fn a_cell_whose_arithmetic_is_unknown_is_counted_as_such() {
    let models = Models::new();
    let mut plan = plan(&selection(vec![models.mlp()]), &Local).expect("plans");
    let known = outlook(&plan, &OUTLAY, &Rates::assumed());
    let model = &mut plan.cells[0].planned.model;
    (model.flops, model.operators, model.bytes_min) = (None, None, None);
    let unknown = outlook(&plan, &OUTLAY, &Rates::assumed());
    assert_eq!((known.uncounted, unknown.uncounted), (0, 1));
    let less = known.time.saturating_sub(unknown.time);
    assert!(
        less < Nanoseconds::from_millis(5),
        "{less}: its timed work is as long as that of a small model"
    );
}

#[test]
fn a_time_beyond_telling_is_the_longest_there_is() {
    let models = Models::new();
    let mut plan = plan(&selection(vec![models.mlp()]), &Local).expect("plans");
    plan.cells[0].planned.model.flops = Some(Flops::from_operations(u64::MAX));
    let endless = Outlay {
        repeats: 100_000,
        twins: true,
        profile: true,
        ..OUTLAY
    };
    assert_eq!(
        outlook(&plan, &endless, &Rates::assumed()).time,
        Nanoseconds::MAX
    );
}

#[test]
fn a_cell_that_its_adapter_refuses_is_left_out_and_told_where_that_is_asked_for() {
    let models = Models::new();
    let mut both = selection(vec![models.mlp()]);
    both.adapters = vec![spec("fake"), spec("picky")];
    let refused = plan_all(&[both.clone()], Refusing::Ends, &Local).expect_err("refused");
    assert!(matches!(refused, PlanError::Refused { .. }), "{refused}");
    let plan = plan_all(&[both.clone()], Refusing::LeavesOut, &Local).expect("plans");
    assert!(plan.cells.iter().all(|work| work.spec.name == "fake"));
    assert_eq!(plan.cells.len(), 2);
    assert_eq!(plan.left_out.len(), 1);
    let line = &plan.left_out[0];
    assert!(
        line.starts_with(
            "left out: 2 cells: model 'mlp:width=8,depth=2': picky lacks operator FFT"
        ),
        "{line}"
    );
    both.adapters = vec![spec("picky")];
    let none = plan_all(&[both], Refusing::LeavesOut, &Local).expect_err("nothing is left");
    assert!(matches!(none, PlanError::Refused { .. }), "{none}");
}
