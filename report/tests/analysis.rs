//! What several cells say together: knees over batches, correlations across models.

mod common;

use common::models::{at, summarised};
use common::twins::other_twins;
use common::{cell, run_of, timed};
use tare_report::{
    Along, Analysis, Correlated, KneeModel, Laws, Reached, Size, Style, analyse, findings,
    summarise,
};
use tare_results::{Cell, PlannedCell, Record};
use tare_units::Flops;

fn analysed(cells: Vec<Cell>, records: &[Record]) -> Analysis {
    let summaries = summarise(&run_of(cells, 2), records);
    analyse(&summaries, &Laws::default())
}

/// Cells of these batches, two repeats each, off by 1% up and down, `time` nanoseconds at a batch.
fn over_batches(batches: &[u64], time: impl Fn(f64) -> f64) -> Analysis {
    let cells: Vec<Cell> = batches.iter().map(|batch| cell(*batch)).collect();
    let repeat = |(place, cell): (usize, &Cell)| {
        let off = if place % 2 == 0 { 1.01 } else { 0.99 };
        let p50 = time(cell.batch as f64) * off;
        [timed(cell, 0, p50), timed(cell, 1, p50 * 1.001)]
    };
    let records: Vec<Record> = cells.iter().enumerate().flat_map(repeat).collect();
    analysed(cells, &records)
}

