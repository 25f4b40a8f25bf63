//! Multiply-adds on NEON's registers: twenty-four independent sums, since four units with a latency of four need sixteen.
#![allow(unsafe_code)]

use std::arch::aarch64::*;
use std::hint::black_box;

use crate::adds::weave;

/// Independent sums.
pub(crate) const SUMS: usize = 24;

/// A fused multiply-add on 4 lanes; sums start at 1, 2, 3 …, and the value is the total of their lanes.
#[target_feature(enable = "neon")]
pub(crate) fn neon<const WOVEN: usize>(iterations: u64) -> f64 {
    let one = black_box(vdupq_n_f32(1.0));
    let start = |index: usize| vdupq_n_f32(black_box(index as f32 + 1.0));
    let mut sums: [float32x4_t; SUMS] = std::array::from_fn(start);
    let mut chain = 0;
    for _ in 0..iterations {
        chain = weave::<WOVEN>(chain);
        for sum in &mut sums {
            *sum = vfmaq_f32(*sum, one, one);
        }
    }
    black_box(chain);
    sums.iter().map(|sum| f64::from(vaddvq_f32(*sum))).sum()
}
