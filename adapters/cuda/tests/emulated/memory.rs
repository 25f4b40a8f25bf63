//! The device's memory: blocks whose words begin as NaN in floats and −1 in integers.

use tare_adapter_api::Tensor;
use tare_adapter_cuda::kernels::Address;
use tare_adapter_cuda::plan::{Place, Plan};
use tare_models::byte_len;
use tare_units::Bytes;

const UNWRITTEN: u64 = u64::MAX;

pub struct Memory<'p> {
    plan: &'p Plan,
    /// For each buffer of the plan.
    bases: Vec<u64>,
    blocks: Vec<Vec<u64>>,
    outputs: Vec<(usize, usize)>,
    workspace: Vec<u64>,
    faults: Vec<u64>,
}

fn block(bytes: u64) -> Vec<u64> {
    vec![UNWRITTEN; bytes.div_ceil(8) as usize + 1]
}

fn holding(tensor: &Tensor) -> Vec<u64> {
    let mut words = block(tensor.bytes().len() as u64);
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..tensor.bytes().len()]
        .copy_from_slice(tensor.bytes());
    words
}

impl<'p> Memory<'p> {
    pub fn new(plan: &'p Plan, weights: &[Tensor], inputs: &[Tensor], workspace: Bytes) -> Self {
        let mut blocks = vec![block(plan.arena_bytes.as_bytes())];
        let mut bases = Vec::new();
        let mut outputs = Vec::new();
        for (number, buffer) in plan.buffers.iter().enumerate() {
            let made = match buffer.place {
                Place::Input(input) => holding(&inputs[input]),
                Place::Weight(weight) => holding(&weights[weight]),
                Place::Output(output) => {
                    outputs.push((output, number));
                    block(byte_len(buffer.dtype, &buffer.shape).unwrap_or(0))
                }
                Place::Arena(offset) => {
                    bases.push(blocks[0].as_ptr() as u64 + offset.as_bytes());
                    continue;
                }
            };
            bases.push(made.as_ptr() as u64);
            blocks.push(made);
        }
        outputs.sort_unstable();
        Self {
            plan,
            bases,
            blocks,
            outputs,
            workspace: block(workspace.as_bytes()),
            faults: vec![0; 2],
        }
    }

    pub fn address(&self, address: Address) -> u64 {
        match address {
            Address::Buffer(buffer, offset) => self.bases[buffer.0] + offset,
            Address::Workspace => self.workspace.as_ptr() as u64,
            Address::Faults => self.faults.as_ptr() as u64,
        }
    }

    /// The number of a step that failed, and the value to blame.
    pub fn fault(&self) -> Option<(u64, i64)> {
        let [step, value] = super::sys::words(self.faults.as_ptr() as u64);
        (step > 0).then(|| (step - 1, value as i64))
    }

    pub fn outputs(&self) -> Vec<Tensor> {
        let read = |(_, number): &(usize, usize)| {
            let buffer = &self.plan.buffers[*number];
            let bytes = byte_len(buffer.dtype, &buffer.shape).unwrap_or(0) as usize;
            let bytes = super::sys::bytes(self.bases[*number], bytes);
            Tensor::from_bytes(buffer.dtype, buffer.shape.clone(), bytes.into()).expect("a tensor")
        };
        self.outputs.iter().map(read).collect()
    }
}
