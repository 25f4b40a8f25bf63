//! Where a plan's buffers lie on the device: inputs together, outputs together, weights together, and the arena.

use tare_models::byte_len;
use tare_units::Bytes;

use crate::memory::ALIGNMENT;
use crate::plan::{Place, Plan, PlannedBuffer};

/// Room for what a kernel could not do: a step's number plus one, and the value to blame.
pub(super) const FAULT_BYTES: u64 = 16;

/// Bytes of one buffer.
pub(super) fn bytes_of(buffer: &PlannedBuffer) -> u64 {
    byte_len(buffer.dtype, &buffer.shape).unwrap_or(0)
}

/// Blocks of memory in which each buffer begins at a multiple of [`ALIGNMENT`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Block {
    /// In the order of inputs, outputs or weights.
    pub(super) offsets: Vec<u64>,
    /// Of each.
    pub(super) sizes: Vec<u64>,
    /// Of all.
    pub(super) bytes: u64,
}

impl Block {
    fn of(mut members: Vec<(usize, u64)>) -> Self {
        members.sort_unstable();
        let mut block = Self::default();
        for (_, bytes) in members {
            block.offsets.push(block.bytes);
            block.sizes.push(bytes);
            block.bytes += bytes.next_multiple_of(ALIGNMENT);
        }
        block
    }

    /// Where the next would begin; at least one byte, as no device gives none.
    pub(super) fn size(&self) -> Bytes {
        Bytes::from_bytes(self.bytes.max(1))
    }

    /// The bytes of one member.
    pub(super) fn range(&self, number: usize) -> std::ops::Range<usize> {
        let from = self.offsets[number] as usize;
        from..from + self.sizes[number] as usize
    }
}

/// The blocks of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) inputs: Block,
    /// What kernels could not do stands behind the last output.
    pub(super) outputs: Block,
    pub(super) weights: Block,
}

impl Blocks {
    pub(super) fn of(plan: &Plan) -> Self {
        let members = |of: fn(Place) -> Option<usize>| {
            let buffers = plan.buffers.iter();
            let members = buffers.filter_map(|buffer| Some((of(buffer.place)?, bytes_of(buffer))));
            Block::of(members.collect())
        };
        Self {
            inputs: members(|place| match place {
                Place::Input(number) => Some(number),
                _ => None,
            }),
            outputs: members(|place| match place {
                Place::Output(number) => Some(number),
                _ => None,
            }),
            weights: members(|place| match place {
                Place::Weight(number) => Some(number),
                _ => None,
            }),
        }
    }

    /// Where kernels say what they could not do, from the beginning of the outputs.
    pub(super) fn faults(&self) -> u64 {
        self.outputs.bytes
    }

    /// Outputs and faults.
    pub(super) fn told(&self) -> Bytes {
        Bytes::from_bytes(self.outputs.bytes + FAULT_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_lie_in_their_order_at_multiples_of_the_alignment() {
        let block = Block::of(vec![(2, 4), (0, 300), (1, 256)]);
        assert_eq!(block.offsets, [0, 512, 768]);
        assert_eq!((block.bytes, block.range(2)), (1024, 768..772));
        assert_eq!(Block::of(Vec::new()).size(), Bytes::from_bytes(1));
    }
}
