//! Experiments and quick variants: the nearest table wins, and what says nothing is refused at its place.

use super::*;

const TWO: &str = r#"name = "two"
summary = "two experiments"
absent = "leave out"
adapters = ["rten"]
scenarios = ["single-stream"]
batches = [1, 2]
repeats = 4

[quick]
repeats = 2
duration = "50ms"
batches = [1]

[[experiment]]
name = "all"
summary = "what holds for all"
models = ["mlp"]

[[experiment]]
name = "own"
summary = "what it has of its own"
models = ["bert-tiny"]
batches = [4]
adapters = ["tract"]

[experiment.quick]
models = ["mlp:width=8"]
"#;

fn two() -> Suite {
    parse(TWO, "two.toml").unwrap()
}

#[track_caller]
fn refused(from: &str, to: &str, message: &str) {
    assert!(TWO.contains(from), "'{from}' is not in the suite");
    let told = refusal(&TWO.replacen(from, to, 1));
    assert!(told.lines().any(|line| line.starts_with(message)), "{told}");
}

#[test]
fn each_experiment_is_a_matrix_over_what_the_top_says() {
    let whole = two().whole();
    assert_eq!((whole.name.as_str(), whole.repeats), ("two", 4));
    assert_eq!(whole.absent, WhenAbsent::LeaveOut);
    let [all, own] = &whole.matrices[..] else {
        panic!("two matrices");
    };
    assert_eq!(all.experiment.as_deref(), Some("all"));
    assert_eq!(
        (&all.models[..], &all.batches[..]),
        (&["mlp".to_owned()][..], &[1, 2][..])
    );
    assert_eq!(
        (&all.adapters[0][..], &own.adapters[0][..]),
        ("rten", "tract")
    );
    assert_eq!(
        (&own.models[0][..], &own.batches[..]),
        ("bert-tiny", &[4][..])
    );
    assert_eq!(
        (&own.devices[..], &own.threads[..]),
        (&["cpu".to_owned()][..], &[1][..])
    );
}

#[test]
fn in_the_quick_variant_the_nearest_table_wins() {
    let quick = two().quickly().unwrap();
    assert_eq!(quick.name, "two:quick");
    assert_eq!(
        (quick.repeats, quick.duration),
        (2, Nanoseconds::from_millis(50))
    );
    assert_eq!(quick.max_requests, DEFAULT_MAX_REQUESTS);
    assert_eq!(quick.matrices[0].batches, [1], "[quick] over the top");
    assert_eq!(
        quick.matrices[1].batches,
        [4],
        "the experiment over [quick]"
    );
    assert_eq!(
        quick.matrices[1].models,
        ["mlp:width=8"],
        "[experiment.quick] over the experiment"
    );
}

#[test]
fn either_quick_table_makes_a_quick_variant() {
    let of_the_suite = parse(&own_with("[quick]\nrepeats = 1"), "own.toml").unwrap();
    assert_eq!(of_the_suite.quickly().unwrap().repeats, 1);
    let without = TWO.replacen("[quick]", "", 1).replacen(
        "repeats = 2\nduration = \"50ms\"\nbatches = [1]\n",
        "",
        1,
    );
    let of_an_experiment = parse(&without, "two.toml").unwrap();
    assert_eq!(of_an_experiment.quick, None);
    assert_eq!(
        of_an_experiment.quickly().unwrap().matrices[1].models,
        ["mlp:width=8"]
    );
}

#[test]
fn a_suite_without_a_quick_variant_says_which_have_one() {
    let error = find("first").unwrap().quickly().unwrap_err();
    assert_eq!(
        error.to_string(),
        "suite 'first' has no quick variant: leave --quick out, or give the suite a [quick] table; framework-tax and pentathlon have one"
    );
}

