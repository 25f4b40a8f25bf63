//! Multiply-adds on vector registers: as many independent sums as hide the latency of each.
//!
//! Every sum starts at a number of its own, lest the compiler keep one for all, and grows by the products of ones: what comes out tells how many multiply-adds were done.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::hint::black_box;
use std::mem::transmute;

use crate::adds::weave;

/// Sums `$acc…` that start at 1, 2, 3 …, each stepped in `PASSES` an iteration, in each beside a chain of `WOVEN` additions; the value is the total of their lanes.
macro_rules! sums {
    ($iterations:ident, $start:ident => $first:expr, $sum:ident => $step:expr, $last:ident => $total:expr, $($acc:ident)+) => {{
        let mut number = 0_u16;
        $(let mut $acc = { number += 1; let $start = black_box(number); $first };)+
        let mut chain = 0;
        for _ in 0..$iterations {
            for _ in 0..PASSES {
                $($acc = { let $sum = $acc; $step };)+
                chain = weave::<WOVEN>(chain);
            }
        }
        black_box(chain);
        let mut total = 0.0_f64;
        $(total += { let $last = $acc; $total };)+
        total
    }};
}

/// Twelve: two units with a latency of five keep ten at work, and sixteen registers hold them with the factors.
macro_rules! twelve {
    ($($rest:tt)+) => { sums!($($rest)+, a b c d e f g h i j k l) };
}

/// Independent sums of each kernel that multiplies and adds in one.
pub(crate) const SUMS: u64 = 12;
/// Independent sums of the one that does not: as many as sixteen registers hold with the factor.
///
/// Three ports share its multiplications and additions, unevenly at times. Twelve sums, whose latency is hardly shorter
/// than what the ports need, cannot make up for that and reach 90%.
pub(crate) const UNFUSED_SUMS: u64 = 15;
/// Passes over the sums in an iteration, lest the counting of iterations takes a port too often.
pub(crate) const PASSES: u64 = 4;

/// A multiplication by one and an addition of one, on 4 lanes.
#[target_feature(enable = "sse2")]
pub(crate) fn sse2<const WOVEN: usize>(iterations: u64) -> f64 {
    let one = black_box(_mm_set1_ps(1.0));
    sums!(
        iterations,
        start => _mm_set1_ps(f32::from(start)),
        sum => _mm_add_ps(_mm_mul_ps(sum, one), one),
        // SAFETY: four floats either way.
        last => unsafe { transmute::<__m128, [f32; 4]>(last) }.map(f64::from).iter().sum::<f64>(),
        a b c d e f g h i j k l m n o
    )
}

/// A fused multiply-add on 8 lanes.
#[target_feature(enable = "avx2,fma")]
pub(crate) fn avx2<const WOVEN: usize>(iterations: u64) -> f64 {
    let one = black_box(_mm256_set1_ps(1.0));
    twelve!(
        iterations,
        start => _mm256_set1_ps(f32::from(start)),
        sum => _mm256_fmadd_ps(one, one, sum),
        // SAFETY: eight floats either way.
        last => unsafe { transmute::<__m256, [f32; 8]>(last) }.map(f64::from).iter().sum::<f64>()
    )
}

/// A fused multiply-add on 16 lanes.
#[target_feature(enable = "avx512f")]
pub(crate) fn avx512<const WOVEN: usize>(iterations: u64) -> f64 {
    let one = black_box(_mm512_set1_ps(1.0));
    twelve!(
        iterations,
        start => _mm512_set1_ps(f32::from(start)),
        sum => _mm512_fmadd_ps(one, one, sum),
        last => f64::from(_mm512_reduce_add_ps(last))
    )
}

/// Two products of BF16 added to each of 16 sums in FP32.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(crate) fn avx512_bf16<const WOVEN: usize>(iterations: u64) -> f64 {
    const ONE: u16 = 0x3f80;
    // SAFETY: thirty-two BF16 are sixty-four bytes of any content.
    let one: __m512bh = black_box(unsafe { transmute::<[u16; 32], __m512bh>([ONE; 32]) });
    twelve!(
        iterations,
        start => _mm512_set1_ps(f32::from(start)),
        sum => _mm512_dpbf16_ps(sum, one, one),
        last => f64::from(_mm512_reduce_add_ps(last))
    )
}

/// Four products of bytes added to each of 16 sums.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(crate) fn avx512_vnni<const WOVEN: usize>(iterations: u64) -> f64 {
    let one = black_box(_mm512_set1_epi8(1));
    twelve!(
        iterations,
        start => _mm512_set1_epi32(i32::from(start)),
        sum => _mm512_dpbusd_epi32(sum, one, one),
        last => f64::from(_mm512_reduce_add_epi32(last))
    )
}

/// Four products of bytes added to each of 8 sums.
#[target_feature(enable = "avx2,avxvnni")]
pub(crate) fn avx_vnni<const WOVEN: usize>(iterations: u64) -> f64 {
    let one = black_box(_mm256_set1_epi8(1));
    twelve!(
        iterations,
        start => _mm256_set1_epi32(i32::from(start)),
        sum => _mm256_dpbusd_avx_epi32(sum, one, one),
        // SAFETY: eight whole numbers of 32 bits either way.
        last => unsafe { transmute::<__m256i, [i32; 8]>(last) }.map(f64::from).iter().sum::<f64>()
    )
}
