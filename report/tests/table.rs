//! The table as it stands on a terminal: what it says, what gives way in little room.

mod common;

use common::{cell, failed, latency_of, percentile, profiled, run_of, timed};
use expect_test::{Expect, expect};
use tare_report::{Style, Summary, summarise, table};
use tare_results::{Doubt, Energy, EnergySource, Record, Verdict};

fn style(width: usize) -> Style {
    Style {
        width,
        color: false,
        unicode: true,
    }
}

fn check(summaries: &[Summary], width: usize, expect: Expect) {
    let text = table(summaries, style(width));
    for line in text.lines() {
        assert!(line.chars().count() <= width, "{line}");
    }
    expect.assert_eq(&text);
}

/// MiniLM at four batch sizes, five repeats each; the last has enough samples for no more than the median.
fn batches() -> Vec<Summary> {
    let cells = [1, 2, 4, 8].map(cell).to_vec();
    let repeats = |cell| {
        (0..5).map(move |repeat| {
            let drift = 1.0 + [0.0, 0.004, -0.003, 0.002, -0.003][repeat as usize];
            let mut record = timed(cell, repeat, 31.9e6 * cell.batch as f64 * 0.9 * drift);
            if cell.batch == 1 {
                latency_of(&mut record).p99 = percentile(34.1e6 * drift, 33.8e6, 34.9e6);
            }
            record
        })
    };
    let records: Vec<Record> = cells.iter().flat_map(repeats).collect();
    summarise(&run_of(cells.clone(), 5), &records)
}

/// Two models under two adapters with everything that can go wrong.
fn troubled() -> Vec<Summary> {
    let other = |mut cell: tare_results::Cell, model: &str| {
        cell.model = model.to_owned();
        cell.threads = 2;
        cell
    };
    let (first, second) = (cell(1), cell(4));
    let third = other(
        cell(1),
        "a-model-whose-name-is-far-too-long-for-any-table.onnx",
    );
    let mut offline = other(cell(16), "minilm-l6");
    offline.scenario = "offline".to_owned();
    let mut records = vec![
        timed(&first, 0, 31.9e6),
        failed(&first, 1, "the worker was killed by signal 9"),
        failed(&second, 0, "no such file"),
        failed(&second, 1, "no such file"),
        timed(&third, 0, 240.0),
        timed(&third, 1, 250.0),
        timed(&offline, 0, 400e6),
        timed(&offline, 1, 410e6),
    ];
    let p50 = percentile(31.9e6, 31.5e6, 32.9e6);
    latency_of(&mut records[0]).p50 = p50;
    for record in &mut records[4..6] {
        record.doubts = vec![Doubt::Unsteady {
            warmup_requests: 900,
        }];
        record.model.flops = None;
    }
    let mut run = run_of(vec![first, second, third, offline], 2);
    run.cells[2].model.flops = None;
    run.machine.cpu.allowed_cpus = Some(1);
    summarise(&run, &records)
}

