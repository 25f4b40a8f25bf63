//! What can be said of a device of NVIDIA's on a machine that has none, and of the kernels where their compiler is.

use crate::gpu::kernels;

/// The number of instructions that multiply and add on registers, of a kernel in compiled code.
fn count(code: &[u8], section: &str, opcodes: &[u64]) -> usize {
    let instructions = text(code, section).chunks_exact(16);
    let opcode = |bytes: &[u8]| u64::from(u16::from_le_bytes([bytes[0], bytes[1]])) & 0xfff;
    instructions
        .filter(|bytes| opcodes.contains(&opcode(bytes)))
        .count()
}

/// A section of an ELF file of 64 bits.
fn text<'c>(code: &'c [u8], name: &str) -> &'c [u8] {
    let number = |at: usize, bytes: usize| {
        let mut all = [0; 8];
        all[..bytes].copy_from_slice(&code[at..at + bytes]);
        u64::from_le_bytes(all) as usize
    };
    let (table, each) = (number(0x28, 8), number(0x3a, 2));
    let (sections, names) = (number(0x3c, 2), number(0x3e, 2));
    let names = number(table + names * each + 0x18, 8);
    let named = |header: &usize| {
        let from = names + number(*header, 4);
        code[from..].starts_with(format!("{name}\0").as_bytes())
    };
    let mut headers = (0..sections).map(|index| table + index * each);
    let header = headers.find(named).expect("the section is there");
    let (from, bytes) = (number(header + 0x18, 8), number(header + 0x20, 8));
    &code[from..from + bytes]
}

#[test]
#[ignore = "needs CUDA's NVRTC: name its folder in LD_LIBRARY_PATH"]
fn the_kernels_compile_for_three_generations_and_keep_every_multiply_add() {
    /// FFMA, HFMA2 and HFMA2.MMA, with registers or with constants.
    const FMA: [u64; 6] = [0x223, 0x623, 0x231, 0x631, 0x235, 0x635];
    for capability in [(8, 0), (9, 0), (10, 0)] {
        let options = kernels::options(capability);
        let code = tare_cuda::compile(kernels::SOURCE, &options).unwrap();
        for kernel in ["tare_fma_fp32", "tare_fma_fp16"] {
            let found = count(&code, &format!(".text.{kernel}"), &FMA);
            assert_eq!(found, 16 * 32, "{kernel} {capability:?}");
        }
        for kernel in ["tare_nothing", "tare_read", "tare_triad"] {
            assert!(!text(&code, &format!(".text.{kernel}")).is_empty());
        }
    }
}

#[test]
#[ignore = "needs CUDA's NVRTC: name its folder in LD_LIBRARY_PATH"]
fn source_that_does_not_compile_is_a_fault_with_what_the_compiler_says() {
    let fault = tare_cuda::compile("nonsense", &kernels::options((9, 0))).unwrap_err();
    assert!(fault.call.contains("sm_90"), "{fault}");
    assert!(fault.reason.contains("NVRTC_ERROR_COMPILATION"), "{fault}");
    assert!(fault.reason.contains("nonsense"), "{fault}");
}
