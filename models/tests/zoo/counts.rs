//! The zoo's sizes against the published ones, counted from the files and not from the builder.

use std::collections::HashSet;

use crate::support::{Trace, declared, graph, op, sizes};
use tare_models::proto::ModelProto;
use tare_models::zoo::{self, Form};

const PUBLISHED: [(&str, u64, f64); 18] = [
    ("mlp", 1_050_624, 0.001_049),
    ("bert-tiny", 4_385_920, 0.0504),
    ("bert-mini", 11_170_560, 0.4027),
    ("bert-small", 28_763_648, 1.6109),
    ("bert-medium", 41_373_184, 3.2215),
    ("bert-base", 109_482_240, 10.882),
    ("distilbert", 66_362_880, 5.441),
    ("albert-base-v2", 11_683_584, 10.894),
    ("mobilebert", 24_581_888, 2.592),
    ("squeezebert", 51_094_272, 3.405),
    ("minilm-l6", 22_713_216, 1.3590),
    ("gpt2", 124_439_808, 15.812),
    ("resnet-18", 11_689_512, 1.824),
    ("resnet-50", 25_557_032, 4.134),
    ("resnet-101", 44_549_160, 7.866),
    ("resnet-152", 60_192_808, 11.604),
    ("wide-resnet-50-2", 68_883_240, 11.456),
    ("vit-b-32", 88_224_232, 4.367),
];

fn parameters(model: &ModelProto) -> u64 {
    let graph = graph(model);
    let norms = graph
        .node
        .iter()
        .filter(|node| op(node) == "BatchNormalization");
    let statistics: HashSet<&String> = norms.flat_map(|node| &node.input[3..5]).collect();
    let trained = graph.initializer.iter().filter(|tensor| {
        let float = tensor.data_type == Some(1) && !tensor.dims.is_empty();
        float && !statistics.contains(tensor.name.as_ref().expect("a name"))
    });
    trained
        .map(|tensor| tensor.dims.iter().product::<i64>() as u64)
        .sum()
}

#[test]
fn every_entry_has_the_published_number_of_parameters() {
    let listed: Vec<&str> = zoo::list().iter().map(|entry| entry.name).collect();
    assert_eq!(listed, PUBLISHED.map(|(name, ..)| name));
    for (entry, (name, published, _)) in zoo::list().iter().zip(PUBLISHED) {
        let model = zoo::find(name).expect("listed").outline(Form::Full);
        assert_eq!(parameters(&model), published, "{name}");
        assert_eq!(entry.parameters, published, "{name}");
    }
}

#[test]
fn multiply_accumulates_with_weights_are_within_1_5_percent_of_the_published_ones() {
    for (name, _, published) in PUBLISHED {
        let architecture = zoo::find(name).expect("listed");
        let model = architecture.outline(Form::Full);
        let counted = Trace::new(&model, &sizes(&architecture, Form::Full)).macs() as f64 / 1e9;
        let off = (counted - published).abs() / published;
        assert!(off < 0.015, "{name}: {counted} G against {published} G");
    }
}

#[test]
fn declared_outputs_are_what_the_graph_gives_in_both_forms() {
    for entry in zoo::list() {
        let architecture = zoo::find(entry.name).expect("listed");
        for form in [Form::Full, architecture.twin(), Form::Hollow { rung: 5 }] {
            let model = architecture.outline(form);
            let sizes: Vec<(&str, i64)> = sizes(&architecture, form)
                .into_iter()
                .map(|(name, size)| (name, size * 3))
                .collect();
            let trace = Trace::new(&model, &sizes);
            for output in &graph(&model).output {
                let made = trace.shape(output.name.as_deref().expect("a name"));
                assert_eq!(made, declared(output, &sizes), "{} {form}", entry.name);
            }
        }
    }
}

#[test]
fn a_twin_does_a_ten_thousandth_of_the_work() {
    for entry in zoo::list() {
        let architecture = zoo::find(entry.name).expect("listed");
        let macs = |form| {
            let model = architecture.outline(form);
            Trace::new(&model, &sizes(&architecture, form)).macs()
        };
        let (full, hollow) = (macs(Form::Full), macs(architecture.twin()));
        assert!(
            full > 10_000 * hollow,
            "{}: {full} against {hollow}",
            entry.name
        );
    }
}

#[test]
fn options_change_the_sizes_that_they_name() {
    let count = |name| parameters(&zoo::find(name).expect("known").outline(Form::Full));
    assert_eq!(count("mlp:width=1024,depth=2"), 2 * (1024 * 1024 + 1024));
    assert_eq!(count("bert-base:layers=6") + 6 * 7_087_872, 109_482_240);
    assert_eq!(count("bert-tiny:vocab=30523"), 4_385_920 + 128);
    assert_eq!(count("albert-base-v2:layers=1"), 11_683_584);
    assert_eq!(count("resnet-18:classes=10"), 11_689_512 - 990 * 513);
    assert_eq!(count("vit-b-32:classes=1"), 88_224_232 - 999 * 769);
    assert_eq!(count("gpt2:hidden=1024,heads=16,layers=24"), 354_823_168);
}
