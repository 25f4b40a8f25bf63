//! Products of matrices on AMX's tiles, in assembly, since the compiler has no stable intrinsics for them.
#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;

/// Sums on tiles of their own, the products of two factors with two others, as a multiplication of matrices takes them.
pub(crate) const TILES: u64 = 4;

const BYTES: usize = 1024;

#[repr(C, align(64))]
struct Tile([u8; BYTES]);

/// Palette 1, and for each of eight tiles 64 bytes a row and 16 rows.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static CONFIGURATION: Configuration = Configuration {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// The bit of CPUID's leaf 7, EDX, that tells of products of BF16 (Intel, Software Developer's Manual).
pub(crate) const BF16: u32 = 22;
/// The bit that tells of products of bytes.
pub(crate) const INT8: u32 = 25;

/// Whether the processor has tiles and products of `bit`, and the kernel lets this process use them.
pub(crate) fn usable(bit: u32) -> Result<(), &'static str> {
    const TILE: u32 = 24;
    let features = __cpuid_count(7, 0).edx;
    let has = |bit: u32| features >> bit & 1 == 1;
    match has(TILE) && has(bit) {
        false => Err("the processor has no AMX for it"),
        true if !permitted() => Err("the kernel does not let this process use AMX"),
        true => Ok(()),
    }
}

/// Asks for the tiles' state (Linux, x86 "Using XSTATE features in user space applications"); threads that start later have it too.
fn permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let answer: i64;
    // SAFETY: the call takes two numbers, and changes no memory of this process.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

/// The loop around one instruction, with the total of the four sums' elements of type `$element`.
macro_rules! products {
    ($iterations:ident, $instruction:literal, $factor:expr, $element:ty) => {{
        let factor = Tile($factor);
        let mut sums = [const { Tile([0; BYTES]) }; TILES as usize];
        // SAFETY: `usable` was asked before; every tile is 16 rows of 64 bytes, as the buffers are; no tile is in use elsewhere.
        unsafe {
            asm!(
                "ldtilecfg [{configuration}]",
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "tileloadd tmm4, [{factor} + {stride}*1]",
                "tileloadd tmm5, [{factor} + {stride}*1]",
                "tileloadd tmm6, [{factor} + {stride}*1]",
                "tileloadd tmm7, [{factor} + {stride}*1]",
                "test {left}, {left}",
                "jz 3f",
                "2:",
                concat!($instruction, " tmm0, tmm4, tmm6"),
                concat!($instruction, " tmm1, tmm4, tmm7"),
                concat!($instruction, " tmm2, tmm5, tmm6"),
                concat!($instruction, " tmm3, tmm5, tmm7"),
                ".rept {woven}",
                "add {chain}, {one}",
                ".endr",
                "dec {left}",
                "jnz 2b",
                "3:",
                "tilestored [{sums} + {stride}*1], tmm0",
                "tilestored [{sums} + {stride}*1 + 1024], tmm1",
                "tilestored [{sums} + {stride}*1 + 2048], tmm2",
                "tilestored [{sums} + {stride}*1 + 3072], tmm3",
                "tilerelease",
                configuration = in(reg) &raw const CONFIGURATION,
                factor = in(reg) &raw const factor,
                sums = in(reg) sums.as_mut_ptr(),
                stride = in(reg) 64_u64,
                woven = const WOVEN,
                chain = inout(reg) 0_u64 => _,
                one = in(reg) 1_u64,
                left = inout(reg) $iterations => _,
                options(nostack),
            );
        }
        let elements = sums.iter().flat_map(|tile| tile.0.as_chunks::<4>().0);
        elements.map(|bytes| f64::from(<$element>::from_ne_bytes(*bytes))).sum()
    }};
}

/// 16 × 16 sums in FP32 of 32 products of BF16, four times.
///
/// # Safety
/// [`usable`] must have agreed.
pub(crate) unsafe fn bf16<const WOVEN: usize>(iterations: u64) -> f64 {
    const ONE: [u8; 2] = 0x3f80_u16.to_ne_bytes();
    let ones = std::array::from_fn(|index| ONE[index % 2]);
    products!(iterations, "tdpbf16ps", ones, f32)
}

/// 16 × 16 sums of 64 products of bytes, four times.
///
/// # Safety
/// [`usable`] must have agreed.
pub(crate) unsafe fn int8<const WOVEN: usize>(iterations: u64) -> f64 {
    products!(iterations, "tdpbssd", [1; BYTES], i32)
}
