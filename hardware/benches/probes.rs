//! What a window of each probe costs the parent: opening the counters, begin, end, and a look while a cell runs.

use std::hint::black_box;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use tare_clock::MonotonicClock;
use tare_hardware::{CounterProbe, CpuProbe, MemoryProbe, Probe};

/// A process that stands still until its input ends.
fn child() -> Child {
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().expect("cat")
}

fn window<P: Probe>(probe: &mut P) -> P::Reading {
    // Where a window cannot be opened, its end carries the reason.
    let _ = probe.begin();
    probe.end()
}

fn each(c: &mut Criterion, of: &str, pid: u32) {
    let root = Path::new("/");
    let mut group = c.benchmark_group(of);
    let mut memory = MemoryProbe::of(pid, root);
    group.bench_function("memory: begin and end", |b| {
        b.iter(|| black_box(window(&mut memory)))
    });
    group.bench_function("memory: look", |b| b.iter(|| black_box(memory.look())));
    let mut cpu = CpuProbe::of(pid, root, &MonotonicClock);
    group.bench_function("processor time: begin and end", |b| {
        b.iter(|| black_box(window(&mut cpu)))
    });
    group.bench_function("counters: attach and leave", |b| {
        b.iter(|| CounterProbe::of(pid, root).attach().expect("attached"))
    });
    let mut counters = CounterProbe::of(pid, root);
    counters.attach().expect("attached");
    group.bench_function("counters: begin and end", |b| {
        b.iter(|| black_box(window(&mut counters)))
    });
}

fn probes(c: &mut Criterion) {
    let mut watched = child();
    each(c, "one thread", watched.id());
    let _ = watched.kill();
    let _ = watched.wait();
    for _ in 0..32 {
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
    }
    each(c, "this process and 32 threads", std::process::id());
}

criterion_group!(benches, probes);
criterion_main!(benches);
