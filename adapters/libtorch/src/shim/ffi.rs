//! The shim's C functions, made safe: raw, then `Result`, then types that uphold what the functions ask.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, OsStr, c_char, c_void};
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::{NonNull, null_mut};

use tare_adapter_api::OperatorTime;
use tch::Tensor;

use super::Switches;

/// `at::Tensor`.
type RawTensor = c_void;
/// The shim's `Module`.
type RawModule = c_void;
/// Text on the heap of C, or null where all went well.
type RawError = *mut c_char;

unsafe extern "C" {
    fn tare_free_text(text: *mut c_char);
    fn tare_version() -> u64;
    fn tare_library() -> *mut c_char;
    fn tare_set_switches(mkldnn: bool, tf32: bool, benchmark: bool, fixed: bool) -> RawError;
    fn tare_switches() -> u32;
    fn tare_is_inference() -> bool;
    fn tare_enter_inference() -> *mut c_void;
    fn tare_leave_inference(guard: *mut c_void);

    fn tare_begin_recording() -> RawError;
    fn tare_end_recording(
        into: *mut c_void,
        take: unsafe extern "C" fn(*mut c_void, *const c_char, u64),
    ) -> RawError;

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
    fn tare_save_module(module: *const RawModule, path: *const c_char) -> RawError;
    fn tare_freeze_module(module: *mut *mut RawModule) -> RawError;
    fn tare_optimize_module(module: *mut *mut RawModule) -> RawError;
    fn tare_module_arity(
        module: *const RawModule,
        least: *mut usize,
        most: *mut usize,
    ) -> RawError;
    fn tare_module_writes(module: *const RawModule, input: usize, writes: *mut bool) -> RawError;
    fn tare_module_graph(module: *const RawModule) -> *mut c_char;
    fn tare_run_module(
        module: *mut RawModule,
        inputs: *const *const RawTensor,
        count: usize,
        into: *mut c_void,
        take: unsafe extern "C" fn(*mut c_void, *mut RawTensor),
    ) -> RawError;
}

/// What libtorch said when it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ShimError(String);

impl ShimError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// The text, which is freed; `None` where there is none.
fn text(raw: *mut c_char) -> Option<String> {
    let raw = NonNull::new(raw)?;
    // SAFETY: the shim returns null or a string that ends in a zero octet and that it leaves to us.
    let text = unsafe { CStr::from_ptr(raw.as_ptr()) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: as above; it is not used after this.
    unsafe { tare_free_text(raw.as_ptr()) };
    Some(text)
}

fn checked(raw: RawError) -> Result<(), ShimError> {
    text(raw).map_or(Ok(()), |text| Err(ShimError(text)))
}

fn raw(tensors: &[&Tensor]) -> Vec<*const RawTensor> {
    tensors
        .iter()
        .map(|tensor| tensor.as_ptr().cast())
        .collect()
}

fn c_path(path: &Path) -> Result<CString, ShimError> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| ShimError::new(format!("'{}' holds a zero octet", path.display())))
}

/// The version of the library that runs, such as `2.11.0`.
pub(crate) fn version() -> String {
    // SAFETY: it reads a constant of the library.
    let [major, minor, patch, ..] = unsafe { tare_version() }.to_be_bytes();
    format!("{major}.{minor}.{patch}")
}

/// The file that libtorch's kernels for the host's processor were loaded from.
pub(crate) fn library() -> Option<PathBuf> {
    // SAFETY: it asks the dynamic loader and returns null or text for us to free.
    let text = text(unsafe { tare_library() })?;
    Some(PathBuf::from(OsStr::new(&text)))
}

impl Switches {
    /// Sets all of them, for the whole process.
    ///
    /// # Errors
    /// What libtorch says.
    pub(crate) fn apply(self) -> Result<(), ShimError> {
        // SAFETY: plain values; libtorch sets its switches from any thread.
        checked(unsafe {
            tare_set_switches(
                self.mkldnn,
                self.tf32,
                self.cudnn_benchmark,
                self.cudnn_deterministic,
            )
        })
    }

