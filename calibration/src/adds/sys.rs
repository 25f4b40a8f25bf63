//! The chain in assembly, since a compiler would add once.
#![allow(unsafe_code)]

use std::arch::asm;

/// Additions of one iteration.
pub(crate) const ADDS: u64 = 64;

/// The sum of `iterations` × [`ADDS`] ones, each added to the sum before it.
///
/// The second operand is a register: processors since Golden Cove add small constants without taking a cycle.
#[cfg(target_arch = "x86_64")]
pub(crate) fn chain(iterations: u64) -> u64 {
    let mut sum = 0_u64;
    if iterations > 0 {
        // SAFETY: only the named registers and the flags change.
        unsafe {
            asm!(
                "2:",
                ".rept 64",
                "add {sum}, {one}",
                ".endr",
                "dec {left}",
                "jnz 2b",
                sum = inout(reg) sum,
                one = in(reg) 1_u64,
                left = inout(reg) iterations => _,
                options(nomem, nostack),
            );
        }
    }
    sum
}

/// The sum of `iterations` × [`ADDS`] ones, each added to the sum before it.
#[cfg(target_arch = "aarch64")]
pub(crate) fn chain(iterations: u64) -> u64 {
    let mut sum = 0_u64;
    if iterations > 0 {
        // SAFETY: only the named registers and the flags change.
        unsafe {
            asm!(
                "2:",
                ".rept 64",
                "add {sum}, {sum}, {one}",
                ".endr",
                "subs {left}, {left}, #1",
                "b.ne 2b",
                sum = inout(reg) sum,
                one = in(reg) 1_u64,
                left = inout(reg) iterations => _,
                options(nomem, nostack),
            );
        }
    }
    sum
}
