//! TorchScript modules: C functions made safe.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{NonNull, null_mut};

use tch::Tensor;

use crate::shim::ShimError;
use crate::shim::ffi::{RawError, checked};

/// `at::Tensor`.
type RawTensor = c_void;
/// The shim's `Module`.
type RawModule = c_void;

unsafe extern "C" {
    fn tare_free_module(module: *mut RawModule);
    fn tare_load_module(
        path: *const c_char,
        device: *const c_char,
        out: *mut *mut RawModule,
    ) -> RawError;
    fn tare_begin_trace(inputs: *const *const RawTensor, count: usize) -> RawError;
    fn tare_abandon_trace();
    fn tare_is_traced(tensor: *const RawTensor) -> bool;
    fn tare_end_trace(
        outputs: *const *const RawTensor,
        count: usize,
        out: *mut *mut RawModule,
    ) -> RawError;
    #[cfg(test)]
    fn tare_save_module(module: *const RawModule, path: *const c_char) -> RawError;
    fn tare_freeze_module(module: *mut *mut RawModule) -> RawError;
    fn tare_optimize_module(module: *mut *mut RawModule) -> RawError;
    fn tare_module_arity(module: *const RawModule, least: *mut usize, most: *mut usize)
    -> RawError;
    fn tare_module_disturbs(
        module: *const RawModule,
        input: usize,
        disturbs: *mut bool,
    ) -> RawError;
    fn tare_module_remembers(module: *const RawModule, remembers: *mut bool) -> RawError;
    #[cfg(test)]
    fn tare_module_graph(module: *const RawModule) -> *mut c_char;
    #[cfg(test)]
    fn tare_define_module(source: *const c_char, out: *mut *mut RawModule) -> RawError;
    fn tare_run_module(
        module: *mut RawModule,
        inputs: *const *const RawTensor,
        count: usize,
        into: *mut c_void,
        take: unsafe extern "C" fn(*mut c_void, *mut RawTensor),
    ) -> RawError;
}

fn raw(tensors: &[&Tensor]) -> Vec<*const RawTensor> {
    tensors
        .iter()
        .map(|tensor| tensor.as_ptr().cast())
        .collect()
}

fn c_text(text: &[u8]) -> Result<CString, ShimError> {
    CString::new(text).map_err(|_| ShimError::new("a name holds a zero octet"))
}

/// Whether a trace is being recorded on this thread and the tensor depends on its inputs.
pub(crate) fn is_traced(tensor: &Tensor) -> bool {
    // SAFETY: the tensor lives for the call.
    unsafe { tare_is_traced(tensor.as_ptr().cast()) }
}

/// A TorchScript module that was read or traced, with its weights.
pub(crate) struct Module(NonNull<RawModule>);

// SAFETY: nothing in a module belongs to a thread.
unsafe impl Send for Module {}
// SAFETY: the methods that take `&self` read the module or execute it, which libtorch allows from several threads: its
// executor locks where it prepares plans. A module that may store values in `forward` is executed by one at a time, for
// which its owner asks `may_remember`.
unsafe impl Sync for Module {}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: the shim made it, and it is not used again.
        unsafe { tare_free_module(self.0.as_ptr()) };
    }
}

/// Abandons the trace unless it is ended.
struct Tracing;

impl Drop for Tracing {
    fn drop(&mut self) {
        // SAFETY: it clears this thread's trace, and does nothing where there is none.
        unsafe { tare_abandon_trace() };
    }
}

impl Module {
    /// Reads a TorchScript file into the memory of `device`, written as `cpu` or `cuda:0`.
    ///
    /// # Errors
    /// Where the file is no TorchScript, or the module has no `forward`.
    pub(crate) fn load(path: &Path, device: &str) -> Result<Self, ShimError> {
        let path = c_text(path.as_os_str().as_bytes())?;
        let device = c_text(device.as_bytes())?;
        // SAFETY: both strings end in zero and live for the call.
        Self::made(|out| unsafe { tare_load_module(path.as_ptr(), device.as_ptr(), out) })
    }

    /// A module of the calls that `body` makes; tensors that do not depend on `inputs` are its constants, not copied.
    ///
    /// # Errors
    /// Those of `body`, and where libtorch cannot record what it does.
    pub(crate) fn trace<E: From<ShimError>>(
        inputs: &[&Tensor],
        body: impl FnOnce() -> Result<Vec<Tensor>, E>,
    ) -> Result<Self, E> {
        let inputs = raw(inputs);
        // SAFETY: as many pointers as it says, to tensors that live for the call.
        checked(unsafe { tare_begin_trace(inputs.as_ptr(), inputs.len()) })?;
        let tracing = Tracing;
        let outputs = body()?;
        let outputs: Vec<&Tensor> = outputs.iter().collect();
        let outputs = raw(&outputs);
        // SAFETY: as above.
        let made =
            Self::made(|out| unsafe { tare_end_trace(outputs.as_ptr(), outputs.len(), out) });
        drop(tracing);
        Ok(made?)
    }

