//! What writing costs while a run goes on: a record appended and synced, a million samples of a repeat.

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tare_results::samples::{self, Sample};
use tare_results::store::Store;

const ID: &str = "20261121-104656-3f9a";

fn append(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let run = common::run(ID, vec![common::cell(1)]);
    let mut writer = Store::open(dir.path()).create(&run).expect("a run");
    let record = common::record(ID, common::cell(1), 0);
    c.bench_function("append and sync a record", |b| {
        b.iter(|| writer.append(&record));
    });
}

fn million(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("0.npy");
    let samples = vec![Sample::default(); 1_000_000];
    let mut group = c.benchmark_group("1,000,000 samples");
    group.throughput(Throughput::Elements(1_000_000));
    group.sample_size(20);
    group.bench_function("write", |b| b.iter(|| samples::write(&path, &samples)));
    group.bench_function("read", |b| b.iter(|| samples::read(&path)));
    group.finish();
}

criterion_group!(benches, append, million);
criterion_main!(benches);
