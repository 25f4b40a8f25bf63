//! Which cells of runs differ, by how much, and what is only noise.

mod common;

use common::sides::{ASKED, Made, between};
use common::twins::twins;
use common::{cell, failed, run_of, timed};
use tare_report::{CompareError, Comparing, Comparison, Effect, Figure, Side, Style, compare};
use tare_results::Cell;

/// A run of cells of batches 1, 2, …, each with these medians.
fn made(name: &str, cells: &[(Cell, &[f64])]) -> Made {
    let repeats = cells.iter().map(|(_, p50s)| p50s.len()).max().unwrap_or(1);
    let mut run = run_of(
        cells.iter().map(|(cell, _)| cell.clone()).collect(),
        repeats as u64,
    );
    run.id = name.to_owned();
    let records = cells.iter().flat_map(|(cell, p50s)| {
        let each = (0..).zip(p50s.iter());
        each.map(|(repeat, p50)| timed(cell, repeat, *p50))
    });
    Made {
        run,
        records: records.collect(),
    }
}

/// The same cell on two sides, each with these medians and those of its twin.
fn split(name: &str, p50s: &[f64], taxes: &[f64]) -> Made {
    let mut made = made(name, &[(cell(1), p50s)]);
    made.run.twins = true;
    made.records.extend(twins(&cell(1), taxes));
    made
}

#[test]
fn the_part_that_makes_a_cell_slower_stands_beside_it_and_can_be_compared() {
    let one = split("one", STEADY, &[0.200e6, 0.201e6, 0.199e6]);
    let other = split("other", &scaled(1.2), &[0.401e6, 0.400e6, 0.399e6]);
    let found = between(&one, &other).expect("two runs");
    let row = &found.rows[0];
    assert_eq!(
        (row.baseline_tax_ns, row.tax_ns),
        (Some(200e3), Some(400e3))
    );
    let style = Style {
        width: 160,
        color: false,
        unicode: true,
    };
    let table = found.table(style);
    assert!(table.contains("200 µs → 400 µs"), "{table}");
    assert!(table.contains("800 µs → 800 µs"), "{table}");
    let of = |figure| {
        let asked = Comparing { figure, ..ASKED };
        let found = compare(&[one.side(), other.side()], asked).expect("two runs");
        (found.rows[0].effect, found.rows[0].ratio)
    };
    let (effect, ratio) = of(Figure::Tax);
    assert_eq!(effect, Effect::Worse);
    assert!((ratio - 2.0).abs() < 0.01, "{ratio}");
    assert_eq!(of(Figure::Work).0, Effect::Noise);
    let none = made("none", &[(cell(1), STEADY)]);
    let asked = Comparing {
        figure: Figure::Tax,
        ..ASKED
    };
    let found = compare(&[one.side(), none.side()], asked).expect("two runs");
    assert!(
        found.left_out[0].reason.starts_with("tax is not known: "),
        "{}",
        found.left_out[0].reason
    );
}

const STEADY: &[f64] = &[1.00e6, 1.01e6, 0.99e6];

fn scaled(by: f64) -> Vec<f64> {
    STEADY.iter().map(|one| one * by).collect()
}

