//! What the readings cost that are taken while a cell runs: the run delay around a request, the memory each 20 ms.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use tare_hardware::{ProcessMemory, RunDelay};

fn reading(c: &mut Criterion) {
    let delay = RunDelay::of_this_thread().expect("scheduler statistics");
    c.bench_function("run delay", |b| b.iter(|| black_box(delay.read())));
    let memory = ProcessMemory::of(std::process::id(), Path::new("/"));
    c.bench_function("rss", |b| b.iter(|| black_box(memory.rss())));
    c.bench_function("rss of the tree", |b| {
        b.iter(|| black_box(memory.tree_rss()))
    });
    c.bench_function("all memory figures", |b| {
        b.iter(|| black_box(memory.read()))
    });
    let root = Path::new("/");
    c.bench_function("machine", |b| {
        b.iter(|| black_box(tare_hardware::machine(root)))
    });
}

criterion_group!(benches, reading);
criterion_main!(benches);
