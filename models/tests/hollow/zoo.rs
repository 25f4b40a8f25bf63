//! The solver's twins of the zoo beside those that the builders draw.

use prost::Message as _;
use tare_models::hollow::{Rung, Twin, hollow};
use tare_models::zoo::{self, Form};
use tare_models::{Facts, Model, ShapeRequest, TensorSpec, bind, resolve};

use crate::same;

/// One small model of each family, with the rung whose operators a framework executes alike.
const SMALL: [(&str, &str, usize); 10] = [
    ("mlp:width=64,depth=3", "2", 2),
    ("bert-tiny:vocab=100", "2", 2),
    ("distilbert:layers=1,vocab=100", "2", 2),
    ("albert-base-v2:layers=2,vocab=100,hidden=96", "2", 2),
    ("mobilebert:layers=1,vocab=100", "2", 2),
    ("squeezebert:layers=1,vocab=100", "2", 2),
    ("minilm-l6:layers=1,vocab=100", "2", 2),
    ("gpt2:layers=1,vocab=100,hidden=96", "2+distinct", 2),
    ("resnet-18", "16,2", 16),
    ("vit-b-32:layers=1,hidden=96", "2", 2),
];

/// Every other model of the zoo, with as many layers as its operators need to be all there.
const OTHERS: [(&str, &str); 8] = [
    ("bert-mini:layers=1,vocab=100", "2"),
    ("bert-small:layers=1,vocab=100", "2"),
    ("bert-medium:layers=1,vocab=100", "2"),
    ("bert-base:layers=1,vocab=100", "2"),
    ("resnet-50", "16,2"),
    ("resnet-101", "16,2"),
    ("resnet-152", "16,2"),
    ("wide-resnet-50-2", "16,2"),
];

fn built(name: &str, form: Form) -> (Model, Vec<TensorSpec>) {
    let architecture = zoo::find(name).expect("a zoo name");
    let model = Model::from_bytes(architecture.build(1, form).encode_to_vec()).expect("a model");
    let symbols = architecture.symbols(form).into_iter();
    let request = ShapeRequest {
        batch: None,
        symbols: symbols
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
    };
    let inputs = bind(model.graph(), &request).expect("binds");
    (model, inputs)
}

fn rung(text: &str) -> Rung {
    text.parse().expect("a rung")
}

fn flops(model: &Model, inputs: &[TensorSpec]) -> u64 {
    let resolved = resolve(model.graph(), inputs).expect("resolves");
    Facts::of(&resolved).flops.as_operations()
}

/// A twin that a framework may run: the same operators, ranks and edges, and next to nothing to compute.
fn check(name: &str, rung_name: &str) {
    let (model, inputs) = built(name, Form::Full);
    let twin = hollow(&model, &inputs, rung(rung_name)).expect(name);
    same::check(name, &model, &inputs, &twin);
    assert!(twin.hollowness.is_some_and(|left| left < 2e-3), "{name}");
    assert!(twin.elements.is_some_and(|left| left < 0.04), "{name}");
    assert_eq!(
        twin.original_flops.as_operations(),
        flops(&model, &inputs),
        "{name}"
    );
}

#[test]
fn each_family_has_a_twin_of_the_same_operators_and_edges() {
    SMALL.iter().for_each(|(name, rung, _)| check(name, rung));
}

#[test]
fn each_larger_model_has_a_twin_of_the_same_operators_and_edges() {
    OTHERS.iter().for_each(|(name, rung)| check(name, rung));
}

#[test]
fn no_model_of_the_zoo_is_left_out() {
    let names = SMALL.iter().map(|(name, ..)| *name);
    let names = names.chain(OTHERS.iter().map(|(name, _)| *name));
    let mut seen: Vec<&str> = names
        .map(|name| name.split(':').next().unwrap_or(name))
        .collect();
    let mut all: Vec<&str> = zoo::list().iter().map(|entry| entry.name).collect();
    seen.sort_unstable();
    all.sort_unstable();
    assert_eq!(seen, all);
}

/// Builders shrink the kernel of a patch, which the solver keeps: hence up to four times.
#[test]
fn a_twin_leaves_as_little_to_compute_as_the_builders() {
    for (name, text, size) in SMALL {
        let (model, inputs) = built(name, Form::Full);
        let twin = hollow(&model, &inputs, rung(text)).expect(name);
        let (drawn, small) = built(name, Form::Hollow { rung: size });
        let (solved, drawn) = (twin.flops.as_operations(), flops(&drawn, &small));
        assert!(
            solved <= 4 * drawn,
            "{name}: {solved} operations beside {drawn}"
        );
    }
}

#[test]
fn a_twin_is_the_same_bytes_each_time() {
    let (model, inputs) = built("bert-tiny:vocab=100", Form::Full);
    let twins: Vec<Twin> = [(); 2]
        .map(|()| hollow(&model, &inputs, Rung::smallest()).expect("a twin"))
        .into();
    assert_eq!(twins[0], twins[1]);
}

#[test]
fn the_customary_sizes_in_a_twin_are_its_own() {
    let (model, inputs) = built("bert-tiny:vocab=100", Form::Full);
    let twin = hollow(&model, &inputs, Rung::smallest()).expect("a twin");
    assert_eq!(twin.symbols["seq"], 2);
    let read = Model::from_bytes(twin.onnx).expect("a model");
    let notes = &read.proto().metadata_props;
    let note = |key: &str| {
        let note = notes.iter().find(|note| note.key.as_deref() == Some(key));
        note.and_then(|note| note.value.as_deref())
    };
    assert_eq!(note("tare.symbol.seq"), Some("2"));
    assert_eq!(note("tare.hollow"), Some("2"));
}
