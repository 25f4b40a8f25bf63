//! The table where latencies are split: their parts in columns and in bars, and how it looks in little room.

mod common;

use common::twins::twins;
use common::{cell, run_of, timed};
use expect_test::{Expect, expect};
use tare_report::{Style, Summary, exporter, summarise, table};
use tare_results::Record;

/// One model at three batch sizes: bound by its framework, undecided, and slower than its floor; a fourth has no twin.
fn summaries() -> Vec<Summary> {
    let cells = [1, 2, 4, 8].map(cell).to_vec();
    let figures = [(60e6, 40e6), (100e6, 51e6), (180e6, 42e6)];
    let mut records: Vec<Record> = Vec::new();
    for (cell, (latency, tax)) in cells.iter().zip(figures) {
        let drift = [1.0, 1.02, 0.98];
        let of = |(repeat, by): (u64, f64)| timed(cell, repeat, latency * by);
        records.extend((0..).zip(drift).map(of));
        records.extend(twins(cell, &drift.map(|by| tax * (2.0 - by))));
    }
    records.extend((0..3).map(|repeat| timed(&cells[3], repeat, 300e6)));
    let mut run = run_of(cells, 3);
    run.twins = true;
    summarise(&run, &records)
}

fn check(width: usize, unicode: bool, expect: Expect) {
    let style = Style {
        width,
        color: false,
        unicode,
    };
    let text = table(&summaries(), style);
    for line in text.lines() {
        assert!(line.chars().count() <= width, "{line}");
    }
    expect.assert_eq(&text);
}

#[test]
fn parts_stand_in_columns_and_in_bars() {
    check(
        140,
        true,
        expect![[r#"
            minilm-l6 · rten 0.27.0 · single-stream · seq=128 · fp32 · cpu · 1 thread
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 3 repeats · harness 62 ns

            batch      p50  95%                       floor    ineff.      tax  share  class            p99  samples/s  GFLOP  GFLOP/s   memory  verdict
            ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
                1  60.0 ms  ±5.0%   ░░░░░█████████  23.9 ms  -3.91 ms  40.0 ms    67%  framework  33 of 368       16.7   2.87     47.8  196 MiB  valid *
                2   100 ms  ±5.0%   ░░░░░░░███████  47.8 ms   1.18 ms  51.0 ms    51%  undecided  33 of 368       20.0   5.74     57.4  196 MiB  valid
                4   180 ms  ±5.0%   ░░░░░░░▒▒▒▒███  95.6 ms   42.4 ms  42.0 ms    23%  compute    33 of 368       22.2   11.5     63.8  196 MiB  valid
                8   300 ms  ±<0.1%  ──────────────        –         –        –      –  –          33 of 368       26.7   23.0     76.5  196 MiB  valid *

            bars, as shares of p50: ░ floor, ▒ inefficiency, █ tax, ─ not split

            * b=8: p50, p90 vary more within repeats than their intervals between repeats say
            * b=1: inefficiency comes out at -3.91 ms; raise --repeats or --duration, or calibrate anew
            outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            b=8: not split: the twin was not timed yet; without the model's own twins: a law takes twins with three different sets of operators, of two
            numbers at least; here are 0 of 0
            a p99 needs 368 samples of each repeat: --duration 111s is enough for every row
        "#]],
    );
}

#[test]
fn in_little_room_the_tax_its_share_and_the_class_stay() {
    check(
        80,
        true,
        expect![[r#"
            minilm-l6 · rten 0.27.0 · single-stream · seq=128 · fp32 · cpu · 1 thread
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 3 repeats
            harness 62 ns

            batch      p50              tax  share  class            p99  samples/s  verdict
            ────────────────────────────────────────────────────────────────────────────────
                1  60.0 ms  ░░████  40.0 ms    67%  framework  33 of 368       16.7  valid *
                2   100 ms  ░░░███  51.0 ms    51%  undecided  33 of 368       20.0  valid
                4   180 ms  ░░░▒▒█  42.0 ms    23%  compute    33 of 368       22.2  valid
                8   300 ms  ──────        –      –  –          33 of 368       26.7  valid *

            bars, as shares of p50: ░ floor, ▒ inefficiency, █ tax, ─ not split

            * b=8: p50, p90 vary more within repeats than their intervals between repeats
              say
            * b=1: inefficiency comes out at -3.91 ms; raise --repeats or --duration, or
              calibrate anew
            outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            b=8: not split: the twin was not timed yet; without the model's own twins: a law
            takes twins with three different sets of operators, of two numbers at least;
            here are 0 of 0
            a p99 needs 368 samples of each repeat: --duration 111s is enough for every row
        "#]],
    );
}

#[test]
fn without_unicode_parts_are_told_apart_by_ascii_signs() {
    check(
        110,
        false,
        expect![[r#"
            minilm-l6 | rten 0.27.0 | single-stream | seq=128 | fp32 | cpu | 1 thread
            run 20261121-104656-3f9a | Intel(R) Xeon(R) Processor, 2 CPUs | 3 repeats | harness 62 ns

            batch      p50  95%                  floor    ineff.      tax  share  class            p99  samples/s  verdict
            --------------------------------------------------------------------------------------------------------------
                1  60.0 ms  +-5.0%   ...#####  23.9 ms  -3.91 ms  40.0 ms    67%  framework  33 of 368       16.7  valid *
                2   100 ms  +-5.0%   ....####  47.8 ms   1.18 ms  51.0 ms    51%  undecided  33 of 368       20.0  valid
                4   180 ms  +-5.0%   ....++##  95.6 ms   42.4 ms  42.0 ms    23%  compute    33 of 368       22.2  valid
                8   300 ms  +-<0.1%  --------        -         -        -      -  -          33 of 368       26.7  valid *

            bars, as shares of p50: . floor, + inefficiency, # tax, - not split

            * b=8: p50, p90 vary more within repeats than their intervals between repeats say
            * b=1: inefficiency comes out at -3.91 ms; raise --repeats or --duration, or calibrate anew
            outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            b=8: not split: the twin was not timed yet; without the model's own twins: a law takes twins with three
            different sets of operators, of two numbers at least; here are 0 of 0
            a p99 needs 368 samples of each repeat: --duration 111s is enough for every row
        "#]],
    );
}

#[test]
fn a_document_has_the_columns_and_no_bars() {
    let markdown = exporter("markdown").expect("known");
    let text = markdown.export(&summaries()).expect("written");
    let text = String::from_utf8(text).expect("text");
    let header = text
        .lines()
        .find(|line| line.contains("p50"))
        .expect("a header");
    for column in ["floor", "ineff.", "tax", "share", "class"] {
        assert!(header.contains(&format!(" {column} |")), "{header}");
    }
    assert!(!text.contains('█'));
}