#[test]
fn a_wide_terminal_shows_everything() {
    check(
        &batches(),
        120,
        expect![[r#"
            minilm-l6 · rten 0.27.0 · single-stream · seq=128 · fp32 · cpu · 1 thread
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 5 repeats · harness 62 ns

            model      adapter  batch      p50  95%                                 p99  samples/s  GFLOP  GFLOP/s   memory  verdict
            ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            minilm-l6  rten         1  28.7 ms  ±0.4%  ██▋                      34.1 ms       34.8   2.87     99.9  196 MiB  valid *
            minilm-l6  rten         2  57.4 ms  ±0.4%  █████▎                 33 of 368       34.8   5.74     99.9  196 MiB  valid *
            minilm-l6  rten         4   115 ms  ±0.4%  ██████████▌            33 of 368       34.8   11.5     99.9  196 MiB  valid *
            minilm-l6  rten         8   230 ms  ±0.4%  █████████████████████  33 of 368       34.8   23.0     99.9  196 MiB  valid *

            * b=1: p50, p90, p99 vary more within repeats than their intervals between repeats say
            * b=2,4,8: p50, p90 vary more within repeats than their intervals between repeats say
            outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            a p99 needs 368 samples of each repeat: --duration 85s is enough for every row
        "#]],
    );
}

#[test]
fn a_terminal_of_80_columns_shows_what_matters_most() {
    check(
        &batches(),
        80,
        expect![[r#"
            minilm-l6 · rten 0.27.0 · single-stream · seq=128 · fp32 · cpu · 1 thread
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 5 repeats
            harness 62 ns

            batch      p50  95%                    p99  samples/s  GFLOP/s   memory  verdict
            ────────────────────────────────────────────────────────────────────────────────
                1  28.7 ms  ±0.4%  █           34.1 ms       34.8     99.9  196 MiB  valid *
                2  57.4 ms  ±0.4%  ██        33 of 368       34.8     99.9  196 MiB  valid *
                4   115 ms  ±0.4%  ████      33 of 368       34.8     99.9  196 MiB  valid *
                8   230 ms  ±0.4%  ████████  33 of 368       34.8     99.9  196 MiB  valid *

            * b=1: p50, p90, p99 vary more within repeats than their intervals between
              repeats say
            * b=2,4,8: p50, p90 vary more within repeats than their intervals between
              repeats say
            outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            a p99 needs 368 samples of each repeat: --duration 85s is enough for every row
        "#]],
    );
}

#[test]
fn failures_doubts_and_throughput_without_latency_are_told_apart() {
    check(
        &troubled(),
        120,
        expect![[r#"
            rten 0.27.0 · seq=128 · fp32 · cpu
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 1 of 2 CPUs · harness 62 ns

            model             scenario       threads  batch      p50  95%           by model        p99  samples/s  GFLOP/s  verdict
            ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            minilm-l6         single-stream  1            1  31.9 ms  [31.5, 32.9]  ████████  33 of 368       31.3     89.9  invalid
            minilm-l6         single-stream  1            4        –  –                               –          –        –  invalid
            a-model…ble.onnx  single-stream  2            1   245 ns  ±26%          ████████  33 of 368  4,083,333        –  valid *
            minilm-l6         offline        2           16        –  –                               –       39.5      113  valid

            ! minilm-l6 single-stream threads=1 b=1: repeat 2 of 2: failed while loading the model: the worker was killed by signal
              9
            ! minilm-l6 single-stream threads=1 b=4: failed while loading the model: no such file
            * minilm-l6 single-stream threads=1 b=1: a single repeat says nothing of the difference between processes
            * a-model-whose-name-is-far-too-long-for-any-table.onnx single-stream threads=2 b=1: the latency was not steady after
              900 warm-up requests
            minilm-l6 single-stream threads=1 b=1; a-model-whose-name-is-far-too-long-for-any-table.onnx single-stream threads=2
            b=1; minilm-l6 offline threads=2 b=16: outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            a p99 needs 368 samples of each repeat: --duration 12s is enough for every row
        "#]],
    );
}

#[test]
fn names_are_shortened_where_they_leave_no_room() {
    check(
        &troubled(),
        80,
        expect![[r#"
            rten 0.27.0 · seq=128 · fp32 · cpu
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 1 of 2 CPUs
            harness 62 ns

            model             scenario       threads  batch      p50  samples/s  verdict
            ────────────────────────────────────────────────────────────────────────────
            minilm-l6         single-stream  1            1  31.9 ms       31.3  invalid
            minilm-l6         single-stream  1            4        –          –  invalid
            a-model…ble.onnx  single-stream  2            1   245 ns  4,083,333  valid *
            minilm-l6         offline        2           16        –       39.5  valid

            ! minilm-l6 single-stream threads=1 b=1: repeat 2 of 2: failed while loading the
              model: the worker was killed by signal 9
            ! minilm-l6 single-stream threads=1 b=4: failed while loading the model: no such
              file
            * minilm-l6 single-stream threads=1 b=1: a single repeat says nothing of the
              difference between processes
            * a-model-whose-name-is-far-too-long-for-any-table.onnx single-stream threads=2
              b=1: the latency was not steady after 900 warm-up requests
            minilm-l6 single-stream threads=1 b=1;
            a-model-whose-name-is-far-too-long-for-any-table.onnx single-stream threads=2
            b=1; minilm-l6 offline threads=2 b=16: outputs agree with onnxruntime 1.31.1,
            relative error at most 4.2e-6
            a p99 needs 368 samples of each repeat: --duration 12s is enough for every row
        "#]],
    );
}

#[test]
fn what_disturbed_several_rows_is_one_note_with_its_range() {
    let mut summaries = batches();
    for (summary, excess) in summaries.iter_mut().zip([2.0, 7.0]) {
        summary.doubts = vec![Doubt::Environment {
            check: "steal".to_owned(),
            found: format!("the hypervisor took {excess}% of the time"),
            excess: Some(excess),
            remedy: "use a machine of its own".to_owned(),
        }];
    }
    let text = table(&summaries, style(120));
    let notes: Vec<&str> = text.lines().filter(|line| line.contains("steal")).collect();
    let [note] = notes.as_slice() else {
        panic!("one note: {text}")
    };
    let expected =
        "* b=1,2: steal: the hypervisor took 2 to 7% of the time; use a machine of its own";
    assert_eq!(*note, expected);
}

#[test]
fn what_a_sample_costs_in_joules_stands_below_the_table() {
    let mut summaries = batches();
    summaries[1].energy = Some(Energy {
        primary: Some("rapl:package".to_owned()),
        per_sample_j: Some(0.25),
        above_idle_per_sample_j: Some(0.2),
        average_power_w: Some(8.5),
        ..Energy::default()
    });
    let text = table(&summaries, style(120));
    let note = "b=2: 250 mJ a sample, 200 mJ above idle, 8.50 W, by rapl:package";
    assert!(text.lines().any(|line| line == note), "{text}");
    let energy = summaries[1].energy.as_mut().expect("joules");
    energy.sources = vec![EnergySource {
        source: "rapl:package".to_owned(),
        gross_j: Some(25.0),
        random_j: Some(0.5),
        above_idle_random_j: Some(1.0),
        ..EnergySource::default()
    }];
    let text = table(&summaries, style(120));
    let note =
        "b=2: 250 mJ ± 5.00 mJ a sample, 200 mJ ± 10.0 mJ above idle, 8.50 W, by rapl:package";
    assert!(text.lines().any(|line| line == note), "{text}");
    if let Some(energy) = &mut summaries[1].energy {
        energy.stretched = true;
    }
    let text = table(&summaries, style(160));
    let note = format!("{note} over further requests after the timed ones");
    assert!(text.lines().any(|line| line == note), "{text}");
}

#[test]
fn outputs_that_nobody_compared_are_told() {
    let mut summaries = batches();
    for summary in &mut summaries {
        summary.fidelity = None;
        let reason = "not asked for: --reference none".to_owned();
        summary.missing.insert("fidelity".to_owned(), reason);
    }
    let text = table(&summaries, style(120));
    assert!(
        text.contains("outputs were not compared: not asked for: --reference none"),
        "{text}"
    );
}

/// Two cells with a profile each, the second of which distorts, and wrong outputs in the second.
fn compared() -> Vec<Summary> {
    let cells = [1, 8].map(cell);
    let mut records: Vec<Record> = cells.iter().map(|cell| timed(cell, 0, 30e6)).collect();
    let wrong = records[1].fidelity.as_mut().expect("compared");
    wrong.outputs[0].beyond = 12;
    records[1].verdict = Verdict::Invalid;
    records[1].reasons = vec!["output 'y' is wrong".to_owned()];
    let kinds = [
        ("MatMul", 18.0),
        ("Softmax", 3.0),
        ("Add", 2.0),
        ("Gelu", 1.0),
        ("LayerNormalization", 0.9),
        ("Gather", 0.05),
        ("Transpose", 0.05),
    ];
    records.push(profiled(&cells[0], Some(1.04), &kinds));
    records.push(profiled(&cells[1], Some(1.53), &kinds[..2]));
    let mut run = run_of(cells.to_vec(), 1);
    run.profile = true;
    summarise(&run, &records)
}

#[test]
fn below_the_table_stands_whose_outputs_agree_and_where_the_time_goes() {
    check(
        &compared(),
        100,
        expect![[r#"
            minilm-l6 · rten 0.27.0 · single-stream · seq=128 · fp32 · cpu · 1 thread
            run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 1 repeat · harness 62 ns

            batch      p50  95%                                 p99  samples/s  GFLOP  GFLOP/s   memory  verdict
            ────────────────────────────────────────────────────────────────────────────────────────────────────
                1  30.0 ms  ±1.0%  █████████████████████  33 of 368       33.3   2.87     95.6  196 MiB  valid *
                8  30.0 ms  ±1.0%  █████████████████████  33 of 368        267   23.0      765  196 MiB  invalid

            ! b=8: output 'y' is wrong
            * a single repeat says nothing of the difference between processes
            * b=8: profiling made the model 1.53 times as slow where 1.2 is the bound: shares by operator are
              doubtful
            b=1: outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
            a p99 needs 368 samples of each repeat: --duration 12s is enough for every row

            where the time of a request goes, by the framework's own profiler:
            b=1: MatMul 72% 18.0 ms, Softmax 12% 3.00 ms, Add 8% 2.00 ms, Gelu 4% 1.00 ms, LayerNormalization 4%
            900 µs, 2 others <1%; 6.00 ms outside operators; 1.04 times as long when profiled
            b=8: MatMul 86% 18.0 ms, Softmax 14% 3.00 ms; 10.0 ms outside operators; 1.53 times as long when
            profiled
        "#]],
    );
}

#[test]
fn without_unicode_the_table_is_ascii() {
    let ascii = Style {
        unicode: false,
        ..style(80)
    };
    let text = table(&batches(), ascii);
    assert!(text.is_ascii(), "{text}");
    expect![[r#"
        minilm-l6 | rten 0.27.0 | single-stream | seq=128 | fp32 | cpu | 1 thread
        run 20261121-104656-3f9a | Intel(R) Xeon(R) Processor, 2 CPUs | 5 repeats
        harness 62 ns

        batch      p50  95%                    p99  samples/s  GFLOP/s   memory  verdict
        --------------------------------------------------------------------------------
            1  28.7 ms  +-0.4%  #          34.1 ms       34.8     99.9  196 MiB  valid *
            2  57.4 ms  +-0.4%  ##       33 of 368       34.8     99.9  196 MiB  valid *
            4   115 ms  +-0.4%  ####     33 of 368       34.8     99.9  196 MiB  valid *
            8   230 ms  +-0.4%  #######  33 of 368       34.8     99.9  196 MiB  valid *

        * b=1: p50, p90, p99 vary more within repeats than their intervals between
          repeats say
        * b=2,4,8: p50, p90 vary more within repeats than their intervals between
          repeats say
        outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
        a p99 needs 368 samples of each repeat: --duration 85s is enough for every row
    "#]]
    .assert_eq(&text);
}

#[test]
fn colours_change_nothing_but_colours() {
    for summaries in [batches(), troubled()] {
        let colored = table(
            &summaries,
            Style {
                color: true,
                ..style(120)
            },
        );
        let mut plain = String::new();
        for (index, part) in colored.split("\x1b[").enumerate() {
            let text = if index == 0 {
                part
            } else {
                part.split_once('m').unwrap().1
            };
            plain.push_str(text);
        }
        assert!(colored.contains("\x1b[36m█"));
        assert_eq!(plain, table(&summaries, style(120)));
    }
}

#[test]
fn no_width_is_too_small_for_the_verdict() {
    let text = table(&batches(), style(10));
    assert_eq!(text.matches("valid *").count(), 4, "{text}");
}

#[test]
fn no_cells_make_no_table() {
    assert_eq!(table(&[], style(80)), "no cell was measured\n");
}