#[test]
fn the_largest_effect_comes_first_and_noise_is_never_ranked() {
    let one = made("one", &[1, 2, 3, 4].map(|batch| (cell(batch), STEADY)));
    let (slower, faster, same) = (scaled(1.1), scaled(0.5), scaled(1.005));
    let noisy = [0.8e6, 1.6e6, 1.1e6];
    let other = made(
        "other",
        &[
            (cell(1), &slower[..]),
            (cell(2), &same),
            (cell(3), &faster),
            (cell(4), &noisy),
        ],
    );
    let found = between(&one, &other).expect("two runs");
    let rows: Vec<(u64, Effect)> = found
        .rows
        .iter()
        .map(|row| (row.cell.batch, row.effect))
        .collect();
    let expected = [
        (3, Effect::Better),
        (1, Effect::Worse),
        (2, Effect::Noise),
        (4, Effect::Noise),
    ];
    assert_eq!(rows, expected);
    assert!((found.rows[0].ratio - 0.5).abs() < 1e-9 && (found.rows[1].ratio - 1.1).abs() < 1e-9);
    assert!(found.left_out.is_empty());
    let style = Style {
        width: 100,
        color: false,
        unicode: true,
    };
    let table = found.table(style);
    let place = |text: &str| {
        table
            .find(text)
            .unwrap_or_else(|| panic!("no {text} in {table}"))
    };
    assert!(place("faster") < place("slower"));
    assert!(place("slower") < place("within the noise, in no order:"));
    assert!(place("1 slower, 1 faster, 2 within the noise, of 4 cells") > 0);
    assert!(
        table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
}

#[test]
fn a_run_against_itself_is_noise_in_every_cell() {
    let one = made("one", &[1, 2, 3].map(|batch| (cell(batch), STEADY)));
    let found = between(&one, &one).expect("two sides");
    assert!(
        found
            .rows
            .iter()
            .all(|row| row.effect == Effect::Noise && row.ratio == 1.0)
    );
    assert!(found.differences.is_empty(), "{:?}", found.differences);
}

#[test]
fn one_repeat_says_nothing_of_a_difference() {
    let one = made("one", &[(cell(1), &[1e6])]);
    let other = made("other", &[(cell(1), &[2e6])]);
    let found = between(&one, &other).expect("two runs");
    assert_eq!(found.rows[0].effect, Effect::Unknown);
    assert!(found.rows[0].doubts[0].contains("one repeat"));
}

#[test]
fn what_a_side_has_in_all_its_cells_is_a_difference_and_keeps_no_cells_apart() {
    let threaded = |threads: u64| {
        let cells = [1, 2].map(|batch| Cell {
            threads,
            ..cell(batch)
        });
        made(
            &format!("threads-{threads}"),
            &cells.map(|cell| (cell, STEADY)),
        )
    };
    let found = between(&threaded(1), &threaded(2)).expect("two runs");
    assert_eq!(found.rows.len(), 2);
    assert_eq!(found.differences[0].what, "threads");
    let values = found.differences[0].values.iter().flatten();
    assert_eq!(values.collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn versions_of_a_library_are_compared_and_named() {
    let versioned = |version: &str| {
        let cell = Cell {
            adapter: format!("onnxruntime@{version}"),
            ..cell(1)
        };
        made(version, &[(cell, STEADY), (rten(), STEADY)])
    };
    let found = between(&versioned("1.30.0"), &versioned("1.31.1")).expect("two runs");
    assert_eq!(found.rows.len(), 2, "{found:#?}");
}

fn rten() -> Cell {
    Cell {
        adapter: "rten".to_owned(),
        ..cell(1)
    }
}

#[test]
fn other_machines_are_refused_unless_asked_for_and_then_named_in_every_line() {
    let cells = [1, 2].map(|batch| (cell(batch), STEADY));
    let one = made("one", &cells);
    let mut other = made("other", &cells);
    other.run.machine.fingerprint = "another".to_owned();
    other.run.machine.cpu.model = Some("Another CPU".to_owned());
    let refused = between(&one, &other).expect_err("two machines").to_string();
    assert!(
        refused.contains("--across-machines") && refused.contains("Another CPU"),
        "{refused}"
    );
    let asked = Comparing {
        across_machines: true,
        ..ASKED
    };
    let found = compare(&[one.side(), other.side()], asked).expect("asked for");
    assert!(found.rows.iter().all(|row| row.across_machines));
    let markdown = found.markdown();
    assert_eq!(markdown.matches("another machine").count(), 2, "{markdown}");
    assert!(
        found
            .differences
            .iter()
            .any(|one| one.what == "machine.cpu.model")
    );
    let written = String::from_utf8(found.csv().expect("CSV")).expect("text");
    let told = written.matches("machine.cpu.model: ").count();
    assert_eq!(told, found.rows.len(), "{written}");
}

#[test]
fn what_is_on_one_side_only_or_not_valid_is_named_with_the_reason() {
    let one = made("one", &[(cell(1), STEADY), (cell(2), STEADY)]);
    let mut other = made("other", &[(cell(1), STEADY), (cell(8), STEADY)]);
    let found = between(&one, &other).expect("one in common");
    let reasons: Vec<&str> = found
        .left_out
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(reasons, ["only one has it", "only other has it"]);
    let written = found.csv().expect("CSV");
    let mut read = csv::Reader::from_reader(written.as_slice());
    let heads = read.headers().expect("heads").clone();
    let rows: Vec<csv::StringRecord> = read.records().map(|row| row.expect("a row")).collect();
    let place = |head: &str| heads.iter().position(|one| one == head).expect("a column");
    let of = |head: &str| -> Vec<&str> { rows.iter().map(|row| &row[place(head)]).collect() };
    assert_eq!(of("left_out"), ["", "only one has it", "only other has it"]);
    assert_eq!(of("ratio")[1..], ["", ""]);
    other.records = vec![failed(&cell(1), 0, "no such file")];
    let found = between(&one, &other).expect("planned in both");
    assert!(found.rows.is_empty());
    let told = found
        .left_out
        .iter()
        .any(|one| one.reason.contains("no such file"));
    assert!(told, "{:?}", found.left_out);
}

#[test]
fn runs_with_nothing_in_common_say_in_what_they_differ() {
    let named = |model: &str, batch| Cell {
        model: model.to_owned(),
        ..cell(batch)
    };
    let one = made("one", &[(named("a", 1), STEADY), (named("b", 1), STEADY)]);
    let other = made("other", &[(named("c", 1), STEADY), (named("d", 1), STEADY)]);
    let refused = between(&one, &other)
        .expect_err("nothing in common")
        .to_string();
    assert!(refused.contains("model a, b against c, d"), "{refused}");
    let alone = compare(&[one.side()], ASKED).expect_err("one side");
    assert_eq!(alone, CompareError::OneSide);
}

#[test]
fn a_run_is_split_by_what_its_cells_differ_in() {
    let run = made("one", &[1, 2, 4].map(|batch| (cell(batch), STEADY)));
    let all = run.side();
    let sides = Side::by(&all, "batch").expect("three batches");
    let names: Vec<&str> = sides.iter().map(|side| side.name.as_str()).collect();
    assert_eq!(names, ["batch 1", "batch 2", "batch 4"]);
    let found = compare(&sides, ASKED).expect("three sides");
    assert_eq!(found.rows.len(), 2);
    let refused = Side::by(&all, "adapter")
        .expect_err("one adapter")
        .to_string();
    assert!(refused.contains("take one of batch"), "{refused}");
}

#[test]
fn names_are_only_names_in_markdown_and_csv() {
    let hostile = Cell {
        model: "<script>|\",\n*".to_owned(),
        ..cell(1)
    };
    let one = made("one", &[(hostile, STEADY)]);
    let found = between(&one, &one).expect("two sides");
    assert!(!found.markdown().contains("<script>|"));
    let written = found.csv().expect("CSV");
    let mut read = csv::Reader::from_reader(written.as_slice());
    let row = read.records().next().expect("a row").expect("well formed");
    assert!(row[3].starts_with("<script>|\",\n*"), "{row:?}");
    assert_eq!(&row[9], "noise");
    let read: Comparison = serde_json::from_str(&found.json().expect("JSON")).expect("the same");
    assert_eq!(read, found);
}
