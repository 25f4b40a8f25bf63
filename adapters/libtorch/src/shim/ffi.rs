//! The library, its process-wide switches and inference mode: C functions made safe.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_void};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::ptr::NonNull;

use super::{ShimError, Switches};

/// Text on the heap of C, or null where all went well.
pub(super) type RawError = *mut c_char;

unsafe extern "C" {
    fn tare_free_text(text: *mut c_char);
    fn tare_version() -> u64;
    fn tare_library() -> *mut c_char;
    fn tare_set_switches(mkldnn: bool, tf32: bool, benchmark: bool, fixed: bool) -> RawError;
    #[cfg(test)]
    fn tare_switches() -> u32;
    fn tare_is_inference() -> bool;
    fn tare_enter_inference() -> *mut c_void;
    fn tare_leave_inference(guard: *mut c_void);
}

/// The text, which is freed; `None` where there is none.
pub(super) fn text(raw: *mut c_char) -> Option<String> {
    let raw = NonNull::new(raw)?;
    // SAFETY: the shim returns null or a string that ends in a zero octet and that it leaves to us.
    let text = unsafe { CStr::from_ptr(raw.as_ptr()) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: as above; it is not used after this.
    unsafe { tare_free_text(raw.as_ptr()) };
    Some(text)
}

pub(super) fn checked(raw: RawError) -> Result<(), ShimError> {
    text(raw).map_or(Ok(()), |text| Err(ShimError::new(&text)))
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
    #[cfg(test)]
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
