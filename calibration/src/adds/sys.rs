//! The chain in assembly, since a compiler would add once.
#![allow(unsafe_code)]

use std::arch::asm;

/// `sum` and `N` ones, each added to the sum before it, to be done while other units compute.
#[inline(always)]
pub(crate) fn weave<const N: usize>(sum: u64) -> u64 {
    let mut sum = sum;
    // SAFETY: only the named registers and the flags change.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            ".rept {count}",
            "add {sum}, {one}",
            ".endr",
            count = const N,
            sum = inout(reg) sum,
            one = in(reg) 1_u64,
            options(nomem, nostack),
        );
    }
    // SAFETY: only the named register changes.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            ".rept {count}",
            "add {sum}, {sum}, {one}",
            ".endr",
            count = const N,
            sum = inout(reg) sum,
            one = in(reg) 1_u64,
            options(nomem, nostack),
        );
    }
    sum
}
