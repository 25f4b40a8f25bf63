//! Whole architectures give what another framework gives, by as many calls as PyTorch's own modules make.

mod common;

use common::{Zoo, zoo};
use tare_adapter_api::{Adapter, Tensor};
use tare_adapter_libtorch::Libtorch;
use tare_adapter_rten::Rten;
use tare_models::zoo::Form;

fn outputs(adapter: &dyn Adapter, zoo: &Zoo) -> Vec<Tensor> {
    let loaded = adapter.load(&zoo.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    session.run(&zoo.inputs.generate(0)).expect("runs");
    session.outputs().expect("outputs")
}

/// The largest difference, relative to the magnitude of the reference where that is above one.
fn difference(ours: &Tensor, reference: &Tensor) -> f32 {
    assert_eq!(ours.shape(), reference.shape());
    let (ours, reference) = (ours.values::<f32>(), reference.values::<f32>());
    let (ours, reference) = (ours.expect("f32"), reference.expect("f32"));
    let pairs = ours.iter().zip(reference.iter());
    pairs
        .map(|(a, b)| (a - b).abs() / b.abs().max(1.0))
        .fold(0.0, f32::max)
}

fn agrees(name: &str, form: Form, sizes: &[(&str, usize)]) {
    let zoo = zoo(name, form, sizes);
    let (ours, reference) = (outputs(&Libtorch, &zoo), outputs(&Rten, &zoo));
    assert_eq!(ours.len(), reference.len());
    for (index, (ours, reference)) in ours.iter().zip(&reference).enumerate() {
        let difference = difference(ours, reference);
        assert!(difference < 1e-4, "{name}: output {index}: {difference}");
    }
}

#[test]
fn encoders_agree_with_rten() {
    agrees(
        "minilm-l6:layers=2",
        Form::Full,
        &[("seq", 24), ("batch", 2)],
    );
    agrees("distilbert:layers=1", Form::Full, &[("seq", 7)]);
}

#[test]
fn a_decoder_agrees_with_rten() {
    agrees("gpt2:layers=2,vocab=500", Form::Full, &[("seq", 9)]);
}

#[test]
fn image_models_agree_with_rten() {
    agrees("resnet-18", Form::Full, &[]);
    agrees("vit-b-32:layers=1", Form::Full, &[]);
}

#[test]
fn hollow_twins_agree_with_rten() {
    let twin = Form::Hollow { rung: 16 };
    for name in ["vit-b-32", "mobilebert", "squeezebert", "resnet-50"] {
        agrees(name, twin, &[]);
    }
}
