//! A plan's code on a machine without a GPU: its kernels compiled as C++ for the host, its products in loops.

#![allow(dead_code)]

mod memory;
mod product;
mod sys;

use std::path::Path;
use std::process::Command;

use tare_adapter_api::Tensor;
use tare_adapter_cuda::kernels::{Code, Launch, Target, Work, code_of};
use tare_adapter_cuda::plan::Plan;

use memory::Memory;
use sys::Kernels;

/// Few, so that small models fill it, and large ones do not.
const TARGET: Target = Target {
    multiprocessors: 20,
};

/// Executes a plan once; the outputs in the model's order.
pub fn outputs_of(
    plan: &Plan,
    weights: &[Tensor],
    inputs: &[Tensor],
) -> Result<Vec<Tensor>, String> {
    let code = code_of(plan, TARGET)?;
    let folder = tempfile::tempdir().expect("a folder");
    let kernels = compiled(&code, folder.path());
    let mut memory = Memory::new(plan, weights, inputs, code.workspace);
    for (_, work) in &code.works {
        match work {
            Work::Launch(launch) => run(&kernels, launch, &mut memory),
            Work::Product(product) => product::execute(product, &mut memory),
        }
    }
    match memory.fault() {
        Some((step, value)) => Err(format!("step {step}: {value}")),
        None => Ok(memory.outputs()),
    }
}

fn run(kernels: &Kernels, launch: &Launch, memory: &mut Memory) {
    let mut arguments = [0_u64; 16];
    for (place, address) in arguments.iter_mut().zip(&launch.arguments) {
        *place = memory.address(*address);
    }
    kernels.run(&launch.kernel, launch.grid, launch.threads, &arguments);
}

fn compiled(code: &Code, folder: &Path) -> Kernels {
    let (source, library) = (folder.join("kernels.cpp"), folder.join("kernels.so"));
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cuda/emulator/kernel.h");
    let header = std::fs::read_to_string(header).expect("the emulator's header");
    std::fs::write(&source, format!("{header}\n{}", code.source)).expect("written");
    let made = Command::new("g++")
        .args([
            "-std=c++17",
            "-O1",
            "-w",
            "-fPIC",
            "-shared",
            "-fno-strict-aliasing",
            "-o",
        ])
        .args([&library, &source])
        .output()
        .expect("g++ starts");
    let said = String::from_utf8_lossy(&made.stderr);
    let numbered = || {
        let text = std::fs::read_to_string(&source).unwrap_or_default();
        let from = text.find("struct Config_").unwrap_or(0);
        text[from..].to_owned()
    };
    assert!(made.status.success(), "{said}\n{}", numbered());
    Kernels::open(&library)
}
