//! Names that do not exist, each with the nearest that does.

use tare_harness::LinkedDesk;
use tare_scenarios::suite::read_placed;

use super::*;

const OWN: &str = r#"name = "own"
summary = "names of every kind"
adapters = ["rten"]
scenarios = ["single-stream"]

[[experiment]]
name = "one"
summary = "the first"
models = ["bert-tiny"]
shapes = [{ seq = 8 }]

[experiment.quick]
shapes = [{ seq = 2 }]
"#;

fn source(text: &str) -> Source {
    let (suite, places) = read_placed(text, "own.toml").expect("reads");
    Source { suite, places }
}

fn refused(from: &str, to: &str) -> String {
    assert!(OWN.contains(from), "'{from}' is not in the suite");
    let checked = source(&OWN.replacen(from, to, 1)).check(&LinkedDesk::new(&[]));
    checked.expect_err("refused").to_string()
}

#[test]
fn a_suite_whose_names_exist_is_accepted() {
    assert_eq!(source(OWN).check(&LinkedDesk::new(&[])), Ok(()));
}

#[test]
fn models_their_options_precisions_and_devices_are_told_with_the_nearest() {
    for (from, to, told) in [
        (
            "[\"bert-tiny\"]",
            "[\"bert-mini\", \"bert-tinny\"]",
            "own.toml:9:24: models: 'bert-tinny' is neither a file nor a model of the zoo; the nearest is 'bert-tiny'",
        ),
        (
            "\"bert-tiny\"",
            "\"bert-tiny:layer=1\"",
            "own.toml:9:11: models: `bert-tiny` has no option `layer`",
        ),
        (
            "shapes = [{ seq = 8 }]",
            "precisions = [\"fp32\", \"pf16\"]",
            "own.toml:10:23: precisions: unknown precision 'pf16'",
        ),
        (
            "shapes = [{ seq = 8 }]",
            "devices = [\"gpu\"]",
            "own.toml:10:12: devices: unknown device 'gpu': use cpu or cuda:0; the nearest is 'cpu'",
        ),
        (
            "\"rten\"",
            "\"rtem\"",
            "own.toml:3:13: adapters: unknown adapter 'rtem'",
        ),
    ] {
        let message = refused(from, to);
        assert!(message.starts_with(told), "{message}");
    }
    assert!(refused("\"bert-tiny\"", "\"bert-tiny:layer=1\"").ends_with("the nearest is 'layers'"));
}

#[test]
fn a_symbol_that_no_model_has_is_told_at_the_table_that_asks_for_it() {
    let whole = refused("{ seq = 8 }", "{ seq = 8, sqe = 2 }");
    assert!(
        whole.starts_with(
            "own.toml:10:22: shapes: no model here has a dimension 'sqe': the nearest is 'seq'; there are seq"
        ),
        "{whole}"
    );
    let quick = refused("{ seq = 2 }", "{ length = 2 }");
    assert!(
        quick.starts_with("own.toml:13:13: shapes: no model"),
        "{quick}"
    );
    let without = refused("\"bert-tiny\"", "\"mlp\"");
    assert!(
        without.contains("nor any but the batch: leave shapes out"),
        "{without}"
    );
    assert_eq!(without.lines().count(), 2, "of both variants: {without}");
}

#[test]
fn every_wrong_name_of_a_file_is_told_at_once() {
    let message = refused(
        "models = [\"bert-tiny\"]",
        "models = [\"bert-tiny\", \"nowhere.onnx\", \"mlpp\"]\nprecisions = [\"x\"]\ndevices = [\"y\"]",
    );
    let places: Vec<&str> = message
        .lines()
        .map(|line| line.split(": ").next().expect("a place"))
        .collect();
    let expected = ["9:24", "9:40", "10:15", "11:12"];
    assert_eq!(places, expected.map(|place| format!("own.toml:{place}")));
    assert!(
        message.contains("there is no file 'nowhere.onnx'"),
        "{message}"
    );
}

#[test]
fn the_refusal_of_an_option_names_the_nearest_and_other_reasons_are_none() {
    let unknown = "adapter 'rten' refuses option 'prepak=true': unknown; use optimize, prepack";
    assert_eq!(
        refused_option(unknown),
        Some(format!("{unknown}; the nearest is 'prepack'"))
    );
    let value = "adapter 'onnxruntime' refuses option 'opt=bassic': use none or basic or all";
    assert_eq!(
        refused_option(value),
        Some(format!("{value}; the nearest is 'basic'"))
    );
    assert_eq!(refused_option("no library is installed"), None);
}

#[test]
fn an_error_of_the_plan_is_told_where_its_value_is_written() {
    let source = source(OWN);
    let unknown = PlanError::UnknownSymbol {
        symbol: "seq".to_owned(),
        known: "none".to_owned(),
    };
    let located = source.located(unknown).expect("its place is known");
    assert!(
        located
            .to_string()
            .starts_with("own.toml:10:13: shapes: no model has")
    );
    let gone = PlanError::Unavailable {
        adapter: "rten".to_owned(),
        reason: "gone".to_owned(),
        remedy: "bring it".to_owned(),
    };
    let located = source.located(gone).expect("its place is known");
    assert!(located.to_string().starts_with("own.toml:3:13: adapters: "));
    assert!(source.located(PlanError::Nothing("cell")).is_err());
    assert!(means("models/a.onnx", "a.onnx") && !means("models/a.onnx", "b.onnx"));
}

#[test]
fn every_suite_that_comes_along_names_what_exists() {
    for suite in tare_scenarios::suite::list().expect("they read") {
        let source = source(&suite.to_string());
        assert_eq!(
            source.check(&LinkedDesk::new(&[])),
            Ok(()),
            "{}",
            suite.name
        );
    }
}
