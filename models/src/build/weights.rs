//! Weights: cheap random numbers of the right spread, each tensor from its own name and the seed.

use bytes::Bytes;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::data_type::DataType;
use crate::proto::TensorProto;

/// The spread of a tensor's values: uniform with this mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Init {
    /// The mean.
    pub mean: f32,
    /// The standard deviation.
    pub std: f32,
}

impl Init {
    /// Around zero.
    pub const fn spread(std: f32) -> Self {
        Self { mean: 0.0, std }
    }

    /// Around `mean`.
    pub const fn around(mean: f32, std: f32) -> Self {
        Self { mean, std }
    }

    /// For the matrix of a sum over `fan_in` terms, so that its output has `gain` times the input's standard deviation.
    pub fn fan_in(fan_in: usize, gain: f32) -> Self {
        Self::spread(gain / (fan_in as f32).sqrt())
    }
}

/// Whether trained tensors are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// From this seed.
    Seeded(u64),
    /// Left without data: names and shapes only.
    Absent,
}

impl Weights {
    pub(super) fn tensor(self, name: &str, shape: &[usize], init: Init) -> TensorProto {
        let data = match self {
            Self::Seeded(seed) => Some(fill(seed, name, shape.iter().product(), init)),
            Self::Absent => None,
        };
        tensor(name, DataType::F32, shape, data)
    }
}

pub(super) fn tensor(
    name: &str,
    dtype: DataType,
    shape: &[usize],
    data: Option<Bytes>,
) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        data_type: Some(dtype.to_onnx()),
        dims: shape.iter().map(|size| *size as i64).collect(),
        raw_data: data,
        ..Default::default()
    }
}

fn fill(seed: u64, name: &str, count: usize, init: Init) -> Bytes {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ fnv(name));
    let mut bytes = vec![0u8; count * 4];
    let width = init.std * 12f32.sqrt();
    let offset = init.mean - 1.5 * width;
    let value =
        |bits: u32| (f32::from_bits(bits >> 9 | 0x3f80_0000) * width + offset).to_le_bytes();
    let mut pairs = bytes.chunks_exact_mut(8);
    for pair in &mut pairs {
        let bits = random.next_u64();
        pair[..4].copy_from_slice(&value(bits as u32));
        pair[4..].copy_from_slice(&value((bits >> 32) as u32));
    }
    let last = pairs.into_remainder();
    if !last.is_empty() {
        last.copy_from_slice(&value(random.next_u32()));
    }
    bytes.into()
}

fn fnv(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
