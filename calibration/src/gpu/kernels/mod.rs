//! The source of what runs on a device, and how many operations a launch of it is.

use super::MathMode;

/// CUDA C for NVRTC, to be compiled with [`options`].
pub(crate) const SOURCE: &str = include_str!("kernels.cu");

/// Threads of a block.
pub(crate) const BLOCK: u32 = 256;

/// What fits on a multiprocessor of any kind at once, so that no block waits for another.
const BLOCKS_EACH: u32 = 4;

/// Independent sums of a thread: with eight warps on each scheduler, more than the latency of an addition.
const CHAINS: u64 = 16;

/// Multiply-adds of a sum between two turns of the loop, whose own instructions are then less than 1% of all.
const STEPS: u64 = 32;

/// Turns of the loop in one launch: more than a millisecond.
pub(crate) const TURNS: u32 = 512;

/// What stands for the capitals in the source, and the device that it is compiled for: `sm_90` of (9, 0).
pub(crate) fn options(capability: (u32, u32)) -> Vec<String> {
    let mut options = tare_cuda::options_for(capability);
    options.push(format!("-DCHAINS={CHAINS}"));
    options.push(format!("-DSTEPS={STEPS}"));
    options.push(format!("-DBLOCK={BLOCK}"));
    options
}

/// Blocks of a launch.
pub(crate) fn blocks(multiprocessors: u64) -> u32 {
    u32::try_from(multiprocessors).map_or(BLOCKS_EACH, |number| number.saturating_mul(BLOCKS_EACH))
}

/// Threads of a launch.
pub(crate) fn threads(multiprocessors: u64) -> u64 {
    u64::from(blocks(multiprocessors)) * u64::from(BLOCK)
}

/// Whether a kernel on registers computes in `mode`.
pub(crate) fn has_fma(mode: MathMode) -> bool {
    matches!(mode, MathMode::Fp32 | MathMode::Fp16)
}

/// Of one launch of the kernel on registers; half precision comes in pairs.
pub(crate) fn operations(mode: MathMode, multiprocessors: u64) -> f64 {
    let lanes = if mode == MathMode::Fp16 { 2 } else { 1 };
    let each = 2 * lanes * CHAINS * STEPS * u64::from(TURNS);
    each as f64 * threads(multiprocessors) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_counts_each_thread_s_multiply_adds_as_two() {
        let threads = 10.0 * 4.0 * 256.0;
        let each = 2.0 * 16.0 * 32.0 * 512.0;
        assert_eq!(operations(MathMode::Fp32, 10), threads * each);
    }

    #[test]
    fn every_capital_of_the_source_is_defined() {
        let options = options((9, 0));
        assert_eq!(options[0], "--gpu-architecture=sm_90");
        for name in ["CHAINS", "STEPS", "BLOCK"] {
            assert!(SOURCE.contains(name), "{name}");
            let definition = format!("-D{name}=");
            assert!(options.iter().any(|one| one.starts_with(&definition)));
        }
    }

    #[test]
    fn a_number_of_multiprocessors_that_is_none_does_not_overflow() {
        assert_eq!(blocks(u64::MAX), BLOCKS_EACH);
        assert_eq!(blocks(u64::from(u32::MAX)), u32::MAX);
    }
}
