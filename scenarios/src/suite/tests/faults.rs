//! All that is wrong with a file is told at once, and every name in it has its place.

use super::*;

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = "summary = \"two\"\nmodel = [\"mlp\"]\nadapters = [\"rten\", 3]\nscenarios = [\"offlin\", \"latency\"]\n\
                batches = [0, 1, 1]\n[quick]\nrepeats = 0\n";
    let message = refusal(text);
    let places: Vec<&str> = message
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    let expected = [
        "1:1", "1:1", "2:1", "3:21", "4:14", "4:24", "5:12", "5:18", "7:11",
    ];
    assert_eq!(
        places,
        expected.map(|place| format!("own.toml:{place}")),
        "{message}"
    );
    for part in [
        "key 'name' is missing",
        "key 'models' is missing",
        "the nearest is 'models'",
    ] {
        assert!(message.contains(part), "no {part:?} in {message}");
    }
}

#[test]
fn more_than_ten_faults_are_counted_after_the_tenth() {
    let zeros = vec!["0"; 14].join(", ");
    let message = refusal(&own_with(&format!("batches = [{zeros}]")));
    assert_eq!(message.lines().count(), TOLD + 1);
    assert!(message.ends_with("… and 4 more in own.toml"), "{message}");
}

#[test]
fn every_name_and_symbol_has_its_place() {
    let text =
        own_with("shapes = [{ seq = 8 }, { seq = 9, image = 3 }]\n[quick]\nmodels = [\n  \"mlp\"]");
    let (suite, places) = read_placed(&text, "own.toml").unwrap();
    assert_eq!(Ok(suite), parse(&text, "own.toml"));
    let of = |key: &'static str| -> Vec<(String, usize, usize)> {
        let written = places.of(key);
        written
            .map(|written| (written.text.clone(), written.line, written.column))
            .collect()
    };
    assert_eq!(
        of("models"),
        [("a.onnx", 3, 11), ("mlp", 3, 21), ("mlp", 9, 3)].map(|(text, line, column)| (
            text.to_owned(),
            line,
            column
        ))
    );
    let symbols: Vec<String> = of("shapes").into_iter().map(|(text, ..)| text).collect();
    assert_eq!(symbols.len(), 3);
    assert_eq!(of("shapes")[0], ("seq".to_owned(), 6, 13));
    let quick = places.nearest((None, true), "models", "mlp").unwrap();
    assert_eq!((quick.line, quick.quick), (9, true));
}
