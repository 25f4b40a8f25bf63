//! NVIDIA's compiler takes every kernel, for three generations of devices, on machines without a GPU.

mod common;

use common::Subject;
use tare_adapter_cuda::kernels::{Target, code_of};
use tare_adapter_cuda::{Fusion, Held, compile_for, plan_of};

/// Of every kind of step.
const MODELS: [&str; 5] = [
    "bert-tiny:layers=1,vocab=500",
    "squeezebert:layers=1,vocab=500",
    "gpt2:layers=1,vocab=500",
    "vit-b-32:layers=1",
    "resnet-18",
];

fn compile_all(capability: (u32, u32)) {
    if std::env::var_os("TARE_RUNTIMES").is_none() {
        println!("not run: TARE_RUNTIMES does not say where NVRTC is");
        return;
    }
    for name in MODELS {
        let subject = Subject::new(name, 64, 32);
        for held in [Held::F32, Held::F16, Held::Bf16] {
            let (plan, _) = plan_of(&subject.resolved, Fusion::Full, held).expect("a plan");
            let target = Target {
                multiprocessors: 132,
            };
            let code = code_of(&plan, target).expect("code");
            let made = compile_for(capability, &code);
            let made = made.unwrap_or_else(|error| panic!("{name} {held:?}: {error}"));
            assert!(made.starts_with(b"\x7fELF"), "{name} {held:?}");
        }
    }
}

#[test]
fn kernels_compile_for_ampere() {
    compile_all((8, 0));
}

#[test]
fn kernels_compile_for_hopper() {
    compile_all((9, 0));
}

#[test]
fn kernels_compile_for_blackwell() {
    compile_all((10, 0));
}
