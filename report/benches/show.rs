//! How long it takes to show a store of 10,000 records: read, summarised, set as a table.

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};

use common::{ID, cell, run_of, timed};
use criterion::{Criterion, criterion_group, criterion_main};
use tare_report::{Style, exporter, summarise, table};
use tare_results::store::Store;

const CELLS: u64 = 2_000;
const REPEATS: u64 = 5;
const STYLE: Style = Style {
    width: 120,
    color: true,
    unicode: true,
};

fn filled(store: &Store) -> std::io::Result<()> {
    let cells: Vec<_> = (1..=CELLS).map(cell).collect();
    let run = run_of(cells, REPEATS);
    let writer = store.create(&run).map_err(std::io::Error::other)?;
    let path = writer.path().join("cells.jsonl");
    let mut file = BufWriter::new(OpenOptions::new().append(true).open(path)?);
    for repeat in 0..REPEATS {
        for planned in &run.cells {
            let p50 = 1e6 * planned.cell.batch as f64 * (1.0 + 0.001 * repeat as f64);
            serde_json::to_writer(&mut file, &timed(&planned.cell, repeat, p50))?;
            file.write_all(b"\n")?;
        }
    }
    file.flush()
}

fn show(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path());
    filled(&store).expect("a store of 10,000 records");
    let read = || store.read(ID).expect("the run");
    let contents = read();
    let summaries = summarise(&contents.run, &contents.records);
    let mut group = c.benchmark_group("10,000 records");
    group.sample_size(20);
    group.bench_function("read", |b| b.iter(read));
    group.bench_function("summarise", |b| {
        b.iter(|| summarise(&contents.run, &contents.records));
    });
    group.bench_function("table", |b| b.iter(|| table(&summaries, STYLE)));
    let json = exporter("json").expect("a format");
    group.bench_function("json", |b| b.iter(|| json.export(&summaries)));
    group.bench_function("show", |b| {
        b.iter(|| {
            let contents = read();
            table(&summarise(&contents.run, &contents.records), STYLE)
        });
    });
    group.finish();
}

criterion_group!(benches, show);
criterion_main!(benches);
