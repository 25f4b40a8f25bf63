//! Cases that start or stop being refused are named, whatever the counts say.

use super::*;

const HEAD: &str = "# Refused by made up 1.0.\n# By name.\n";

fn report(refused: &[(&str, &str)]) -> NodeReport {
    let refused = refused.iter();
    NodeReport {
        tensor_cases: 3,
        passed: 1,
        refused: refused
            .map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned()))
            .collect(),
        ..NodeReport::default()
    }
}

/// A list in a file, held against what is refused; how that went, and the file's text afterwards.
fn held(list: &str, refused: &[(&str, &str)], write: bool) -> (Result<(), String>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made_up.refused");
    std::fs::write(&path, list).expect("written");
    let result = refused_as_listed(&path, &report(refused), write).map_err(|error| {
        let folder = format!("{}/", folder.path().display());
        error.to_string().replace(&folder, "")
    });
    let text = std::fs::read_to_string(&path).expect("still there");
    (result, text)
}

#[test]
fn what_is_refused_as_listed_stands_whatever_its_reason() {
    let list = format!("{HEAD}\ntest_a: no FFT\ntest_b: no f16\n");
    let refused = [("test_a", "no FFT"), ("test_b", "in other words")];
    assert_eq!(held(&list, &refused, false), (Ok(()), list));
}

#[test]
fn two_cases_that_change_places_are_both_named_though_the_counts_are_equal() {
    let before = [("test_a", "no FFT"), ("test_b", "no f16")];
    let after = [("test_a", "no FFT"), ("test_c", "no Loop; unroll it")];
    assert_eq!(report(&before).to_string(), report(&after).to_string());
    let (written, list) = held(HEAD, &before, true);
    assert_eq!(written, Ok(()));
    let (result, unchanged) = held(&list, &after, false);
    assert_eq!(
        result,
        Err(
            "made_up.refused: 2 cases differ; run this test with TARE_CONFORMANCE_WRITE=1 to bring the list up to date\
            \n  test_c is refused but not listed: no Loop\
            \n  test_b is listed but no longer refused: no f16"
                .to_owned()
        )
    );
    assert_eq!(unchanged, list);
}

#[test]
fn what_is_written_keeps_the_head_is_sorted_and_stands() {
    let refused = [("test_b", "no f16: use f32"), ("test_a", "no FFT")];
    let list = format!("{HEAD}test_z: once\n# Among the cases.\n");
    let (written, text) = held(&list, &refused, true);
    assert_eq!(written, Ok(()));
    assert_eq!(text, format!("{HEAD}\ntest_a: no FFT\ntest_b: no f16\n"));
    assert_eq!(held(&text, &refused, false), (Ok(()), text.clone()));
    assert_eq!(held(&text, &refused, true), (Ok(()), text));
}

#[test]
fn a_list_that_is_missing_or_malformed_is_an_error() {
    let missing = refused_as_listed(Path::new("/nowhere/a.refused"), &report(&[]), false);
    let missing = missing.expect_err("missing").to_string();
    assert!(
        missing.starts_with("/nowhere/a.refused: No such file"),
        "{missing}"
    );
    assert_eq!(
        held("test_a\n", &[("test_a", "no FFT")], false).0,
        Err(
            "made_up.refused: line 1 'test_a' of the list gives no reason: write name: reason"
                .to_owned()
        )
    );
}

#[test]
fn reasons_are_shortened_to_what_stands_against_the_case() {
    for (reason, expected) in [
        (
            "x lacks operator FFT (domain ai.onnx, opset 1)",
            "x lacks operator FFT (domain ai.onnx, opset 1)",
        ),
        (
            "x has no f16, which input 'x' needs: use f32; or f64",
            "x has no f16, which input 'x' needs",
        ),
        (
            "cannot load the model: operator set 24 is outside 9 to 23; convert it",
            "operator set 24 is outside 9 to 23",
        ),
        (
            "x cannot execute '/a b/node/test_a/model.onnx': no 'axes'",
            "x cannot execute it: no 'axes'",
        ),
        (
            "cannot load the model: '/a/test_a/model.onnx': bad node\nmore",
            "bad node",
        ),
        (
            "reads '/a/test_b/model.onnx'",
            "reads '/a/test_b/model.onnx'",
        ),
        (
            "cannot load the model: node 3 'FFT_test_a_x': no FFT",
            "node 3 'FFT_…_x': no FFT",
        ),
        (
            "node 3: facts: If: facts: no FFT: here",
            "node 3: If: no FFT: here",
        ),
        ("node 3: no: FFT", "node 3: no: FFT"),
        ("", "no reason given"),
    ] {
        assert_eq!(brief("test_a", reason), expected);
    }
    let long = brief("test_a", &"é".repeat(REASON + 1));
    assert_eq!(long, format!("{}…", "é".repeat(REASON)));
    assert_eq!(brief("test_a", &long[..2 * REASON]), "é".repeat(REASON));
}
