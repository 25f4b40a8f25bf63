//! How long the zoo takes to make a model and to write it.

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tare_models::zoo::{self, Form};

fn make(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("zoo");
    group.sample_size(10);
    group.bench_function("find and hollow bert-base", |bencher| {
        bencher.iter(|| zoo::make(black_box("bert-base"), 0, Form::Hollow { rung: 2 }));
    });
    for name in ["minilm-l6", "resnet-50", "bert-base"] {
        let architecture = zoo::find(name).expect("listed");
        group.throughput(Throughput::Elements(architecture.entry().parameters));
        group.bench_function(format!("make {name}"), |bencher| {
            bencher.iter(|| architecture.build(black_box(0), Form::Full));
        });
    }
    group.finish();
}

fn write(criterion: &mut Criterion) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-zoo.onnx");
    let model = zoo::make("minilm-l6", 0, Form::Full).expect("listed");
    let mut group = criterion.benchmark_group("zoo");
    group.sample_size(10);
    group.bench_function("write minilm-l6", |bencher| {
        bencher.iter(|| zoo::write(&model, &path).expect("written"));
    });
    group.finish();
    let _ = std::fs::remove_file(path);
}

criterion_group!(benches, make, write);
criterion_main!(benches);
