//! The plan: steps in order over buffers with their places, as data that can be printed, stored and executed.

mod cost;
mod render;

use serde::{Deserialize, Serialize};
use tare_models::{DataType, Tensor, byte_len};
use tare_units::{Bytes, Flops};

use crate::draft::{Draft, Role};
use crate::memory::{self, Lifetime};
use crate::step::Step;
use crate::view::BufferId;

pub use render::{kind_name, render};

/// Where a buffer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// It is the model's input of this number.
    Input(usize),
    /// It is the model's output of this number.
    Output(usize),
    /// It is the constant of this number.
    Weight(usize),
    /// So many bytes from the beginning of the arena.
    Arena(Bytes),
}

/// A buffer and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBuffer {
    /// After the model's value.
    pub name: String,
    /// Of its elements.
    pub dtype: DataType,
    /// The model's shape.
    pub shape: Vec<usize>,
    /// Where it lies.
    pub place: Place,
}

/// A step and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// What it does.
    #[serde(flatten)]
    pub step: Step,
    /// Operations, a fused multiply-add counting two.
    pub flops: Flops,
    /// Read and written, each element once.
    pub bytes: Bytes,
}

/// Everything that executing a model at one set of shapes takes, but the weights' values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// By number.
    pub buffers: Vec<PlannedBuffer>,
    /// In execution order.
    pub steps: Vec<PlannedStep>,
    /// The arena's size.
    pub arena_bytes: Bytes,
    /// The most bytes of the arena that are in use at once.
    pub peak_bytes: Bytes,
    /// What the arena would take if no buffer shared its place.
    pub unshared_bytes: Bytes,
    /// All constants.
    pub weight_bytes: Bytes,
    /// All steps'.
    pub flops: Flops,
}

impl Plan {
    /// Lays out the buffers of a draft; gives the constants beside the plan, in the order of their numbers.
    pub fn of(mut draft: Draft) -> (Self, Vec<Tensor>) {
        draft.prune();
        draft.compact();
        let local: Vec<usize> = (0..draft.buffers.len())
            .filter(|number| draft.buffers[*number].role == Role::Local)
            .collect();
        let lifetimes: Vec<Lifetime> = local
            .iter()
            .map(|number| lifetime(&draft, BufferId(*number)))
            .collect();
        let arena = memory::place(&lifetimes);
        let mut offsets = arena.offsets.into_iter();
        let steps = draft.steps.iter().map(|step| cost::planned(&draft, step));
        let steps: Vec<PlannedStep> = steps.collect();
        let mut weights = Vec::new();
        let mut buffers = Vec::with_capacity(draft.buffers.len());
        for buffer in draft.buffers {
            let place = match buffer.role {
                Role::Input(number) => Place::Input(number),
                Role::Output(number) => Place::Output(number),
                Role::Weight(tensor) => {
                    weights.push(tensor);
                    Place::Weight(weights.len() - 1)
                }
                Role::Local => Place::Arena(offsets.next().unwrap_or_default()),
            };
            buffers.push(PlannedBuffer {
                name: buffer.name,
                dtype: buffer.dtype,
                shape: buffer.shape,
                place,
            });
        }
        let weight_bytes = weights.iter().map(|tensor| tensor.bytes().len() as u64);
        let flops = steps.iter().map(|step| step.flops);
        let plan = Self {
            flops: flops.fold(Flops::default(), Flops::saturating_add),
            weight_bytes: Bytes::from_bytes(weight_bytes.sum()),
            buffers,
            steps,
            arena_bytes: arena.bytes,
            peak_bytes: memory::peak(&lifetimes),
            unshared_bytes: memory::unshared(&lifetimes),
        };
        (plan, weights)
    }

    /// A buffer of the plan.
    pub fn buffer(&self, id: BufferId) -> &PlannedBuffer {
        &self.buffers[id.0]
    }
}

fn lifetime(draft: &Draft, id: BufferId) -> Lifetime {
    let touches = |step: &Step| {
        step.inputs
            .iter()
            .chain(&step.outputs)
            .any(|view| view.buffer == id)
    };
    let first = draft.steps.iter().position(touches).unwrap_or(0);
    let last = draft.steps.iter().rposition(touches).unwrap_or(0);
    let buffer = draft.buffer(id);
    Lifetime {
        bytes: Bytes::from_bytes(byte_len(buffer.dtype, &buffer.shape).unwrap_or(0)),
        first,
        last,
    }
}
