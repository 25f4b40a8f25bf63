//! What zoo files contain and how they are written: weights, names, metadata, and nothing half done.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::support::graph;
use bytes::Bytes;
use prost::Message;
use tare_models::proto::{ModelProto, TensorProto};
use tare_models::zoo::{self, Form};

/// Small enough to fill in a test: every family, hollow, and two whole models.
fn small_models() -> Vec<(String, ModelProto)> {
    let hollow = zoo::list().iter().map(|entry| {
        let architecture = zoo::find(entry.name).expect("listed");
        (
            format!("{} hollow", entry.name),
            architecture.build(5, architecture.twin()),
        )
    });
    let full = ["mlp:width=64", "bert-tiny:vocab=100"];
    let full = full.map(|name| {
        (
            name.to_owned(),
            zoo::make(name, 5, Form::Full).expect("known"),
        )
    });
    hollow.chain(full).collect()
}

fn floats(tensor: &TensorProto) -> Vec<f32> {
    let data = tensor.raw_data.as_ref().expect("filled");
    data.chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
        .collect()
}

fn trained(model: &ModelProto) -> impl Iterator<Item = &TensorProto> {
    graph(model)
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type == Some(1) && !tensor.dims.is_empty())
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

#[test]
fn weights_are_finite_normal_and_different_from_each_other() {
    for (name, model) in small_models() {
        let mut seen = HashSet::new();
        for tensor in trained(&model) {
            let values = floats(tensor);
            assert!(
                values
                    .iter()
                    .all(|value| value.is_normal() || *value == 0.0),
                "{name} {:?}",
                tensor.name
            );
            assert!(
                seen.insert(tensor.raw_data.clone()),
                "{name} {:?} repeats another",
                tensor.name
            );
        }
    }
}

#[test]
fn a_large_tensor_has_the_mean_and_spread_that_keep_activations_even() {
    let model = zoo::make("mlp:width=256,depth=2", 3, Form::Full).expect("known");
    let weight = trained(&model).next().expect("a weight");
    let values = floats(weight);
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        / values.len() as f32;
    assert!(mean.abs() < 0.001, "{mean}");
    assert!((variance * 256.0 - 2.0).abs() < 0.05, "{variance}");
}

#[test]
fn variances_of_batch_normalisation_are_positive() {
    let architecture = zoo::find("resnet-18").expect("listed");
    let model = architecture.build(0, architecture.twin());
    let variances = trained(&model).filter(|tensor| {
        tensor
            .name
            .as_deref()
            .is_some_and(|name| name.ends_with("running_var"))
    });
    let values: Vec<f32> = variances.flat_map(floats).collect();
    assert!(values.len() > 100 && values.iter().all(|value| *value > 0.5));
}

#[test]
fn the_same_seed_gives_the_same_file_and_another_seed_other_weights() {
    let make = |seed| zoo::make("bert-tiny:vocab=50", seed, Form::Full).expect("known");
    assert_eq!(make(1), make(1));
    let (one, two) = (make(1), make(2));
    for (left, right) in trained(&one).zip(trained(&two)) {
        assert_eq!(left.name, right.name);
        assert_ne!(left.raw_data, right.raw_data, "{:?}", left.name);
    }
}

const PINNED: [f32; 3] = [-0.420_635_46, 0.635_816_8, -0.531_226_16];

#[test]
fn the_first_weights_of_seed_zero_are_pinned() {
    let model = zoo::make("mlp:width=4,depth=1", 0, Form::Full).expect("known");
    let first: Vec<f32> = floats(trained(&model).next().expect("a weight"))[..3].to_vec();
    assert_eq!(first, PINNED, "raise zoo::VERSION where this changes");
}

