//! Plans, fused and not, give what rten gives for whole architectures of the zoo, within the tolerance of 32-bit floats.

mod common;

use common::{Subject, deviation, fused, rten, unfused};
use tare_models::zoo;

/// Small ones of every family.
const SMALL: [&str; 8] = [
    "mlp:width=64,depth=2",
    "bert-tiny",
    "minilm-l6",
    "squeezebert:layers=2,vocab=500",
    "mobilebert:layers=2,vocab=500",
    "gpt2:layers=2,vocab=1000",
    "vit-b-32:layers=2",
    "resnet-18",
];

/// As published, which take seconds to build and hundreds of megabytes.
const LARGE: [&str; 4] = ["bert-base", "gpt2", "vit-b-32", "resnet-50"];

#[test]
fn plans_compute_what_rten_computes() {
    compare_all(&SMALL);
}

#[test]
#[ignore = "builds 1.4 GB of weights, which takes a minute"]
fn plans_of_models_as_published_compute_what_rten_computes() {
    compare_all(&LARGE);
}

#[test]
fn plans_compute_what_rten_computes_where_all_axes_are_of_one_size() {
    for entry in zoo::list() {
        compare_one(entry.name, &Subject::twin(entry.name));
    }
}

fn compare_all(names: &[&str]) {
    for name in names {
        compare_one(name, &Subject::new(name, 64, 16));
    }
}

fn compare_one(name: &str, subject: &Subject) {
    let expected = rten(subject);
    for (kind, outputs) in [("fused", fused(subject)), ("plain", unfused(subject))] {
        let error = deviation(&outputs, &expected);
        println!("{name} {kind}: {:.1e} of the scale at most", error.largest);
        assert!(error.within, "{name} {kind}: {error:?}");
    }
}