    /// The module with these methods, written in TorchScript.
    #[cfg(test)]
    pub(crate) fn define(source: &str) -> Result<Self, ShimError> {
        let source = c_text(format!("{source}\n").as_bytes())?;
        // SAFETY: the string ends in zero and lives for the call.
        Self::made(|out| unsafe { tare_define_module(source.as_ptr(), out) })
    }

    fn made(make: impl FnOnce(*mut *mut RawModule) -> RawError) -> Result<Self, ShimError> {
        let mut module = null_mut();
        checked(make(&raw mut module))?;
        NonNull::new(module)
            .map(Self)
            .ok_or_else(|| ShimError::new("libtorch made no module"))
    }

    /// Writes a TorchScript file.
    ///
    /// # Errors
    /// Where it cannot be written.
    #[cfg(test)]
    pub(crate) fn save(&self, path: &Path) -> Result<(), ShimError> {
        let path = c_text(path.as_os_str().as_bytes())?;
        // SAFETY: the module is ours; the string lives for the call.
        checked(unsafe { tare_save_module(self.0.as_ptr(), path.as_ptr()) })
    }

    /// Makes constants of its parameters and folds what they allow, as `torch.jit.freeze` does.
    ///
    /// # Errors
    /// What libtorch says; the module is then as it was.
    pub(crate) fn freeze(self) -> Result<Self, ShimError> {
        // SAFETY: the pointer is ours alone.
        self.replaced(|module| unsafe { tare_freeze_module(module) })
    }

    /// Prepares a frozen module as `torch.jit.optimize_for_inference` does.
    ///
    /// # Errors
    /// What libtorch says.
    pub(crate) fn optimize(self) -> Result<Self, ShimError> {
        // SAFETY: the pointer is ours alone.
        self.replaced(|module| unsafe { tare_optimize_module(module) })
    }

    /// The shim frees the old module when it has made the new one, and leaves it alone where it fails.
    fn replaced(
        mut self,
        replace: impl FnOnce(*mut *mut RawModule) -> RawError,
    ) -> Result<Self, ShimError> {
        let mut module = self.0.as_ptr();
        checked(replace(&raw mut module))?;
        if let Some(module) = NonNull::new(module) {
            self.0 = module;
        }
        Ok(self)
    }

    /// How many tensors `forward` takes, at least and at most.
    ///
    /// # Errors
    /// Where it takes what is no tensor.
    pub(crate) fn arity(&self) -> Result<(usize, usize), ShimError> {
        let (mut least, mut most) = (0, 0);
        // SAFETY: the module is ours; both places live for the call.
        checked(unsafe { tare_module_arity(self.0.as_ptr(), &raw mut least, &raw mut most) })?;
        Ok((least, most))
    }

    /// Whether `forward` may write to the memory of its input of this index, or keep it beyond the call.
    ///
    /// # Errors
    /// Where there is no such input.
    pub(crate) fn may_disturb(&self, input: usize) -> Result<bool, ShimError> {
        let mut disturbs = false;
        // SAFETY: as above.
        checked(unsafe { tare_module_disturbs(self.0.as_ptr(), input, &raw mut disturbs) })?;
        Ok(disturbs)
    }

    /// Whether an execution may leave something in the module that the next one reads: an attribute, or values written
    /// onto a parameter, buffer or constant.
    ///
    /// # Errors
    /// Where libtorch cannot tell.
    pub(crate) fn may_remember(&self) -> Result<bool, ShimError> {
        let mut remembers = false;
        // SAFETY: as above.
        checked(unsafe { tare_module_remembers(self.0.as_ptr(), &raw mut remembers) })?;
        Ok(remembers)
    }

    /// Its graph as libtorch prints it.
    #[cfg(test)]
    pub(crate) fn graph(&self) -> String {
        // SAFETY: the module is ours; the text is left to us.
        crate::shim::ffi::text(unsafe { tare_module_graph(self.0.as_ptr()) }).unwrap_or_default()
    }

    /// Executes it: the tensors of what it returns, tuples, lists and dictionaries opened up in their order.
    ///
    /// # Errors
    /// Where it fails, or returns what holds no tensors.
    pub(crate) fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, ShimError> {
        unsafe extern "C" fn take(into: *mut c_void, tensor: *mut RawTensor) {
            // SAFETY: `into` is the vector below, which nothing else uses during the call; the tensor is left to us.
            let (outputs, tensor) = unsafe {
                let outputs = &mut *into.cast::<Vec<Tensor>>();
                (outputs, Tensor::from_ptr(tensor.cast()))
            };
            outputs.push(tensor);
        }
        let raw: Vec<*const RawTensor> = inputs.iter().map(|input| input.as_ptr().cast()).collect();
        let mut outputs: Vec<Tensor> = Vec::new();
        // SAFETY: as many pointers as it says, to tensors that live for the call; `take` is called only during it.
        checked(unsafe {
            tare_run_module(
                self.0.as_ptr(),
                raw.as_ptr(),
                raw.len(),
                (&raw mut outputs).cast(),
                take,
            )
        })?;
        Ok(outputs)
    }
}
