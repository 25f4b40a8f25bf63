//! Twins of small files as PyTorch's two exporters write them (`models/scripts/exports.py --small`).

use std::path::Path;

use tare_models::hollow::hollow;
use tare_models::{Model, ShapeRequest, TensorSpec, bind, free_dimensions};

use crate::same;

/// File, shape of the twin's first input at rung 2, operations left of how many.
const FILES: [(&str, &[usize], u64, u64); 9] = [
    ("encoder-script", &[1, 2], 524, 338_176),
    ("encoder-dynamo", &[1, 2], 540, 339_200),
    ("gpt2-dynamo", &[1, 2], 528, 559_104),
    ("llama-dynamo", &[1, 2], 1_420, 512_704),
    ("t5-script", &[1, 2], 480, 320_960),
    ("lstm-script", &[1, 2], 1_844, 423_232),
    ("swin-dynamo", &[1, 2, 32, 32], 129_738, 23_104_200),
    ("mobilenet-script", &[1, 2, 2, 2], 1_234, 10_472_378),
    ("shufflenet-script", &[1, 2, 2, 2], 634, 1_633_162),
];

fn opened(name: &str) -> (Model, Vec<TensorSpec>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hollow");
    let model = Model::open(&folder.join(format!("{name}.onnx"))).expect(name);
    let free = free_dimensions(model.graph()).expect("ranks");
    let has_sequence = free.iter().any(|free| free.symbol == "seq");
    let request = ShapeRequest {
        batch: None,
        symbols: has_sequence
            .then(|| ("seq".to_owned(), 16))
            .into_iter()
            .collect(),
    };
    let inputs = bind(model.graph(), &request).expect("binds");
    (model, inputs)
}

#[test]
fn each_kind_of_export_has_a_twin_of_the_same_operators_and_edges() {
    for (name, ..) in FILES {
        let (model, inputs) = opened(name);
        for rung in ["2", "2+distinct", "16,2", "16,2+height+width", "16,2+tied"] {
            let twin = hollow(&model, &inputs, rung.parse().expect("a rung"));
            let twin = twin.unwrap_or_else(|error| panic!("{name} {rung}: {error}"));
            same::check(&format!("{name} {rung}"), &model, &inputs, &twin);
        }
    }
}

#[test]
fn twins_shrink_to_known_shapes_and_operations() {
    for (name, shape, left, all) in FILES {
        let (model, inputs) = opened(name);
        let twin = hollow(&model, &inputs, "2".parse().expect("a rung")).expect(name);
        assert_eq!(twin.inputs[0].shape, shape, "{name}");
        let operations = (
            twin.flops.as_operations(),
            twin.original_flops.as_operations(),
        );
        assert_eq!(operations, (left, all), "{name}");
    }
}

#[test]
fn a_twin_that_keeps_much_says_so() {
    let (model, inputs) = opened("llama-dynamo");
    let twin = hollow(&model, &inputs, "2".parse().expect("a rung")).expect("a twin");
    let doubts: Vec<String> = twin.doubts.iter().map(ToString::to_string).collect();
    assert_eq!(
        doubts,
        [
            "the twin keeps 0.28 % of the operations and 3.11 % of the elements, so what it costs is an upper bound of the \
             tax"
        ]
    );
}