    /// As the library has them; TF32 counts where both products and convolutions use it.
    pub(crate) fn in_force() -> Self {
        // SAFETY: it reads plain values.
        let bits = unsafe { tare_switches() };
        let has = |mask: u32| bits & mask == mask;
        Self {
            mkldnn: has(0b1),
            tf32: has(0b110),
            cudnn_benchmark: has(0b1000),
            cudnn_deterministic: has(0b1_0000),
        }
    }
}

/// Inference mode on this thread, for as long as the value lives.
pub(crate) struct Inference {
    guard: NonNull<c_void>,
    _of_this_thread: PhantomData<*const ()>,
}

impl Inference {
    /// Turns it on; `None` where it is on already.
    pub(crate) fn enter() -> Option<Self> {
        // SAFETY: both touch this thread's state only; the guard is handed back once, on this thread, by `drop`.
        let guard = unsafe { (!tare_is_inference()).then(|| tare_enter_inference()) }?;
        Some(Self {
            guard: NonNull::new(guard)?,
            _of_this_thread: PhantomData,
        })
    }

    /// Whether it is on.
    #[cfg(test)]
    pub(crate) fn is_on() -> bool {
        // SAFETY: it reads this thread's state.
        unsafe { tare_is_inference() }
    }
}

impl Drop for Inference {
    fn drop(&mut self) {
        // SAFETY: the guard was made on this thread, which the type cannot leave, and is not used again.
        unsafe { tare_leave_inference(self.guard.as_ptr()) };
    }
}

/// libtorch's profiler on this thread, for as long as the value lives.
pub(crate) struct Recorder {
    is_over: bool,
    _of_this_thread: PhantomData<*const ()>,
}

impl Recorder {
    /// Times each operator that this thread calls from here on, the outermost only: not those that it calls itself.
    ///
    /// # Errors
    /// Where another thread is being profiled.
    pub(crate) fn begin() -> Result<Self, ShimError> {
        // SAFETY: it adds callbacks to this thread; `drop` removes them on the same thread.
        checked(unsafe { tare_begin_recording() })?;
        Ok(Self {
            is_over: false,
            _of_this_thread: PhantomData,
        })
    }

    /// The operators since, in the order in which they ended.
    ///
    /// # Errors
    /// What libtorch says.
    pub(crate) fn end(mut self) -> Result<Vec<OperatorTime>, ShimError> {
        self.take()
    }

    fn take(&mut self) -> Result<Vec<OperatorTime>, ShimError> {
        unsafe extern "C" fn take(into: *mut c_void, name: *const c_char, nanoseconds: u64) {
            // SAFETY: `into` is the vector below, which nothing else uses during the call; the name ends in zero.
            let (times, name) =
                unsafe { (&mut *into.cast::<Vec<OperatorTime>>(), CStr::from_ptr(name)) };
            times.push(OperatorTime {
                name: None,
                kind: name.to_string_lossy().into_owned(),
                count: 1,
                time_ns: nanoseconds,
            });
        }
        self.is_over = true;
        let mut times: Vec<OperatorTime> = Vec::new();
        // SAFETY: `take` is called only before the function returns, with the pointer that is given here.
        checked(unsafe { tare_end_recording((&raw mut times).cast(), take) })?;
        Ok(times)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if !self.is_over {
            // Whoever drops the recorder wants none of it.
            let _ = self.take();
        }
    }
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
// executor locks where it prepares plans.
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
        let path = c_path(path)?;
        let device = CString::new(device).map_err(|error| ShimError::new(error.to_string()))?;
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
        let path = c_path(path)?;
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

    /// Whether `forward` may write to the memory of its input of this index.
    ///
    /// # Errors
    /// Where there is no such input.
    pub(crate) fn writes(&self, input: usize) -> Result<bool, ShimError> {
        let mut writes = false;
        // SAFETY: as above.
        checked(unsafe { tare_module_writes(self.0.as_ptr(), input, &raw mut writes) })?;
        Ok(writes)
    }

    /// Its graph as libtorch prints it.
    #[cfg(test)]
    pub(crate) fn graph(&self) -> String {
        // SAFETY: the module is ours; the text is left to us.
        text(unsafe { tare_module_graph(self.0.as_ptr()) }).unwrap_or_default()
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