#[test]
fn every_tensor_is_made_before_it_is_read_and_names_are_unique() {
    for (name, model) in small_models() {
        let graph = graph(&model);
        let inputs = graph.input.iter().map(|input| input.name.as_ref());
        let constants = graph.initializer.iter().map(|tensor| tensor.name.as_ref());
        let mut made = HashSet::new();
        inputs
            .chain(constants)
            .for_each(|tensor| assert!(made.insert(tensor.expect("a name")), "{name} {tensor:?}"));
        let mut nodes = HashSet::new();
        for node in &graph.node {
            assert!(nodes.insert(node.name.as_ref()), "{name} {:?}", node.name);
            node.input
                .iter()
                .for_each(|input| assert!(made.contains(input), "{name} {input}"));
            node.output
                .iter()
                .for_each(|output| assert!(made.insert(output), "{name} {output}"));
        }
        graph.output.iter().for_each(|output| {
            assert!(
                made.contains(output.name.as_ref().expect("a name")),
                "{name}"
            )
        });
    }
}

#[test]
fn nothing_in_a_file_is_unused() {
    for (name, model) in small_models() {
        let graph = graph(&model);
        let mut read: HashSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
        read.extend(
            graph
                .output
                .iter()
                .filter_map(|output| output.name.as_ref()),
        );
        let inputs = graph.input.iter().filter_map(|input| input.name.as_ref());
        let constants = graph
            .initializer
            .iter()
            .filter_map(|tensor| tensor.name.as_ref());
        let outputs = graph.node.iter().flat_map(|node| &node.output);
        for tensor in inputs.chain(constants).chain(outputs) {
            assert!(read.contains(tensor), "{name} {tensor}");
        }
    }
}

#[test]
fn inputs_are_named_as_exporters_name_them() {
    let names = |name: &str| {
        let model = zoo::find(name).expect("listed").outline(Form::Full);
        let inputs = graph(&model)
            .input
            .iter()
            .map(|input| input.name.clone().expect("a name"));
        inputs.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names("minilm-l6"),
        "input_ids attention_mask token_type_ids"
    );
    assert_eq!(names("distilbert"), "input_ids attention_mask");
    assert_eq!(names("gpt2"), "input_ids attention_mask");
    assert_eq!(names("resnet-50"), "input");
}

#[test]
fn a_file_says_what_made_it() {
    let model = zoo::make("mlp:width=8", 9, Form::Full).expect("known");
    assert_eq!(model.producer_name.as_deref(), Some("tare"));
    assert_eq!(graph(&model).name.as_deref(), Some("mlp"));
    let notes: Vec<(&str, &str)> = model
        .metadata_props
        .iter()
        .map(|note| {
            (
                note.key.as_deref().expect("a key"),
                note.value.as_deref().expect("a value"),
            )
        })
        .collect();
    assert_eq!(
        notes,
        [
            ("tare.zoo", "mlp+width=8+seed=9+full+zoo=1"),
            ("tare.symbol.batch", "1")
        ]
    );
}

#[test]
fn a_written_file_reads_back_as_the_model_and_replaces_what_was_there() {
    let folder = folder("zoo-written");
    let path = folder.join("model.onnx");
    std::fs::write(&path, "something else").expect("written");
    for (name, model) in small_models() {
        zoo::write(&model, &path).expect("written");
        let bytes = Bytes::from(std::fs::read(&path).expect("read"));
        assert_eq!(bytes.len(), model.encoded_len(), "{name}");
        assert_eq!(ModelProto::decode(bytes).expect("decodes"), model, "{name}");
    }
    assert_eq!(
        std::fs::read_dir(&folder).expect("listed").count(),
        1,
        "no temporary file stays"
    );
}

#[test]
fn a_missing_folder_is_named_with_its_remedy() {
    let path = folder("zoo-missing").join("nowhere/model.onnx");
    let model = zoo::make("mlp:width=2", 0, Form::Full).expect("known");
    let message = zoo::write(&model, &path)
        .expect_err("no folder")
        .to_string();
    assert!(
        message.contains("nowhere/model.onnx") && message.ends_with("create the folder first"),
        "{message}"
    );
}

#[test]
fn a_failed_write_leaves_the_folder_as_it_was() {
    let folder = folder("zoo-failed");
    let target = folder.join("model.onnx");
    std::fs::create_dir(&target).expect("a folder in the way");
    let model = zoo::make("mlp:width=2", 0, Form::Full).expect("known");
    zoo::write(&model, &target).expect_err("a folder is in the way");
    let left: Vec<_> = std::fs::read_dir(&folder)
        .expect("listed")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left, ["model.onnx"]);
}