#[test]
fn a_suite_with_experiments_is_printed_as_it_reads_back() {
    let printed = two().to_string();
    assert_eq!(parse(&printed, "printed"), Ok(two()));
    assert!(
        printed.contains("\n[quick]\nbatches = [1]\nrepeats = 2\nduration = \"50ms\"\n"),
        "{printed}"
    );
    assert!(
        printed.contains("\n[experiment.quick]\nmodels = [\"mlp:width=8\"]\n"),
        "{printed}"
    );
}

#[test]
fn an_unknown_key_of_an_inner_table_is_told_with_the_nearest_of_that_table() {
    refused(
        "[experiment.quick]\n",
        "[experiment.quick]\nmodel = [\"mlp\"]\n",
        "own.toml:27:1: no quick variant of an experiment has a key 'model': the nearest is 'models'; there are models, ",
    );
    refused(
        "summary = \"what holds for all\"",
        "  summery = \"x\"",
        "own.toml:16:3: no experiment has a key 'summery': the nearest is 'summary'; there are name, ",
    );
    refused(
        "duration = \"50ms\"",
        "durations = \"50ms\"",
        "own.toml:11:1: no quick variant has a key 'durations': the nearest is 'duration'",
    );
}

#[test]
fn a_key_of_another_table_is_told_where_it_belongs() {
    refused(
        "adapters = [\"tract\"]",
        "repeats = 3",
        "own.toml:24:1: no experiment has a key 'repeats': it belongs at the top of the suite, for all its experiments",
    );
    refused(
        "[experiment.quick]\n",
        "[experiment.quick]\nduration = \"1ms\"\n",
        "own.toml:27:1: no quick variant of an experiment has a key 'duration': it belongs in the suite's [quick]",
    );
    refused(
        "duration = \"50ms\"",
        "absent = \"refuse\"",
        "own.toml:11:1: no quick variant has a key 'absent': it belongs at the top of the suite",
    );
}

#[test]
fn two_experiments_of_one_name_are_refused_at_the_second() {
    refused(
        "name = \"own\"",
        "name = \"all\"",
        "own.toml:20:8: name: \"all\" names two experiments: give each a name of its own",
    );
}

#[test]
fn what_says_nothing_is_refused_where_it_begins() {
    refused(
        "models = [\"mlp\"]\n",
        "",
        "own.toml:14:1: experiment 'all' is empty: give it any of models, ",
    );
    refused(
        "repeats = 2\nduration = \"50ms\"\nbatches = [1]\n",
        "",
        "own.toml:9:1: quick: a quick variant with nothing in it is the suite again",
    );
    refused(
        "models = [\"mlp:width=8\"]\n",
        "",
        "own.toml:26:1: quick: a quick variant of an experiment with nothing in it",
    );
    assert_eq!(
        refusal(&own_with("experiment = []")),
        "own.toml:6:14: experiment: [] is an empty list: leave the key out"
    );
    assert_eq!(
        refusal(&own_with("quick = 3")),
        "own.toml:6:9: quick: 3 is not a table: write [quick]"
    );
    assert_eq!(
        refusal(&own_with("[experiment]\nname = \"x\"")),
        "own.toml:6:1: experiment: [experiment] is not a list of tables: write [[experiment]]"
    );
}

#[test]
fn an_experiment_needs_a_name_a_summary_and_the_lists_that_the_top_lacks() {
    refused(
        "name = \"own\"\n",
        "",
        "own.toml:19:1: experiment: key 'name' is missing: give a word",
    );
    refused(
        "summary = \"what it has of its own\"\n",
        "",
        "own.toml:19:1: experiment: key 'summary' is missing: give a sentence",
    );
    refused(
        "adapters = [\"rten\"]\n",
        "",
        "own.toml:13:1: experiment 'all': key 'adapters' is missing here and at the top: give a list such as [\"rten\"]",
    );
}

