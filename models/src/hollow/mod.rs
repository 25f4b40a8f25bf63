//! Hollow twins of any model: the same operators on the same edges, every dimension shrunk as far as the graph lets it.
//!
//! Each axis of each tensor is a size to solve for (`variables`). What exporters write as shape constants is followed
//! back to the axes that it speaks of (`carriers`, `tags`); operators tie sizes to each other (`ties`); the
//! smallest that satisfy all ties are chosen (`solve`), constants are cropped to them, and the file is written
//! (`write`) and read back to be checked (`verify`).

mod at;
mod candidates;
mod carriers;
mod classes;
mod constants;
mod constraint;
mod crop;
mod error;
mod fold;
mod indices;
mod observe;
mod problem;
mod rung;
mod settle;
mod solve;
mod state;
mod tags;
mod ties;
mod twin;
mod variables;
mod verify;
mod work;
mod write;

use std::borrow::Cow;
use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message as _;

use crate::bind::TensorSpec;
use crate::model::Model;
use crate::proto::GraphProto;
use crate::read;
use crate::resolve::{self, Resolved};

use classes::Classes;
use observe::Observed;
use problem::{Opaque, Problem};
use solve::Solution;
use variables::Var;
use write::Writer;

pub use error::NoTwin;
pub use rung::{Rung, RungError};
pub use twin::{Doubt, Twin};

/// Channels of which blocked layouts of convolutions want a multiple.
const CHANNELS: i64 = 16;
/// Times that a twin is written anew because an operator of it did not come out as solved.
const MOST_CORRECTIONS: usize = 24;

/// The hollow twin of `model` at the input shapes `inputs` and at `rung`; the same bytes each time.
///
/// # Errors
/// [`NoTwin`] says which operator's tie cannot be met.
pub fn hollow(model: &Model, inputs: &[TensorSpec], rung: Rung) -> Result<Twin, NoTwin> {
    Original::new(model, inputs)?.twin(rung)
}

/// A model at concrete shapes, ready to give its twin at any rung.
#[derive(Debug)]
pub struct Original<'m> {
    model: &'m Model,
    proto: Cow<'m, GraphProto>,
    observed: Observed<'m>,
    problem: Problem,
    resolved: Resolved,
}

impl<'m> Original<'m> {
    /// Observes `model` at the input shapes `inputs`, and collects what ties its sizes.
    ///
    /// # Errors
    /// Inputs that do not fit the model.
    pub fn new(model: &'m Model, inputs: &[TensorSpec]) -> Result<Self, NoTwin> {
        let (resolved, known) = resolve::observe(model.graph(), inputs)?;
        let observed = Observed::new(model.graph(), &known);
        let mut problem = Problem::new(&observed);
        let carriers = carriers::find(&observed);
        carriers::tag(&mut problem, &observed, &carriers);
        ties::add(&mut problem, &observed, &carriers);
        Ok(Self {
            model,
            proto: read::whole_graph(model.proto())?,
            observed,
            problem,
            resolved,
        })
    }

    /// The twin at a rung.
    ///
    /// # Errors
    /// A tie that cannot be met, or a twin that does not come out as solved.
    pub fn twin(&self, rung: Rung) -> Result<Twin, NoTwin> {
        let mut pinned = BTreeSet::new();
        let mut kept = self.unruled();
        let mut last = None;
        for _ in 0..MOST_CORRECTIONS {
            let classes = Classes::new(&self.problem, rung, &pinned);
            let solution = solve::solve(&classes)
                .map_err(|unsolved| NoTwin::unsolved(&self.observed, &unsolved))?;
            let deviation = match self.written(&solution, rung, &kept)? {
                Ok(twin) => return Ok(twin),
                Err(deviation) => deviation,
            };
            let before = pinned.len();
            match deviation.keep.is_empty() {
                true => self.pin(deviation.operator, &mut pinned),
                false => pinned.extend(&deviation.keep),
            }
            kept.push(error::describe_deviation(&self.observed, &deviation));
            let is_stuck = pinned.len() == before;
            last = Some(deviation);
            if is_stuck {
                break;
            }
        }
        Err(NoTwin::unstable(&self.observed, last))
    }

    fn written(
        &self,
        solution: &Solution,
        rung: Rung,
        kept: &[String],
    ) -> Result<Result<Twin, verify::Deviation>, NoTwin> {
        let (observed, problem) = (&self.observed, &self.problem);
        let constants = constants::constants(observed, problem, solution)
            .map_err(|tensor| NoTwin::uncropped(observed, tensor))?;
        let writer = Writer {
            observed,
            problem,
            solution,
            constants: &constants,
        };
        let proto = writer.model(self.model.proto(), &self.proto, rung.to_string());
        let onnx = Bytes::from(proto.encode_to_vec());
        let model = Model::from_bytes(onnx.clone())?;
        let resolved = match verify::verify(&model, observed, problem, solution) {
            Ok(resolved) => resolved,
            Err(deviation) => return Ok(Err(deviation)),
        };
        let mut weighed = twin::weigh(&self.resolved, &resolved, kept.to_vec());
        weighed.doubts.extend(few_channels(problem, solution, rung));
        Ok(Ok(Twin {
            onnx,
            rung,
            inputs: verify::specs(observed, problem, solution),
            symbols: write::symbols(observed, problem, solution),
            ..weighed
        }))
    }

    /// All sizes around an operator.
    fn pin(&self, operator: usize, pinned: &mut BTreeSet<Var>) {
        let Some(operator) = self.observed.operators.get(operator) else {
            return;
        };
        let tensors = operator.inputs.iter().chain(&operator.outputs).flatten();
        for tensor in tensors {
            pinned.extend(self.problem.vars_of(*tensor));
        }
    }

    /// What is said of kinds of operators that keep all their sizes.
    fn unruled(&self) -> Vec<String> {
        let opaque = self.problem.opaque.iter();
        let kind = |position: &usize| &self.observed.operators[*position].node.op_type;
        let kinds: BTreeSet<(&String, Opaque)> = opaque
            .map(|(position, why)| (kind(position), *why))
            .collect();
        let said = kinds.into_iter().map(|(kind, why)| match why {
            Opaque::Rule => format!("there is no rule for {kind}"),
            Opaque::Shapes => format!("the shapes around {kind} are not known"),
        });
        said.collect()
    }
}

/// Whether convolutions lost channels at a rung that keeps none of them apart.
fn few_channels(problem: &Problem, solution: &Solution, rung: Rung) -> Option<Doubt> {
    let channels = problem.channels.iter().map(|channels| {
        let (was, left) = (problem.was(*channels), solution.size(*channels));
        (was >= CHANNELS && left < CHANNELS).then_some(left)
    });
    let most = channels.flatten().max().filter(|_| !rung.has_channels())?;
    Some(Doubt::FewChannels {
        channels: usize::try_from(most).ok()?,
    })
}
