//! The choice among the kernels at run time: what is made here has been found in the processor.
#![allow(unsafe_code)]

use super::Absent;
use crate::Precision;

/// A kernel's loop alone, and with that many additions a pass, of which an iteration has one or more: more than the cycles that the slowest known core takes for it.
macro_rules! woven {
    ($kernel:path, $additions:literal) => {
        woven!($kernel, $additions, 1)
    };
    ($kernel:path, $additions:literal, $passes:expr) => {{
        use $kernel as kernel;
        let additions = $additions * $passes;
        (kernel::<0> as Run, kernel::<$additions> as Run, additions)
    }};
}

/// A kernel that this processor can run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fma {
    name: &'static str,
    precision: Precision,
    operations: u64,
    runs: Runs,
}

/// The loop alone, the loop with a chain of additions that takes longer, and the additions of an iteration.
type Runs = (Run, Run, u64);

type Run = unsafe fn(u64) -> f64;

impl Fma {
    /// Such as `fma-avx512`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn precision(&self) -> Precision {
        self.precision
    }

    /// Operations of one iteration, a multiply-add counting two.
    pub(crate) fn operations(&self) -> u64 {
        self.operations
    }

    /// The total of the sums after `iterations`.
    pub(crate) fn run(&self, iterations: u64) -> f64 {
        // SAFETY: one of these is made only by `when`, once the processor has what it needs.
        unsafe { (self.runs.0)(iterations) }
    }

    /// The same beside a chain of [`Fma::additions`] an iteration, which takes longer than they do.
    pub(crate) fn run_woven(&self, iterations: u64) -> f64 {
        // SAFETY: as above.
        unsafe { (self.runs.1)(iterations) }
    }

    /// Dependent additions of one iteration of [`Fma::run_woven`].
    pub(crate) fn additions(&self) -> u64 {
        self.runs.2
    }
}

/// Every kernel of this architecture, narrow before wide, or why it cannot run here.
#[cfg(target_arch = "x86_64")]
pub(crate) fn all() -> Vec<Result<Fma, Absent>> {
    let mut all = vectors();
    all.extend(tiles());
    all
}

#[cfg(target_arch = "x86_64")]
fn vectors() -> Vec<Result<Fma, Absent>> {
    use std::arch::is_x86_feature_detected as has;

    use super::x86::{
        PASSES, SUMS, UNFUSED_SUMS, avx_vnni, avx2, avx512, avx512_bf16, avx512_vnni, sse2,
    };
    use Precision::{Bf16, Fp32, Int8};

    const UNFUSED: u64 = 2 * UNFUSED_SUMS * PASSES;
    const SUM: u64 = 2 * SUMS * PASSES;
    let runs_unfused = woven!(sse2, 32, PASSES);
    let runs_2 = woven!(avx2, 16, PASSES);
    let runs_512 = woven!(avx512, 16, PASSES);
    let runs_bf16 = woven!(avx512_bf16, 32, PASSES);
    let runs_vnni = woven!(avx512_vnni, 16, PASSES);
    let (has_2, has_512) = (has!("avx2"), has!("avx512f"));
    let fma = found(has_2 && has!("fma"));
    let bf16 = found(has_512 && has!("avx512bf16"));
    let narrow_vnni = found(has_2 && has!("avxvnni"));
    let vnni = found(has_512 && has!("avx512vnni"));
    let runs_narrow = woven!(avx_vnni, 16, PASSES);
    vec![
        when("fma-sse2", Fp32, UNFUSED * 4, runs_unfused, Ok(())),
        when("fma-avx2", Fp32, SUM * 8, runs_2, fma),
        when("fma-avx512", Fp32, SUM * 16, runs_512, found(has_512)),
        when("dot-avx512-bf16", Bf16, SUM * 32, runs_bf16, bf16),
        when("dot-avx-vnni", Int8, SUM * 32, runs_narrow, narrow_vnni),
        when("dot-avx512-vnni", Int8, SUM * 64, runs_vnni, vnni),
    ]
}

#[cfg(target_arch = "x86_64")]
fn tiles() -> [Result<Fma, Absent>; 2] {
    use super::amx::{BF16, INT8, TILES, bf16, int8, usable};
    use Precision::{Bf16, Int8};

    const SUM: u64 = 2 * TILES * 16 * 16;
    let (runs_bf16, runs_int8) = (woven!(bf16, 80), woven!(int8, 80));
    [
        when("dot-amx-bf16", Bf16, SUM * 32, runs_bf16, usable(BF16)),
        when("dot-amx-int8", Int8, SUM * 64, runs_int8, usable(INT8)),
    ]
}

/// Every kernel of this architecture, or why it cannot run here.
#[cfg(target_arch = "aarch64")]
pub(crate) fn all() -> Vec<Result<Fma, Absent>> {
    let operations = 2 * 4 * super::arm::SUMS as u64;
    vec![when(
        "fma-neon",
        Precision::Fp32,
        operations,
        woven!(super::arm::neon, 32),
        Ok(()),
    )]
}

#[cfg(target_arch = "x86_64")]
fn found(has: bool) -> Result<(), &'static str> {
    has.then_some(())
        .ok_or("the processor does not have what it needs")
}

fn when(
    name: &'static str,
    precision: Precision,
    operations: u64,
    runs: Runs,
    usable: Result<(), &'static str>,
) -> Result<Fma, Absent> {
    let absent = |reason| Absent {
        name,
        precision,
        reason,
    };
    usable.map_err(absent).map(|()| Fma {
        name,
        precision,
        operations,
        runs,
    })
}