#[test]
fn a_batch_that_a_scenario_does_not_take_is_refused_at_the_table_that_chose() {
    let fixed = TWO.replacen("\"single-stream\"", "\"fixed-batch:size=2\"", 1);
    let told = |text: &str| refusal(text);
    let at_the_top = told(&fixed);
    assert!(
        at_the_top.starts_with(
            "own.toml:5:13: scenarios: batch 1 contradicts scenario 'fixed-batch:size=2'"
        ),
        "{at_the_top}"
    );
    let in_an_experiment = told(&fixed.replacen("batches = [1, 2]", "batches = [2]", 1));
    assert!(
        in_an_experiment.contains("\nown.toml:23:11: batches: batch 4 contradicts"),
        "{in_an_experiment}"
    );
    let in_quick = told(
        &fixed
            .replacen("batches = [1, 2]", "batches = [2]", 1)
            .replacen("batches = [4]", "batches = [2]", 1),
    );
    assert!(
        in_quick.starts_with("own.toml:12:11: batches: batch 1 contradicts"),
        "{in_quick}"
    );
}

#[test]
fn hostile_tables_are_refused_and_never_panic() {
    for cut in 0..TWO.len() {
        if let Err(error) = parse(&TWO[..cut], "two.toml") {
            assert!(!error.to_string().is_empty());
        }
    }
    for text in [
        "experiment = [1]",
        "experiment = [[]]",
        "quick = []",
        "[[quick]]\nrepeats = 1",
    ] {
        assert!(
            refusal(&own_with(text)).contains("is not a table"),
            "{text}"
        );
    }
}

#[test]
fn the_framework_tax_has_the_published_experiments_and_a_quick_variant_of_each() {
    let suite = find("framework-tax").unwrap();
    let names = [
        "flops",
        "batch",
        "length",
        "optimisation",
        "depth",
        "width",
        "law",
        "precision",
    ];
    assert_eq!(suite.absent, WhenAbsent::LeaveOut);
    let own: Vec<&str> = suite
        .experiments
        .iter()
        .map(|own| own.name.as_str())
        .collect();
    assert_eq!(own, names);
    assert!(suite.experiments.iter().all(|own| own.quick.is_some()));
    let whole = suite.whole().matrices;
    let of = |name: &str| {
        let found = whole
            .iter()
            .find(|matrix| matrix.experiment.as_deref() == Some(name));
        found.unwrap()
    };
    let powers: Vec<u64> = (0..8).map(|power| 1 << power).collect();
    assert_eq!(of("batch").batches, powers);
    let lengths: Vec<u64> = of("length")
        .shapes
        .iter()
        .map(|shape| shape["seq"])
        .collect();
    assert_eq!(lengths, powers);
    assert_eq!(
        of("depth").models,
        ["resnet-18", "resnet-50", "resnet-101", "resnet-152"]
    );
    for mode in ["libtorch:mode=eager", "libtorch:mode=script", "onnxruntime"] {
        assert!(of("batch").adapters.iter().any(|own| own == mode), "{mode}");
    }
}

#[test]
fn a_suite_that_comes_along_and_names_more_than_rten_leaves_out_what_is_not_here() {
    for suite in list().unwrap() {
        let whole = suite.whole();
        let own = |matrix: &Matrix| matrix.adapters == ["rten"];
        let everywhere = whole.matrices.iter().all(own);
        assert!(
            everywhere || suite.absent == WhenAbsent::LeaveOut,
            "{}",
            suite.name
        );
    }
}

#[test]
fn the_framework_tax_runs_the_same_models_alone_and_at_a_large_batch() {
    let suite = find("framework-tax").unwrap();
    let (whole, quick) = (suite.whole().matrices, suite.quickly().unwrap().matrices);
    for (flops, large) in [(&whole[0], 32), (&quick[0], 8)] {
        assert_eq!(flops.experiment.as_deref(), Some("flops"));
        assert_eq!(flops.batches, [1, large], "every model at both");
        let family = |model: &String| model.split(['-', ':']).next().unwrap().to_owned();
        let families: std::collections::BTreeSet<String> =
            flops.models.iter().map(family).collect();
        assert!(
            flops.models.len() >= 8 && families.len() >= 5,
            "{families:?}"
        );
    }
    for said in ["three hours", "without"] {
        assert!(suite.summary.contains(said), "{}", suite.summary);
    }
}
