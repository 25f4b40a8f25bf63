//! The compiled kernels, each launched with arguments of its own types, over memory that is large enough.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::Arc;

use tare_cuda::{Kernel, Memory, Module, Stream};
use tare_units::Bytes;

use super::super::super::device::Fault;
use super::super::super::kernels;

/// Compiled kernels, loaded.
pub(crate) struct Kernels {
    nothing: Kernel,
    fma_fp32: Kernel,
    fma_fp16: Kernel,
    read: Kernel,
    triad: Kernel,
    blocks: u32,
    /// A word for each thread, which none of them writes.
    out: Memory,
    stream: Arc<Stream>,
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
    /// For the stream's device, which has this compute capability and so many multiprocessors.
    pub(crate) fn compile(
        stream: &Arc<Stream>,
        capability: (u32, u32),
        multiprocessors: u64,
    ) -> Result<Self, Fault> {
        let code = tare_cuda::compile(kernels::SOURCE, &kernels::options(capability))?;
        let words = Bytes::from_bytes(kernels::threads(multiprocessors) * 4);
        let out = Memory::zeroed(stream.context(), words)?;
        // SAFETY: whole, as the compiler gave it.
        let module = unsafe { Module::load(stream.context(), &code) }?;
        Ok(Self {
            nothing: module.kernel("tare_nothing")?,
            fma_fp32: module.kernel("tare_fma_fp32")?,
            fma_fp16: module.kernel("tare_fma_fp16")?,
            read: module.kernel("tare_read")?,
            triad: module.kernel("tare_triad")?,
            blocks: kernels::blocks(multiprocessors),
            out,
            stream: stream.clone(),
        })
    }

    /// One thread that does nothing.
    pub(crate) fn nothing(&self) -> Result<(), Fault> {
        // SAFETY: the kernel takes no arguments and touches no memory.
        unsafe { self.launch(&self.nothing, (1, 1), &mut []) }
    }

    /// Multiply-adds on registers.
    pub(crate) fn fma(&self, of: Fma) -> Result<(), Fault> {
        const SINGLES: (f32, f32) = (-0.999_999, 1.0);
        /// Pairs of -1 and of 1.
        const HALVES: (u32, u32) = (0xbc00_bc00, 0x3c00_3c00);
        let (mut out, mut turns) = (self.out.address(), kernels::TURNS);
        let ((mut single, mut one), (mut half, mut ones)) = (SINGLES, HALVES);
        let all = (self.blocks, kernels::BLOCK);
        match of {
            Fma::Single => {
                let mut arguments = [at(&mut out), at(&mut single), at(&mut one), at(&mut turns)];
                // SAFETY: the types are the kernel's, and `out` has a word for each thread.
                unsafe { self.launch(&self.fma_fp32, all, &mut arguments) }
            }
            Fma::Half => {
                let mut arguments = [at(&mut out), at(&mut half), at(&mut ones), at(&mut turns)];
                // SAFETY: as above.
                unsafe { self.launch(&self.fma_fp16, all, &mut arguments) }
            }
        }
    }

    /// All of `memory`, read `passes` times.
    pub(crate) fn read(&self, memory: &Memory, passes: u32) -> Result<(), Fault> {
        let (mut from, mut count, mut passes) = (memory.address(), pieces(memory), passes);
        let mut out = self.out.address();
        let mut arguments = [at(&mut from), at(&mut count), at(&mut passes), at(&mut out)];
        // SAFETY: the types are the kernel's; it reads `count` whole pieces, which lie in `memory`.
        unsafe { self.launch(&self.read, (self.blocks, kernels::BLOCK), &mut arguments) }
    }

    /// The first third of `memory` from the other two, `passes` times.
    pub(crate) fn triad(&self, memory: &Memory, passes: u32) -> Result<(), Fault> {
        let (mut count, mut passes) = (pieces(memory) / 3, passes);
        let third = |number: u64| memory.address() + number * count * PIECE;
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
        unsafe { self.launch(&self.triad, (self.blocks, kernels::BLOCK), &mut arguments) }
    }

    /// # Safety
    /// `arguments` point to what `kernel` takes, in its order, over memory that it may use.
    unsafe fn launch(
        &self,
        kernel: &Kernel,
        (blocks, threads): (u32, u32),
        arguments: &mut [*mut c_void],
    ) -> Result<(), Fault> {
        let grid = [blocks, 1, 1];
        // SAFETY: the arguments are as the caller says; memory is freed only after all work has ended.
        unsafe { self.stream.launch_with(kernel, grid, threads, 0, arguments) }
    }
}

/// Whole pieces that memory holds.
fn pieces(memory: &Memory) -> u64 {
    memory.bytes().as_bytes() / PIECE
}

fn at<T>(value: &mut T) -> *mut c_void {
    std::ptr::from_mut(value).cast()
}
