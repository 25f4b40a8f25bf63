//! Plans, fused and not, give what rten gives for whole architectures of the zoo, within the tolerance of 32-bit floats.

mod common;

use common::{Subject, deviation, fused, rten, unfused};

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

#[test]
fn plans_compute_what_rten_computes() {
    for name in SMALL {
        let subject = Subject::new(name, 64, 16);
        let expected = rten(&subject);
        for (kind, outputs) in [("fused", fused(&subject)), ("plain", unfused(&subject))] {
            let error = deviation(&outputs, &expected);
            println!("{name} {kind}: {:.1e} of the scale at most", error.largest);
            assert!(error.within, "{name} {kind}: {error:?}");
        }
    }
}
