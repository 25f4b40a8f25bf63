//! Tensors filled from a seed, the same on every machine: integer arithmetic and exact conversions only.

use bytemuck::NoUninit;
use bytes::Bytes;
use half::{bf16, f16};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::bind::TensorSpec;
use crate::data_type::DataType;
use crate::inputs::Values;
use crate::tensor::Tensor;

/// A tensor of `values`, a function of `key` alone.
pub(crate) fn tensor(spec: &TensorSpec, values: &Values, key: [u64; 3]) -> Tensor {
    let seed = key.iter().fold(0, |state, part| mix(state ^ part));
    let mut numbers = Numbers {
        rng: Xoshiro256PlusPlus::seed_from_u64(seed),
        values,
        last_axis: spec.shape.last().copied().unwrap_or(1).max(1),
        position: 0,
    };
    let bytes = numbers.bytes(spec.dtype, spec.shape.iter().product());
    Tensor::from_bytes(spec.dtype, spec.shape.clone(), bytes)
        .expect("as many numbers were made as the shape asks for")
}

fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct Numbers<'v> {
    rng: Xoshiro256PlusPlus,
    values: &'v Values,
    last_axis: usize,
    position: usize,
}

impl Numbers<'_> {
    fn bytes(&mut self, dtype: DataType, count: usize) -> Bytes {
        match dtype {
            DataType::F32 => self.typed(count, |n| n.float() as f32),
            DataType::F64 => self.typed(count, Self::float),
            DataType::F16 => self.typed(count, |n| f16::from_f64(n.float()).to_bits()),
            DataType::Bf16 => self.typed(count, |n| bf16::from_f64(n.float()).to_bits()),
            DataType::Complex64 => self.typed(2 * count, |n| n.float() as f32),
            DataType::Complex128 => self.typed(2 * count, Self::float),
            DataType::I64 | DataType::U64 => self.typed(count, Self::integer),
            DataType::I32 | DataType::U32 => self.typed(count, |n| n.integer() as i32),
            DataType::I16 | DataType::U16 => self.typed(count, |n| n.integer() as i16),
            DataType::I8 | DataType::U8 => self.typed(count, |n| n.integer() as i8),
            DataType::Bool => self.typed(count, |n| u8::from(n.integer() != 0)),
            DataType::F8E4M3Fn | DataType::F8E4M3Fnuz => self.typed(count, |n| n.float8(3, 5)),
            DataType::F8E5M2 | DataType::F8E5M2Fnuz => self.typed(count, |n| n.float8(2, 13)),
            DataType::F8E8M0 => self.typed(count, |n| 126 + n.below(3) as u8),
            DataType::F4E2M1 => self.typed(count.div_ceil(2), |n| n.rng.next_u64() as u8),
            DataType::U4 | DataType::I4 => self.typed(count.div_ceil(2), |n| {
                let low = n.integer() as u8 & 15;
                low | (n.integer() as u8) << 4
            }),
            DataType::String => Bytes::new(),
        }
    }

    fn typed<T: NoUninit + Send + 'static>(
        &mut self,
        count: usize,
        mut next: impl FnMut(&mut Self) -> T,
    ) -> Bytes {
        let values: Vec<T> = (0..count).map(|_| next(self)).collect();
        Bytes::from_owner(Aligned(values))
    }

    fn float(&mut self) -> f64 {
        match self.values {
            Values::Normal => self.normal(),
            Values::Positive => self.normal().abs() + 0.5,
            _ => self.integer() as f64,
        }
    }

    /// Twelve uniform numbers of 16 bits, less their mean, over their standard deviation.
    fn normal(&mut self) -> f64 {
        let mut sum = 0u32;
        for _ in 0..3 {
            let word = self.rng.next_u64();
            sum += (0..4)
                .map(|part| (word >> (16 * part)) as u32 & 0xffff)
                .sum::<u32>();
        }
        (f64::from(sum) - 12.0 * 32_767.5) / 65_536.0
    }

    fn integer(&mut self) -> i64 {
        let position = self.position;
        self.position += 1;
        match self.values {
            Values::Normal | Values::Positive => self.below(2) as i64,
            Values::Uniform { low, high } => {
                let span = high.saturating_sub(*low).max(1) as u64;
                low.wrapping_add(self.below(span) as i64)
            }
            Values::Counting { below } => (position % self.last_axis) as i64 % (*below).max(1),
            Values::Fill(number) => *number,
            Values::List(numbers) => {
                let last = numbers.len().saturating_sub(1);
                numbers.get(position.min(last)).copied().unwrap_or(0)
            }
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.rng.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A finite eight-bit float of magnitude 1/4 to 4 with random sign and mantissa.
    fn float8(&mut self, mantissa_bits: u32, least_exponent: u8) -> u8 {
        let exponent = least_exponent + self.below(4) as u8;
        let word = self.rng.next_u64() as u8;
        let mantissa = word & ((1 << mantissa_bits) - 1);
        (word & 0x80) | exponent << mantissa_bits | mantissa
    }
}

struct Aligned<T>(Vec<T>);

impl<T: NoUninit> AsRef<[u8]> for Aligned<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}
