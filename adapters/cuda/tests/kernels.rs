//! The kernels of whole plans, executed on the host, give what the plans' reference gives.

mod common;
mod emulated;

use common::{Error, Subject, deviation};
use tare_adapter_cuda::reference;
use tare_adapter_cuda::{Fusion, Held, plan_of};

/// Small ones of every family.
const SMALL: [&str; 8] = [
    "mlp:width=64,depth=2",
    "bert-tiny",
    "minilm-l6:layers=1,vocab=500",
    "squeezebert:layers=1,vocab=500",
    "mobilebert:layers=1,vocab=500",
    "gpt2:layers=1,vocab=500",
    "vit-b-32:layers=1",
    "resnet-18",
];

#[test]
fn kernels_compute_what_their_steps_say() {
    for name in SMALL {
        for (fusion, held) in [(Fusion::Full, Held::F32), (Fusion::None, Held::F32)] {
            let error = compare(name, fusion, held, Held::F32);
            assert!(error.within, "{name} {fusion:?}: {error:?}");
        }
    }
}

/// A part in 2¹⁰ and in 2⁷ is a step of such floats; a few of them add up over layers.
#[test]
fn kernels_of_floats_of_16_bits_stay_near_those_of_32() {
    for name in SMALL {
        for (held, most) in [(Held::F16, 1e-2), (Held::Bf16, 8e-2)] {
            let error = compare(name, Fusion::Full, held, Held::F32);
            assert!(error.largest < most, "{name} {held:?}: {error:?}");
        }
    }
}

/// How far kernels are from the reference of a plan of other floats.
fn compare(name: &str, fusion: Fusion, held: Held, expected: Held) -> Error {
    let subject = Subject::new(name, 32, 8);
    let planned = |held| plan_of(&subject.resolved, fusion, held).expect("a plan");
    let (plan, weights) = planned(expected);
    let expected = reference::outputs_of(&plan, &weights, subject.inputs()).expect("runs");
    let (plan, weights) = planned(held);
    let outputs = emulated::outputs_of(&plan, &weights, subject.inputs()).expect("runs");
    let error = deviation(&outputs, &expected);
    println!(
        "{name} {fusion:?} {held:?}: {:.1e} of the scale at most",
        error.largest
    );
    error
}
