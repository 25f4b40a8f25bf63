//! Which cells are each other's counterparts where names alone do not tell: files of one name, and cells that look alike.

mod common;

use common::sides::{ASKED, Made, between};
use common::{cell, run_of, timed};
use tare_report::{Effect, compare};
use tare_results::Cell;

/// Files of one name in two folders.
const BERT: &str = "aaaaaaaaaaaaaaaa";
const RESNET: &str = "bbbbbbbbbbbbbbbb";

/// A run of cells, each of the file of this hash and with steady repeats around this median in nanoseconds.
fn made(name: &str, cells: &[(Cell, &str, f64)]) -> Made {
    let mut run = run_of(cells.iter().map(|(cell, ..)| cell.clone()).collect(), 3);
    run.id = name.to_owned();
    let mut records = Vec::new();
    for (planned, (cell, hash, p50)) in run.cells.iter_mut().zip(cells) {
        planned.id = cell.id(hash);
        planned.model.sha256 = (*hash).to_owned();
        records.extend([1.0, 1.001, 0.999].iter().zip(0..).map(|(by, repeat)| {
            let mut record = timed(cell, repeat, p50 * by);
            record.id = planned.id.clone();
            record.model = planned.model.clone();
            record
        }));
    }
    Made { run, records }
}

#[test]
fn files_of_one_name_are_compared_each_with_itself() {
    let one = made("one", &[(cell(1), BERT, 1e6), (cell(1), RESNET, 9e6)]);
    let other = made("other", &[(cell(1), RESNET, 9e6), (cell(1), BERT, 2e6)]);
    let found = between(&one, &other).expect("two in common");
    assert_eq!(found.left_out, []);
    let rows: Vec<(&str, Effect, f64)> = found
        .rows
        .iter()
        .map(|row| (row.label.as_str(), row.effect, row.baseline.round()))
        .collect();
    let [(bert, slower, of_bert), (resnet, noise, of_resnet)] = rows[..] else {
        panic!("two rows: {rows:?}");
    };
    assert!(bert.contains("(aaaaaaaaaaaa)"), "{bert}");
    assert!(resnet.contains("(bbbbbbbbbbbb)"), "{resnet}");
    assert_eq!((slower, noise), (Effect::Worse, Effect::Noise));
    assert!((of_bert - 1e6).abs() < 1e3 && (of_resnet - 9e6).abs() < 1e4);
}

#[test]
fn a_file_whose_name_is_its_own_is_compared_with_what_became_of_it() {
    let other_name = Cell {
        model: "alone".to_owned(),
        ..cell(1)
    };
    let of = |name: &str, hash: &str| {
        let cells = [
            (cell(1), BERT, 1e6),
            (cell(1), RESNET, 9e6),
            (other_name.clone(), hash, 5e6),
        ];
        made(name, &cells)
    };
    let found = between(&of("one", "cc"), &of("other", "dd")).expect("three in common");
    assert_eq!((found.rows.len(), found.left_out.len()), (3, 0));
}

#[test]
fn two_files_of_one_name_and_two_versions_of_a_library_spoil_neither() {
    let of = |name: &str, version: &str| {
        let versioned = Cell {
            adapter: format!("onnxruntime@{version}"),
            ..cell(1)
        };
        let plain = Cell {
            adapter: "rten".to_owned(),
            ..cell(1)
        };
        let cells = [
            (versioned.clone(), BERT, 1e6),
            (versioned, RESNET, 9e6),
            (plain, BERT, 1e6),
        ];
        made(name, &cells)
    };
    let found = between(&of("one", "1.30.0"), &of("other", "1.31.1")).expect("three in common");
    assert_eq!(
        (found.rows.len(), found.left_out.len()),
        (3, 0),
        "{found:#?}"
    );
}

#[test]
fn cells_that_look_alike_are_left_out_and_never_paired() {
    let one = made("one", &[(cell(1), BERT, 1e6), (cell(2), BERT, 2e6)]);
    let mut twice = one.side();
    let first = twice.summaries[0].clone();
    twice.summaries.push(first);
    let found = compare(&[one.side(), twice], ASKED).expect("batch 2 in common");
    let batches: Vec<u64> = found.rows.iter().map(|row| row.cell.batch).collect();
    assert_eq!(batches, [2]);
    let told: Vec<&str> = found
        .left_out
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(told, ["several cells look alike"; 3], "all of the key");
}

#[test]
fn files_of_one_name_of_which_none_is_on_both_sides_are_no_pair() {
    let one = made("one", &[(cell(1), BERT, 1e6), (cell(1), RESNET, 9e6)]);
    let other = made("other", &[(cell(1), "cc", 1e6), (cell(1), "dd", 9e6)]);
    let refused = between(&one, &other).expect_err("none in common");
    let told = "no file is on both sides";
    assert!(refused.to_string().contains(told), "{refused}");
}
