//! Calling kernels that were compiled for the host.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::path::Path;

use libloading::{Library, Symbol};

type Emulate = unsafe extern "C" fn(*const c_void, *const u32, u32, *const u64);

pub struct Kernels(Library);

impl Kernels {
    pub fn open(path: &Path) -> Self {
        // SAFETY: made by the test; loading it runs nothing.
        Self(unsafe { Library::new(path) }.expect("a library"))
    }

    /// Runs every block of a kernel.
    pub fn run(&self, kernel: &str, grid: [u32; 3], threads: u32, arguments: &[u64; 16]) {
        // SAFETY: the name is that of a function, whose address alone is asked for.
        let body: Symbol<*const c_void> = unsafe { self.0.get(kernel) }.expect("the kernel");
        // SAFETY: the emulator's header has this type of it.
        let emulate: Symbol<Emulate> = unsafe { self.0.get("tare_emulate") }.expect("there");
        // SAFETY: the addresses are of the memory of a plan, which lives.
        unsafe { emulate(*body, grid.as_ptr(), threads, arguments.as_ptr()) };
    }
}

/// So many bytes of a plan's memory.
pub fn bytes(at: u64, count: usize) -> Vec<u8> {
    // SAFETY: the address is of memory that the caller holds, with as many bytes.
    unsafe { std::slice::from_raw_parts(at as *const u8, count) }.to_vec()
}

/// Two words of a plan's memory.
pub fn words(at: u64) -> [u64; 2] {
    // SAFETY: as above.
    unsafe { *(at as *const [u64; 2]) }
}

/// An element of 32 or 16 bits as its bits.
pub fn element(at: u64, bytes: u64) -> u32 {
    // SAFETY: as above; elements are aligned.
    unsafe {
        match bytes {
            2 => u32::from(*(at as *const u16)),
            _ => *(at as *const u32),
        }
    }
}

/// Writes an element of 32 or 16 bits.
pub fn set_element(at: u64, bytes: u64, value: u32) {
    // SAFETY: as above, and no reference to it lives.
    unsafe {
        match bytes {
            2 => *(at as *mut u16) = value as u16,
            _ => *(at as *mut u32) = value,
        }
    }
}
