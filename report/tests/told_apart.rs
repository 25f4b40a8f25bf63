//! What is said of cells of several runs, or of several settings of one model and adapter, is never mixed and is told apart.

mod common;

use common::models::{at, summarised};
use common::{cell, run_of, timed};
use tare_report::{Laws, Style, Summary, analyse, findings, page, summarise};
use tare_results::{Cell, Record};

const BATCHES: [u64; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// The same cells as another run has them, so many times as slow.
fn again(summaries: &[Summary], run: &str, slower: f64) -> Vec<Summary> {
    let mut again = summaries.to_vec();
    for one in &mut again {
        one.run = run.to_owned();
        let p50 = one.latency.as_mut().and_then(|all| all.p50.as_mut());
        p50.expect("a median").value_ns *= slower;
    }
    again
}

#[test]
fn runs_are_never_pooled_and_are_told_apart() {
    let noisy = [1.0e6, 1.7e6, 3.2e6, 3.6e6];
    let models = ["a", "b", "c", "d"].into_iter().zip(1..).zip(noisy);
    let cells = models.map(|((model, size), p50)| at(model, &[], 1, size, p50));
    let once = summarised(cells.collect());
    let both = [once.clone(), again(&once, "another", 3.0)].concat();
    let of = |summaries: &[Summary]| analyse(summaries, &Laws::default());
    let (alone, found) = (of(&once).correlations, of(&both).correlations);
    assert_eq!(
        (found.len(), &found[..alone.len()]),
        (2 * alone.len(), &alone[..])
    );
    for (own, other) in alone.iter().zip(&found[alone.len()..]) {
        assert_eq!((other.models, other.run.as_str()), (4, "another"));
        assert!((own.r - other.r).abs() < 1e-9, "{own:?} {other:?}");
    }
    let text = findings(&of(&both), WIDE);
    assert_eq!(
        text.matches("latency across 4 models by rten, run another at")
            .count(),
        1
    );
    assert_eq!(text.matches("FLOPs r=").count(), 2, "{text}");
}

#[test]
fn two_batches_of_each_of_two_runs_are_no_knee_and_each_of_two_runs_has_its_own() {
    let of = |batches: &[u64], slower: f64| {
        let cells: Vec<Cell> = batches.iter().map(|batch| cell(*batch)).collect();
        let records = cells.iter().map(|cell| {
            let p50 = (8e6 + 1e6 * cell.batch as f64) * slower;
            timed(cell, 0, p50)
        });
        let records: Vec<Record> = records.collect();
        summarise(&run_of(cells, 1), &records)
    };
    let knees = |first: &[u64], other: &[u64]| {
        let all = [of(first, 1.0), again(&of(other, 1.0), "another", 2.0)].concat();
        analyse(&all, &Laws::default())
    };
    assert!(knees(&[1, 8], &[1, 8]).knees.is_empty());
    assert!(knees(&[1, 8], &[2, 16]).knees.is_empty());
    let both = knees(&BATCHES, &BATCHES);
    let overheads: Vec<f64> = both.knees.iter().map(|knee| knee.overhead_ns).collect();
    let [one, other] = overheads[..] else {
        panic!("a knee a run: {:?}", both.knees);
    };
    assert!((one / 8e6 - 1.0).abs() < 0.01 && (other / 16e6 - 1.0).abs() < 0.01);
    let text = findings(&both, WIDE);
    let told = format!("knee of minilm-l6 by rten, run {}:", common::ID);
    assert!(
        text.contains(&told) && text.contains("rten, run another:"),
        "{text}"
    );
    let summaries = [of(&BATCHES, 1.0), again(&of(&BATCHES, 1.0), "another", 2.0)].concat();
    let page = page(&summaries, &both);
    for overhead in ["overhead 8.00 ms", "overhead 16.0 ms"] {
        assert_eq!(
            page.matches(overhead).count(),
            1,
            "a curve for each run's line"
        );
    }
    let table = page.split("id=\"knees-numbers\"").nth(1).expect("a table");
    let table = table.split("</table>").next().expect("its end");
    assert_eq!(table.matches("<td>another<").count(), 1, "{table}");
    assert!(
        !table.contains("<th class=n>seed"),
        "all seeds are the same: {table}"
    );
}

#[test]
fn sentences_of_one_model_and_adapter_say_in_what_they_differ() {
    let mut cells: Vec<Cell> = Vec::new();
    for (seq, threads) in [(16, 1), (64, 1), (16, 2)] {
        cells.extend(BATCHES.map(|batch| {
            let mut cell = cell(batch);
            cell.shape.insert("seq".to_owned(), seq);
            Cell { threads, ..cell }
        }));
    }
    let time = |cell: &Cell| 8e6 + 1e6 * cell.batch as f64;
    let records: Vec<Record> = cells
        .iter()
        .map(|cell| timed(cell, 0, time(cell)))
        .collect();
    let summaries = summarise(&run_of(cells, 1), &records);
    let text = findings(&analyse(&summaries, &Laws::default()), WIDE);
    for whose in [
        "seq=16, threads=1",
        "seq=64, threads=1",
        "seq=16, threads=2",
    ] {
        let told = format!("knee of minilm-l6 by rten, {whose}: work equals overhead");
        assert_eq!(text.matches(&told).count(), 1, "{told} in {text}");
    }
}

#[test]
fn correlations_of_two_numbers_of_threads_are_two_sentences() {
    let four = |threads: u64| {
        let models = ["a", "b", "c", "d"].into_iter().zip(1..);
        models.map(move |(model, size)| {
            let (mut planned, mut record) = at(model, &[], 1, size, 1e6 * size as f64);
            planned.cell.threads = threads;
            planned.id = planned.cell.id(model);
            record.cell = planned.cell.clone();
            record.id.clone_from(&planned.id);
            (planned, record)
        })
    };
    let summaries = summarised(four(1).chain(four(2)).collect());
    let text = findings(&analyse(&summaries, &Laws::default()), WIDE);
    for threads in ["threads=1", "threads=2"] {
        let whose =
            format!("latency across 4 models by rten, {threads} at the smallest batch, 1: ");
        let sentence = text.lines().find_map(|line| line.strip_prefix(&whose));
        let sentence = sentence.unwrap_or_else(|| panic!("{whose} in {text}"));
        assert_eq!(sentence.matches("FLOPs r=").count(), 1, "{sentence}");
    }
}

/// So wide that no sentence is broken.
const WIDE: Style = Style {
    width: 1_000,
    color: false,
    unicode: true,
};
