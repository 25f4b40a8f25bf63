//! A plain executor of plans on the host's processor: what each step must compute, over the very arena that was planned.
//!
//! It stands behind the traits of an adapter so that the conformance suite runs on it, and with it on lowering, fusion and
//! the places of buffers, on machines without a GPU. It is correct and not fast, and no framework to be measured.
//! Before each request the arena is filled with bytes that are NaN in floats and −1 in integers, so that a step which reads
//! what no step wrote, or what another has overwritten, shows.

mod attention;
mod convolution;
mod execute;
mod load;
mod map;
mod memory;
mod pick;
mod product;
mod rows;
mod session;
#[cfg(test)]
mod tests;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness, RuntimeFacts, Tensor,
    check_options, check_version, flag,
};

use self::load::LoadedPlan;
use self::memory::Memory;
use crate::plan::Plan;

const NAME: &str = "cuda-plan";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const FUSION: &str = "fusion";

/// Plans of [`crate::plan_of`], executed on the host in 32-bit floats by one thread, a batch a load.
///
/// Options: `fusion=true|false` (whether steps are fused; default true).
#[derive(Debug, Clone, Copy, Default)]
pub struct CudaPlan;

impl Adapter for CudaPlan {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        match check_version(NAME, version, VERSION).and_then(|()| fusion(options)) {
            Ok(fusion) => Readiness::Ready(facts(fusion)),
            Err(refusal) => Readiness::Unavailable {
                reason: refusal.to_string(),
                remedy: "use fusion=true|false".to_owned(),
            },
        }
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        Ok(Box::new(LoadedPlan::load(request)?))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        load::refuse_cell(request)?;
        crate::resolving::refuse_model(request)
    }
}

/// Executes a plan once: the inputs and the outputs in the model's order.
///
/// # Errors
/// `Run`, naming the step.
pub fn outputs_of(
    plan: &Plan,
    weights: &[Tensor],
    inputs: &[Tensor],
) -> Result<Vec<Tensor>, AdapterError> {
    let mut memory = Memory::new(plan, weights);
    session::request(&mut memory, plan, inputs.to_vec())?;
    (0..memory.outputs())
        .map(|number| memory.output(number))
        .collect()
}

/// Whether steps are fused.
fn fusion(options: &Options) -> Result<bool, AdapterError> {
    check_options(NAME, options, &[FUSION])?;
    flag(NAME, options, FUSION, true)
}

fn facts(fusion: bool) -> RuntimeFacts {
    RuntimeFacts {
        name: NAME.to_owned(),
        version: VERSION.to_owned(),
        options: [(FUSION.to_owned(), fusion.to_string())].into(),
        ..RuntimeFacts::default()
    }
}
