//! The driver's modules and launches.
#![allow(unsafe_code)]

use std::ffi::{CString, c_void};
use std::sync::Arc;

use cudarc::driver::result::{self, module};
use cudarc::driver::sys;
use tare_units::Bytes;

use crate::driver::{Context, Failed};
use crate::{Fault, Stream};

/// Addresses that the one argument of a kernel holds, by value: `struct Arguments { uint64_t at[16]; }`.
pub const ADDRESSES: usize = 16;

/// Code on the device.
pub struct Module {
    raw: sys::CUmodule,
    context: Arc<Context>,
}

// SAFETY: the driver lets any thread on which the context is current use a module.
unsafe impl Send for Module {}
// SAFETY: as above; nothing in it changes.
unsafe impl Sync for Module {}

impl Module {
    /// From `code`, which the driver copies.
    ///
    /// # Safety
    /// `code` is whole, as [`crate::compile`] gave it.
    ///
    /// # Errors
    /// Where it is not code for the device.
    pub unsafe fn load(context: &Arc<Context>, code: &[u8]) -> Result<Arc<Self>, Fault> {
        // SAFETY: an image as the compiler wrote it, says the caller, which tells its own size.
        let raw = unsafe { module::load_data(code.as_ptr().cast()) }.of("cuModuleLoadData")?;
        let context = context.clone();
        Ok(Arc::new(Self { raw, context }))
    }

    /// The kernel with this name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn kernel(self: &Arc<Self>, name: &str) -> Result<Kernel, Fault> {
        let call = format!("cuModuleGetFunction {name}");
        let named = CString::new(name).map_err(|error| Fault::new(&call, error))?;
        // SAFETY: loaded, and until `self` is dropped.
        let raw = unsafe { module::get_function(self.raw, named) }.of(&call)?;
        let module = self.clone();
        Ok(Kernel { raw, module })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        let _ = self.context.wait();
        // SAFETY: loaded with `self`; its kernels hold it, and none is at work any longer.
        let _ = unsafe { module::unload(self.raw) };
    }
}

/// A function of a module, which it holds.
#[derive(Clone)]
pub struct Kernel {
    raw: sys::CUfunction,
    module: Arc<Module>,
}

// SAFETY: as its module.
unsafe impl Send for Kernel {}
// SAFETY: as its module.
unsafe impl Sync for Kernel {}

impl Kernel {
    /// Lets launches ask for as much shared memory, where that is more than 48 KiB; at most what the device's facts say.
    ///
    /// # Errors
    /// Where the device has less.
    pub fn allow_shared(&self, bytes: Bytes) -> Result<(), Fault> {
        let attribute =
            sys::CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        let bytes = i32::try_from(bytes.as_bytes()).unwrap_or(i32::MAX);
        // SAFETY: of a module that is loaded.
        let asked = unsafe { result::function::set_function_attribute(self.raw, attribute, bytes) };
        asked.of("cuFuncSetAttribute")
    }

    /// The module that it is of.
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }
}

impl Stream {
    /// Starts `kernel`, which takes [`ADDRESSES`] addresses in one argument, in `grid` blocks of `block` threads, each
    /// block with `shared_bytes` of shared memory beside what the kernel declares.
    ///
    /// # Safety
    /// The kernel takes that argument and no other. What the addresses name is as large as it reads and writes, and stays
    /// until the stream has passed it, and during each launch of a [`crate::Graph`] that captured it; the kernel's
    /// module stays as long.
    ///
    /// # Errors
    /// Where the driver refuses, or an earlier fault comes out.
    pub unsafe fn launch(
        &self,
        kernel: &Kernel,
        grid: [u32; 3],
        block: u32,
        shared_bytes: u32,
        arguments: &[u64; ADDRESSES],
    ) -> Result<(), Fault> {
        let mut all = [std::ptr::from_ref(arguments).cast_mut().cast::<c_void>()];
        // SAFETY: one argument, which the driver reads before this returns, and never writes.
        unsafe { self.launch_with(kernel, grid, block, shared_bytes, &mut all) }
    }

    /// Starts `kernel` with arguments of its own types: the address of each, in the kernel's order.
    ///
    /// # Safety
    /// As of [`Stream::launch`], with `arguments` pointing to what the kernel takes; they are copied before this returns.
    ///
    /// # Errors
    /// Where the driver refuses, or an earlier fault comes out.
    pub unsafe fn launch_with(
        &self,
        kernel: &Kernel,
        grid: [u32; 3],
        block: u32,
        shared_bytes: u32,
        arguments: &mut [*mut c_void],
    ) -> Result<(), Fault> {
        let ([x, y, z], raw) = (grid, kernel.raw);
        // SAFETY: the kernel's module is loaded; the rest is as the caller says.
        let launched = unsafe {
            result::launch_kernel(
                raw,
                (x, y, z),
                (block, 1, 1),
                shared_bytes,
                self.raw,
                arguments,
            )
        };
        launched.of("cuLaunchKernel")
    }
}
