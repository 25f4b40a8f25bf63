//! How long it takes to show a store of 10,000 records: read, summarised, set as a table.
//!
//! `cargo run --release -p tare-report --example big_store DIR` writes such a store, to time the whole of
//! `tare --store DIR show`.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{ID, large};
use criterion::{Criterion, criterion_group, criterion_main};
use tare_report::{Style, exporter, summarise, table};
use tare_results::store::Store;

const STYLE: Style = Style {
    width: 120,
    color: true,
    unicode: true,
};

fn show(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path());
    large::fill(&store).expect("a store of 10,000 records");
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
