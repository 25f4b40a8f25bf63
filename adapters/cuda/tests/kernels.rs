//! The kernels of whole plans, executed on the host, give what the plans' reference gives.

mod common;
mod emulated;

use common::{Subject, deviation};
use tare_adapter_cuda::reference;
use tare_adapter_cuda::{Fusion, plan_of};

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
        let subject = Subject::new(name, 32, 8);
        for fusion in [Fusion::Full, Fusion::None] {
            let (plan, weights) = plan_of(&subject.resolved, fusion).expect("a plan");
            let expected = reference::outputs_of(&plan, &weights, subject.inputs()).expect("runs");
            let outputs = emulated::outputs_of(&plan, &weights, subject.inputs());
            let error = deviation(&outputs.expect("runs"), &expected);
            println!(
                "{name} {fusion:?}: {:.1e} of the scale at most",
                error.largest
            );
            assert!(error.within, "{name} {fusion:?}: {error:?}");
        }
    }
}
