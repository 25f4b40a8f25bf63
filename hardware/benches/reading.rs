//! What the readings cost that are taken while a cell runs: the run delay around a request, the memory each 20 ms,
//! and around it: windows, standing checks, the facts.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use tare_hardware::checks::{Situation, Watch, standing};
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
    let pid = std::process::id();
    let cpus = tare_hardware::checks::allowed_cpus(root, pid).expect("a list of processors");
    c.bench_function("a window's beginning and end", |b| {
        b.iter(|| black_box(Watch::begin(root, pid, &cpus).end()))
    });
    let mut watch = Watch::begin(root, pid, &cpus);
    c.bench_function("frequencies within a window", |b| b.iter(|| watch.sample()));
    let situation = Situation {
        pid,
        threads: None,
        timer_resolution: None,
    };
    c.bench_function("standing checks", |b| {
        b.iter(|| black_box(standing(root, &situation)))
    });
    c.bench_function("machine", |b| {
        b.iter(|| black_box(tare_hardware::machine(root)))
    });
}

criterion_group!(benches, reading);
criterion_main!(benches);
