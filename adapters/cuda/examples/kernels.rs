//! Prints the kernels of a zoo model's plan as CUDA C++, to read them or to see what a compiler makes of them:
//! `cargo run -p tare-adapter-cuda --example kernels -- bert-base fp16 > kernels.cu`.

use prost::Message as _;
use tare_adapter_cuda::kernels::{Target, code_of};
use tare_adapter_cuda::{Fusion, Held, plan_of};
use tare_models::zoo::{self, Form};
use tare_models::{Model, ShapeRequest, bind, resolve};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("name a model of the zoo")?;
    let held: Held = arguments.next().as_deref().unwrap_or("fp32").parse()?;
    let architecture = zoo::find(&name)?;
    let model = Model::from_bytes(architecture.build(0, Form::Full).encode_to_vec())?;
    let symbols = architecture.symbols(Form::Full).into_iter();
    let shapes = ShapeRequest {
        batch: None,
        symbols: symbols
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
    };
    let specs = bind(model.graph(), &shapes)?;
    let resolved = resolve(model.graph(), &specs)?;
    let (plan, _) = plan_of(&resolved, Fusion::Full, held)?;
    let target = Target {
        multiprocessors: 132,
    };
    println!("{}", code_of(&plan, target)?.source);
    Ok(())
}
