//! Loading compiled kernels and launching each with arguments of its own types, over memory that is large enough.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};
use std::rc::Rc;

use cudarc::driver::result::{self, module};
use cudarc::driver::sys;

use super::super::super::device::Fault;
use super::super::super::kernels;
use super::super::driver::{Context, Failed, Memory, Stream};

/// Compiled kernels, loaded.
pub(crate) struct Kernels {
    module: sys::CUmodule,
    nothing: sys::CUfunction,
    fma_fp32: sys::CUfunction,
    fma_fp16: sys::CUfunction,
    read: sys::CUfunction,
    triad: sys::CUfunction,
    blocks: u32,
    /// A word for each thread, which none of them writes.
    out: Memory,
    stream: Rc<Stream>,
}

/// Of which numbers the kernel on registers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fma {
    /// Single precision.
    Single,
    /// Pairs of half precision.
    Half,
}

const PIECE: u64 = 16;

impl Kernels {
    /// From `code` for the context's device, which has this many multiprocessors.
    pub(crate) fn load(
        context: &Rc<Context>,
        stream: &Rc<Stream>,
        code: &[u8],
        multiprocessors: u64,
    ) -> Result<Self, Fault> {
        let out = Memory::new(context, kernels::threads(multiprocessors) * 4)?;
        // SAFETY: an image as the compiler wrote it, which the driver copies.
        let module = unsafe { module::load_data(code.as_ptr().cast()) }.of("cuModuleLoadData")?;
        let named = |name: &CStr| {
            // SAFETY: loaded just now.
            let found = unsafe { module::get_function(module, name.to_owned()) };
            found.of("cuModuleGetFunction")
        };
        Ok(Self {
            nothing: named(c"tare_nothing")?,
            fma_fp32: named(c"tare_fma_fp32")?,
            fma_fp16: named(c"tare_fma_fp16")?,
            read: named(c"tare_read")?,
            triad: named(c"tare_triad")?,
            module,
            blocks: kernels::blocks(multiprocessors),
            out,
            stream: stream.clone(),
        })
    }

    /// One thread that does nothing.
    pub(crate) fn nothing(&self) -> Result<(), Fault> {
        // SAFETY: the kernel takes no arguments and touches no memory.
        unsafe { self.launch(self.nothing, (1, 1), &mut []) }
    }

    /// Multiply-adds on registers.
    pub(crate) fn fma(&self, of: Fma) -> Result<(), Fault> {
        const SINGLES: (f32, f32) = (-0.999_999, 1.0);
        /// Pairs of -1 and of 1.
        const HALVES: (u32, u32) = (0xbc00_bc00, 0x3c00_3c00);
        let (mut out, mut turns) = (self.out.at, kernels::TURNS);
        let ((mut single, mut one), (mut half, mut ones)) = (SINGLES, HALVES);
        let all = (self.blocks, kernels::BLOCK);
        match of {
            Fma::Single => {
                let mut arguments = [at(&mut out), at(&mut single), at(&mut one), at(&mut turns)];
                // SAFETY: the types are the kernel's, and `out` has a word for each thread.
                unsafe { self.launch(self.fma_fp32, all, &mut arguments) }
            }
            Fma::Half => {
                let mut arguments = [at(&mut out), at(&mut half), at(&mut ones), at(&mut turns)];
                // SAFETY: as above.
                unsafe { self.launch(self.fma_fp16, all, &mut arguments) }
            }
        }
    }

    /// All of `memory`, read `passes` times.
    pub(crate) fn read(&self, memory: &Memory, passes: u32) -> Result<(), Fault> {
        let (mut from, mut count, mut passes) = (memory.at, memory.bytes() / PIECE, passes);
        let mut out = self.out.at;
        let mut arguments = [at(&mut from), at(&mut count), at(&mut passes), at(&mut out)];
        // SAFETY: the types are the kernel's; it reads `count` whole pieces, which lie in `memory`.
        unsafe { self.launch(self.read, (self.blocks, kernels::BLOCK), &mut arguments) }
    }

    /// The first third of `memory` from the other two, `passes` times.
    pub(crate) fn triad(&self, memory: &Memory, passes: u32) -> Result<(), Fault> {
        let (mut count, mut passes) = (memory.bytes() / PIECE / 3, passes);
        let third = |number: u64| memory.at + number * count * PIECE;
        let (mut a, mut b, mut c, mut factor) = (third(0), third(1), third(2), 0.5_f32);
        let mut arguments = [
            at(&mut a),
            at(&mut b),
            at(&mut c),
            at(&mut factor),
            at(&mut count),
            at(&mut passes),
        ];
        // SAFETY: the types are the kernel's; each third holds `count` whole pieces, all in `memory`.
        unsafe { self.launch(self.triad, (self.blocks, kernels::BLOCK), &mut arguments) }
    }

    /// # Safety
    /// `arguments` point to what `kernel` takes, in its order, over memory that it may use.
    unsafe fn launch(
        &self,
        kernel: sys::CUfunction,
        (blocks, threads): (u32, u32),
        arguments: &mut [*mut c_void],
    ) -> Result<(), Fault> {
        let (grid, block) = ((blocks, 1, 1), (threads, 1, 1));
        // SAFETY: of the module, which is loaded; the arguments are as the caller says, and are copied before this returns.
        let launched =
            unsafe { result::launch_kernel(kernel, grid, block, 0, self.stream.raw, arguments) };
        launched.of("cuLaunchKernel")
    }
}

impl Drop for Kernels {
    fn drop(&mut self) {
        let _ = self.stream.wait();
        // SAFETY: loaded with `self`, and none of its kernels is at work any longer.
        let _ = unsafe { module::unload(self.module) };
    }
}

fn at<T>(value: &mut T) -> *mut c_void {
    std::ptr::from_mut(value).cast()
}
