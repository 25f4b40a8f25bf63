//! What the matrices hold: a device that multiplies zeros draws less power, and clocks higher, than one at work.

use super::MathMode;

/// Words of a pattern; matrices repeat it.
pub(crate) const WORDS: usize = 1 << 18;

/// Factors of changing size and sign, none of them zero, infinite or no number, in 32-bit words of the mode's format.
pub(crate) fn pattern(mode: MathMode) -> Vec<u32> {
    let (keep, set) = masks(mode);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        // Marsaglia, Xorshift RNGs, Journal of Statistical Software 8 (14), 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    };
    (0..WORDS).map(|_| next() & keep | set).collect()
}

/// Sign and fraction stay as they fall; the exponent is that of numbers from a half to one, of FP8 anything below two.
fn masks(mode: MathMode) -> (u32, u32) {
    match mode {
        MathMode::Fp32 | MathMode::Tf32 => (0x807f_ffff, 0x3f00_0000),
        MathMode::Fp16 => (0x83ff_83ff, 0x3800_3800),
        MathMode::Bf16 => (0x807f_807f, 0x3f00_3f00),
        MathMode::Fp8 => (0xbfbf_bfbf, 0x0808_0808),
        MathMode::Int8 => (0xffff_ffff, 0x0101_0101),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(mode: MathMode) -> Vec<f32> {
        let halves = |word: u32| [word & 0xffff, word >> 16];
        let pattern = pattern(mode).into_iter();
        match mode {
            MathMode::Bf16 => pattern
                .flat_map(halves)
                .map(|half| f32::from_bits(half << 16))
                .collect(),
            MathMode::Fp16 => pattern.flat_map(halves).map(from_half).collect(),
            _ => pattern.map(f32::from_bits).collect(),
        }
    }

    /// Of a normal number.
    fn from_half(half: u32) -> f32 {
        let (sign, rest) = (half >> 15, half & 0x7fff);
        f32::from_bits(sign << 31 | ((rest << 13) + (112 << 23)))
    }

    #[test]
    fn factors_are_ordinary_numbers_of_both_signs() {
        for mode in [
            MathMode::Fp32,
            MathMode::Tf32,
            MathMode::Fp16,
            MathMode::Bf16,
        ] {
            let values = values(mode);
            let is_in = |value: &f32| (0.5..1.0).contains(&value.abs());
            assert!(values.iter().all(is_in), "{mode}");
            let negative = values.iter().filter(|value| **value < 0.0).count();
            let share = negative as f64 / values.len() as f64;
            assert!((0.45..0.55).contains(&share), "{mode}: {share}");
        }
    }

    #[test]
    fn no_byte_is_zero_and_none_is_fp8_s_no_number() {
        for mode in [MathMode::Fp8, MathMode::Int8] {
            let bytes = pattern(mode).into_iter().flat_map(u32::to_le_bytes);
            assert!(bytes.clone().all(|byte| byte != 0), "{mode}");
            let is_nan = |byte: u8| mode == MathMode::Fp8 && byte & 0x7f == 0x7f;
            assert!(!bytes.clone().any(is_nan), "{mode}");
        }
    }

    #[test]
    fn a_pattern_repeats_nowhere_near() {
        let pattern = pattern(MathMode::Fp32);
        let again = pattern[1..].iter().filter(|word| **word == pattern[0]);
        assert!(again.count() < 3);
    }
}