const BATCHES: [u64; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

#[test]
fn the_knee_of_cells_that_differ_in_their_batch_is_where_work_equals_overhead() {
    let analysis = over_batches(&BATCHES, |batch| 8e6 + 1e6 * batch);
    let [knee] = &analysis.knees[..] else {
        panic!("one set of batches: {:?}", analysis.knees);
    };
    assert_eq!(
        (knee.model, knee.reached),
        (KneeModel::Additive, Reached::Within)
    );
    assert!((knee.batch / 8.0 - 1.0).abs() < 0.1, "{knee:?}");
    assert!(
        knee.batch_low < Some(8.0) && knee.batch_high > Some(8.0),
        "{knee:?}"
    );
    assert_eq!((knee.batches.len(), knee.cell.batch), (8, 1));
    let flat = over_batches(&BATCHES, |batch| (1e6 * batch).max(8e6));
    assert_eq!(flat.knees[0].model, KneeModel::Flat);
}

#[test]
fn a_knee_outside_the_batches_was_not_reached() {
    let above = over_batches(&BATCHES, |_| 8e6);
    assert_eq!(
        (above.knees[0].reached, above.knees[0].batch_high),
        (Reached::Above, None)
    );
    let below = over_batches(&BATCHES, |batch| 1e6 * batch);
    assert_eq!(
        (below.knees[0].reached, below.knees[0].batch_low),
        (Reached::Below, None)
    );
}

#[test]
fn cells_that_differ_in_more_than_their_batch_have_no_knee_together() {
    assert!(
        over_batches(&BATCHES[..3], |batch| batch * 1e6)
            .knees
            .is_empty()
    );
    let mut cells: Vec<Cell> = BATCHES[..6].iter().map(|batch| cell(*batch)).collect();
    for (place, cell) in cells.iter_mut().enumerate() {
        cell.threads = 1 + place as u64 % 2;
    }
    let timed_all: Vec<Record> = cells.iter().map(|cell| timed(cell, 0, 1e6)).collect();
    assert!(analysed(cells, &timed_all).knees.is_empty());
}

/// Five models at two batches: at the smaller operators decide how long they take, at the larger operations.
fn models() -> Analysis {
    let models = [
        ("a", 1, 50),
        ("b", 2, 20),
        ("c", 3, 90),
        ("d", 4, 10),
        ("e", 7, 60),
    ];
    let mut run = run_of(Vec::new(), 1);
    let mut records = Vec::new();
    for (batch, (name, gigaflops, operators)) in [1, 16]
        .into_iter()
        .flat_map(|batch| models.map(|model| (batch, model)))
    {
        let mut of = cell(batch);
        of.model = name.to_owned();
        let p50 = match batch {
            1 => operators as f64 * 1e5,
            _ => gigaflops as f64 * 1e8,
        };
        let mut planned = common::planned(of.clone());
        planned.id = of.id(name);
        planned.model.sha256 = name.to_owned();
        planned.model.flops = Some(Flops::from_macs(gigaflops * 500_000_000 * batch));
        planned.model.operators = Some(operators);
        let mut record = timed(&of, 0, p50);
        record.id = planned.id.clone();
        records.push(record);
        run.cells.push(planned);
    }
    analyse(&summarise(&run, &records), &Laws::default())
}

fn correlated(cells: Vec<(PlannedCell, Record)>) -> Vec<Correlated> {
    let all = analyse(&summarised(cells), &Laws::default()).correlations;
    all.into_iter()
        .filter(|one| one.along == Along::Flops)
        .collect()
}

#[test]
fn models_of_other_inputs_are_correlated_together_at_their_common_sizes() {
    let seq = |length| [("seq", length)];
    let mut cells = vec![
        at("mlp", &[], 1, 1, 1e6),
        at("resnet", &[("height", 224), ("width", 224)], 1, 8, 8e6),
        at("bert-tiny", &seq(16), 1, 2, 2e6),
        at("bert-mini", &seq(16), 1, 4, 4e6),
    ];
    for length in [1, 64, 128] {
        cells.push(at("bert-tiny", &seq(length), 1, length, 7e6));
    }
    let [found] = &correlated(cells)[..] else {
        panic!("one set");
    };
    assert_eq!(
        (found.models, found.size, found.batch),
        (4, Size::Smallest, 1)
    );
    assert_eq!(found.shape["seq"], 16);
    assert!((found.r - 1.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn the_largest_batch_is_the_largest_of_which_there_are_models_enough() {
    let four = |batch: u64, time: f64| {
        ["a", "b", "c", "d"]
            .into_iter()
            .zip(1..)
            .map(move |(model, size)| at(model, &[], batch, size, time * size as f64))
    };
    let mut cells: Vec<_> = four(1, 1e6).chain(four(8, 4e6)).collect();
    cells.push(at("a", &[], 128, 1, 9e7));
    let found = correlated(cells);
    let batches: Vec<(u64, Size)> = found.iter().map(|one| (one.batch, one.size)).collect();
    assert_eq!(batches, [(1, Size::Smallest), (8, Size::Largest)]);
}

#[test]
fn a_power_law_finds_whether_latency_follows_operations_or_operators() {
    let correlations = models().correlations;
    let trend = |size, along| {
        let mut found = correlations.iter();
        let found = found.find(|one| one.size == size && one.along == along);
        found.and_then(|one| one.trend.clone()).expect("a fit")
    };
    let operators = trend(Size::Smallest, Along::Operators);
    assert!((operators.exponent - 1.0).abs() < 1e-6, "{operators:?}");
    assert!((operators.latency_ns(20.0) / 2e6 - 1.0).abs() < 1e-6);
    assert_eq!((operators.from, operators.to), (10.0, 90.0));
    let work = trend(Size::Largest, Along::Flops);
    assert!((work.exponent - 1.0).abs() < 1e-6 && work.r > 0.999_999);
    let idle = trend(Size::Smallest, Along::Flops);
    assert!(
        idle.exponent_low < 0.0 && idle.exponent_high > 0.0,
        "{idle:?}"
    );
}

#[test]
fn latencies_are_correlated_with_what_is_known_of_models_at_both_ends_of_the_batches() {
    let correlations = models().correlations;
    let r = |size, along| {
        let mut found = correlations.iter();
        found
            .find(|one| one.size == size && one.along == along)
            .expect("found")
            .r
    };
    assert!((r(Size::Smallest, Along::Operators) - 1.0).abs() < 1e-9);
    assert!((r(Size::Largest, Along::Flops) - 1.0).abs() < 1e-9);
    assert!(r(Size::Smallest, Along::Flops).abs() < 0.6);
    let one = &correlations[0];
    assert_eq!(
        (one.models, one.batch, one.adapter.as_str()),
        (5, 1, "rten")
    );
    assert!(one.r_low < one.r && one.r < one.r_high, "{one:?}");
    // All models have the same parameters, which then go along with nothing.
    assert!(
        correlations
            .iter()
            .all(|one| one.along != Along::Parameters)
    );
}

#[test]
fn what_was_found_reads_as_sentences() {
    let style = Style {
        width: 100,
        color: false,
        unicode: true,
    };
    let mut analysis = over_batches(&BATCHES, |batch| 8e6 + 1e6 * batch);
    analysis.laws = Laws::of(&other_twins(&[3, 20, 60, 350, 700]))
        .all()
        .cloned()
        .collect();
    analysis.knees.extend(over_batches(&BATCHES, |_| 8e6).knees);
    analysis
        .knees
        .extend(over_batches(&BATCHES, |batch| 1e6 * batch).knees);
    let text = findings(&analysis, style);
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    let text = text.replace('\n', " ");
    for part in [
        "dispatch law of rten 0.27.0 (cpu, 1 thread): 5.00 µs [4.98 µs, 5.03 µs] + 400 ns [399 ns, 401 ns] an operator",
        "over 5 twins of 5 models with 5 different sets of 3 to 700 operators",
        "knee of minilm-l6 by rten: work equals overhead at batch 8",
        "overhead and work add up",
        "not reached up to batch 128",
        "work outweighs overhead from batch 1 on",
    ] {
        assert!(text.contains(part), "'{part}' in {text}");
    }
    assert_eq!(findings(&analysed(Vec::new(), &[]), style), "");
}
