//! The two loops at each width of registers; a compiler's own choice depends on what it was told to build for.
#![allow(unsafe_code)]

use super::Line;

type Read = unsafe fn(&[Line]) -> u32;
type Triad = unsafe fn(&mut [Line], &[Line], &[Line], f32);

/// Loops that this processor can run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Streams {
    read: Read,
    triad: Triad,
}

impl Streams {
    /// The widest.
    pub(crate) fn widest() -> Self {
        Self::all().pop().unwrap_or(PLAIN)
    }

    /// Narrow before wide.
    pub(crate) fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let wider = x86::all();
        #[cfg(not(target_arch = "x86_64"))]
        let wider = [];
        [PLAIN].into_iter().chain(wider).collect()
    }

    /// The wrapping sum of all numbers' bits.
    pub(crate) fn read(&self, lines: &[Line]) -> u32 {
        // SAFETY: made only where the processor has what the loop needs.
        unsafe { (self.read)(lines) }
    }

    /// a = b + s·c, as far as the shortest of the three goes.
    pub(crate) fn triad(&self, a: &mut [Line], b: &[Line], c: &[Line], s: f32) {
        // SAFETY: made only where the processor has what the loop needs.
        unsafe { (self.triad)(a, b, c, s) }
    }
}

/// What the compiler makes for any processor of the architecture.
const PLAIN: Streams = Streams {
    read: plain_read,
    triad: plain_triad,
};

fn plain_read(lines: &[Line]) -> u32 {
    let mut sums = [0_u32; 16];
    for line in lines {
        for (sum, number) in sums.iter_mut().zip(&line.0) {
            *sum = sum.wrapping_add(number.to_bits());
        }
    }
    sums.into_iter().fold(0, u32::wrapping_add)
}

fn plain_triad(a: &mut [Line], b: &[Line], c: &[Line], s: f32) {
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        for ((a, b), c) in a.0.iter_mut().zip(&b.0).zip(&c.0) {
            *a = b + s * c;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::is_x86_feature_detected;
    use std::arch::x86_64::*;

    use super::{Line, Streams, plain_read};

    pub(super) fn all() -> Vec<Streams> {
        let avx2 = Streams {
            read: read_256,
            triad: triad_256,
        };
        let avx512 = Streams {
            read: read_512,
            triad: triad_512,
        };
        let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let mut all = Vec::new();
        all.extend(has_avx2.then_some(avx2));
        all.extend(is_x86_feature_detected!("avx512f").then_some(avx512));
        all
    }

    #[target_feature(enable = "avx512f")]
    fn read_512(lines: &[Line]) -> u32 {
        let (eights, rest) = lines.as_chunks::<8>();
        let mut sums = [_mm512_setzero_si512(); 8];
        for eight in eights {
            for (sum, line) in sums.iter_mut().zip(eight) {
                // SAFETY: a line is 64 bytes, aligned to 64.
                *sum = _mm512_add_epi32(*sum, unsafe {
                    _mm512_load_si512((&raw const *line).cast())
                });
            }
        }
        let [first, others @ ..] = sums;
        let mut total = first;
        for sum in others {
            total = _mm512_add_epi32(total, sum);
        }
        plain_read(rest).wrapping_add(_mm512_reduce_add_epi32(total) as u32)
    }

    #[target_feature(enable = "avx2")]
    fn read_256(lines: &[Line]) -> u32 {
        let (fours, rest) = lines.as_chunks::<4>();
        let mut sums = [_mm256_setzero_si256(); 8];
        for four in fours {
            let halves: *const __m256i = four.as_ptr().cast();
            for (index, sum) in sums.iter_mut().enumerate() {
                // SAFETY: four lines are eight halves of 32 bytes, aligned to 64.
                *sum = _mm256_add_epi32(*sum, unsafe { _mm256_load_si256(halves.add(index)) });
            }
        }
        let [first, others @ ..] = sums;
        let mut total = first;
        for sum in others {
            total = _mm256_add_epi32(total, sum);
        }
        // SAFETY: eight whole numbers of 32 bits either way.
        let lanes = unsafe { std::mem::transmute::<__m256i, [u32; 8]>(total) };
        lanes.into_iter().fold(plain_read(rest), u32::wrapping_add)
    }

    #[target_feature(enable = "avx512f")]
    fn triad_512(a: &mut [Line], b: &[Line], c: &[Line], s: f32) {
        let s = _mm512_set1_ps(s);
        for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
            // SAFETY: a line is 64 bytes, aligned to 64.
            unsafe {
                let (b, c) = (_mm512_load_ps(b.0.as_ptr()), _mm512_load_ps(c.0.as_ptr()));
                _mm512_store_ps(a.0.as_mut_ptr(), _mm512_fmadd_ps(s, c, b));
            }
        }
    }

    #[target_feature(enable = "avx2,fma")]
    fn triad_256(a: &mut [Line], b: &[Line], c: &[Line], s: f32) {
        let s = _mm256_set1_ps(s);
        for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
            for half in [0, 8] {
                // SAFETY: a line is two halves of 32 bytes, aligned to 64.
                unsafe {
                    let b = _mm256_load_ps(b.0.as_ptr().add(half));
                    let c = _mm256_load_ps(c.0.as_ptr().add(half));
                    _mm256_store_ps(a.0.as_mut_ptr().add(half), _mm256_fmadd_ps(s, c, b));
                }
            }
        }
    }
}
