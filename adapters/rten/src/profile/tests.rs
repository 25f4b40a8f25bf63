//! The parser against literal text of rten 0.27.0, whole and damaged.

use super::*;

/// Printed by rten 0.27.0, trailing blanks included.
const TEXT: &str = concat!(
    "6 ops evaluated in 0.107ms\n",
    "Pool allocs 0 hits 0\n",
    "Max activation bytes 88 B\n",
    "\n",
    "Add    0.02ms (19.05%)\n",
    "\n",
    "    Shape           Count  Mean (ms)  Total (ms)  ns/input elem  Example node  \n",
    "    --------------  -----  ---------  ----------  -------------  ------------  \n",
    "    [2], []         1      0.015      0.015       5105.000       /Add_1        \n",
    "    [2], [2]        1      0.004      0.004       1004.250       /Add_2        \n",
    "    [2, 4], [2, 4]  1      0.001      0.001       69.000         /Add          \n",
    "\n",
    "\n",
    "MatMul 0.08ms (76.97%)\n",
    "\n",
    "    Shape           Count  Mean (ms)  Total (ms)  ns/input elem  Example node  \n",
    "    --------------  -----  ---------  ----------  -------------  ------------  \n",
    "    [2, 4], [4, 4]  2      0.041      0.083       1720.250       /MatMul       \n",
    "\n",
    "\n",
    "Not    0.00ms (3.97%) \n",
    "\n",
    "    Shape  Count  Mean (ms)  Total (ms)  ns/input elem  Example node  \n",
    "    -----  -----  ---------  ----------  -------------  ------------  \n",
    "    [2]    1      0.004      0.004       2132.000       /Not          \n",
    "\n",
    "\n",
);

fn row(kind: &str, name: &str, count: u64, time_ns: u64) -> OperatorTime {
    OperatorTime {
        name: Some(name.to_owned()),
        kind: kind.to_owned(),
        count,
        time_ns,
    }
}

fn damaged(what: &str, by: &str) -> String {
    assert!(TEXT.contains(what), "{what}");
    parse(&TEXT.replacen(what, by, 1))
        .expect_err("damaged")
        .to_string()
}

#[test]
fn counts_and_nanoseconds_of_each_kind_and_shapes_are_read_with_the_name_of_one() {
    assert_eq!(
        parse(TEXT),
        Ok(vec![
            row("Add", "/Add_1", 1, 15_315),
            row("Add", "/Add_2", 1, 4_017),
            row("Add", "/Add", 1, 1_104),
            row("MatMul", "/MatMul", 2, 82_572),
            row("Not", "/Not", 1, 4_264),
        ])
    );
}

#[test]
fn an_operator_without_inputs_takes_the_printed_total() {
    let text = concat!(
        "1 ops evaluated in 0.003ms\nPool allocs 0 hits 0\nMax activation bytes 2 KB\n\n",
        "RandomUniform 0.00ms (100.00%)\n\n",
        "    Shape  Count  Mean (ms)  Total (ms)  ns/input elem  Example node   \n",
        "    -----  -----  ---------  ----------  -------------  -------------  \n",
        "           1      0.003      0.003       inf            draw the seed  \n",
        "\n\n",
    );
    assert_eq!(
        parse(text),
        Ok(vec![row("RandomUniform", "draw the seed", 1, 3_000)])
    );
}

#[test]
fn a_model_without_operators_has_no_kinds() {
    let text = "0 ops evaluated in 0.000ms\nPool allocs 0 hits 0\nMax activation bytes 0 B\n\n";
    assert_eq!(parse(text), Ok(Vec::new()));
}

#[test]
fn text_that_ends_early_is_refused_wherever_it_ends() {
    let whole = TEXT.lines().count();
    for kept in 0..whole {
        let text: String = TEXT
            .lines()
            .take(kept)
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(parse(&text).is_err(), "{kept} of {whole} lines");
    }
}

#[test]
fn other_text_in_between_is_named_with_its_line() {
    assert_eq!(
        damaged("Add    0.02ms", "a line of the program\nAdd    0.02ms"),
        "line 5 'a line of the program' is not an operator kind"
    );
    assert_eq!(
        damaged("6 ops evaluated", "ready\n6 ops evaluated"),
        "line 1 'ready' is not the number of operators"
    );
    assert_eq!(
        damaged("    [2], []  ", "oops\n    [2], []  "),
        "line 9 'oops' is not a row of a table"
    );
}

#[test]
fn another_layout_is_refused() {
    let expected = [
        ("Total (ms)", "Total (us)", "the headings of a table"),
        (
            "Mean (ms)  Total (ms)",
            "Total (ms)  Mean (ms)",
            "the headings of a table",
        ),
        ("    -----", "    =====", "the rule of a table"),
        ("0.107ms", "107us", "the number of operators"),
        ("6 ops", "six ops", "the number of operators"),
        ("(19.05%)", "19.05%", "an operator kind"),
        ("Add    0.02ms", "Add    -0.02ms", "an operator kind"),
        (
            "[2], []         1 ",
            "[2], [          1 ",
            "a row of a table",
        ),
        ("0.015       5105", "nothing     5105", "a row of a table"),
        ("Pool allocs", "Allocations", "the pool's allocations"),
        ("88 B\n\n", "88 B\n", "an empty line"),
    ];
    for (what, by, expected) in expected {
        let error = damaged(what, by);
        assert!(
            error.ends_with(&format!("is not {expected}")),
            "{what}: {error}"
        );
    }
}

#[test]
fn counts_that_do_not_add_up_are_refused() {
    assert_eq!(
        damaged("6 ops", "7 ops"),
        "its kinds have 6 operators but 7 are announced"
    );
}

#[test]
fn times_that_do_not_add_up_are_refused() {
    assert_eq!(
        damaged("in 0.107ms", "in 0.207ms"),
        "its kinds take 107272 ns but 207000 ns are announced"
    );
}
