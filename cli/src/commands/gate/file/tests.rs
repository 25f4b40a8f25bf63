//! Files of gates: what each gate takes from them, and what is refused with its place.

use super::*;

const TWO: &str = r#"
    alpha = "2%"
    [common]
    model = "mlp"
    tolerance = "3%"
    [[gate]]
    name = "upgrade"
    baseline = { adapter = "onnxruntime@1.30.0" }
    candidate = { adapter = "onnxruntime@1.31.1", threads = 2, env = { A = "1" } }
    [[gate]]
    metric = "size"
    model = "other.onnx"
    candidate = { model = "small.onnx" }
"#;

fn read(text: &str) -> Result<Vec<Asked>, String> {
    gates(text, &GateOptions::default())
}

#[test]
fn gates_take_from_the_common_table_what_they_do_not_say() {
    let gates = read(TWO).expect("two gates");
    let [upgrade, size] = &gates[..] else {
        panic!("two: {gates:?}");
    };
    assert_eq!(upgrade.name.as_deref(), Some("upgrade"));
    assert_eq!(upgrade.limits.errors.false_alarm, 0.02);
    assert_eq!(upgrade.limits.tolerance, 0.03);
    assert_eq!(upgrade.candidate.cell.model.as_deref(), Some("mlp"));
    assert_eq!(upgrade.candidate.cell.threads, Some(2));
    assert_eq!(
        upgrade.candidate.environment,
        [("A".to_owned(), "1".to_owned())]
    );
    assert_eq!(upgrade.baseline.cell.threads, None);
    assert_eq!(
        (size.name.as_deref(), size.metric),
        (Some("gate 2"), Metric::Size)
    );
    assert_eq!(size.baseline.cell.model.as_deref(), Some("other.onnx"));
    assert_eq!(size.candidate.cell.model.as_deref(), Some("small.onnx"));
}

#[test]
fn variables_are_texts_numbers_or_truths_and_each_is_its_own() {
    let text = r#"
        [common]
        model = "mlp"
        candidate = { env = { A = "common", B = 2 } }
        [[gate]]
        candidate = { env = { A = "own", C = true, D = 0.5 }, threads = 2 }
    "#;
    let gate = read(text).expect("a gate").remove(0);
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        gate.candidate.environment,
        [
            variable("A", "own"),
            variable("B", "2"),
            variable("C", "true"),
            variable("D", "0.5"),
        ]
    );
    assert_eq!(gate.candidate.cell.threads, Some(2));
}

#[test]
fn a_stored_baseline_of_its_own_stands_for_the_common_one_and_the_other_way_round() {
    let text = r#"
        [common]
        model = "mlp"
        baseline = { threads = 2 }
        [[gate]]
        name = "stored"
        against = "days.json"
        [[gate]]
        name = "paired"
    "#;
    let gates = read(text).expect("two gates");
    assert!(gates[0].against.is_some() && gates[0].baseline.cell.threads.is_none());
    assert!(gates[1].against.is_none() && gates[1].baseline.cell.threads == Some(2));
    let text = r#"
        [common]
        model = "mlp"
        against = "days.json"
        [[gate]]
        baseline = { threads = 2 }
    "#;
    assert_eq!(read(text).expect("a gate").remove(0).against, None);
    let both = "[[gate]]\nagainst = 'd.json'\nbaseline = { threads = 2 }";
    assert!(
        read(both)
            .expect_err("both")
            .contains("names a baseline and a stored one")
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, says) in [
        ("", "it names no gate"),
        ("alpha = 1\n[[gate]]", ":1: invalid type"),
        ("\n[[gate]]\nmode = 'x'", ":3: unknown field `mode`"),
        ("[[gate]]\nname = 'a'", "gate 'a': it names no side"),
        (
            "[[gate]]\ncandidate = { batch = 2 }",
            "gate 'gate 1': 'batch' is the same",
        ),
        (
            "[[gate]]\nbudget = '5'\ncandidate = { threads = 2 }",
            "budget: ",
        ),
        (
            "[[gate]]\ntolerance = '2'\ncandidate = { threads = 2 }",
            "tolerance: '2' is no share",
        ),
        (
            "[[gate]]\ncandidate = { threads = { A = '1' } }",
            "threads is no table",
        ),
        (
            "[[gate]]\ncandidate = { threads = [2] }",
            "threads is of the type array: write a text",
        ),
        (
            "[[gate]]\ncandidate = { env = { A = [1] } }",
            "env A is of the type array: write a text",
        ),
        (
            "[[gate]]\ncandidate = { env = { \"\" = 1 } }",
            "sets no variable",
        ),
        ("[[gate]]\ncandidate = { threads = -1 }", "'-1'"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(says), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let twice = "[[gate]]\nname='a'\ncandidate={threads=2}\n".repeat(2);
    assert!(read(&twice).expect_err("twice").contains("named 'a'"));
}
