//! cuBLASLt's handles and descriptors, each destroyed with its owner.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::Arc;

use cudarc::cublaslt::result::{self, CublasError};
use cudarc::cublaslt::sys;

use super::super::columns::Stored;
use crate::Fault;
use crate::driver::{Context, checked};

/// Calls that products make.
const SYMBOLS: [&str; 15] = [
    "cublasLtCreate",
    "cublasLtDestroy",
    "cublasLtGetVersion",
    "cublasLtMatmul",
    "cublasLtMatmulAlgoCheck",
    "cublasLtMatmulAlgoGetHeuristic",
    "cublasLtMatmulDescCreate",
    "cublasLtMatmulDescDestroy",
    "cublasLtMatmulDescSetAttribute",
    "cublasLtMatmulPreferenceCreate",
    "cublasLtMatmulPreferenceDestroy",
    "cublasLtMatmulPreferenceSetAttribute",
    "cublasLtMatrixLayoutCreate",
    "cublasLtMatrixLayoutDestroy",
    "cublasLtMatrixLayoutSetAttribute",
];

/// What may be amiss where a library that is there does not start.
const DRIVER_IS_OLD: &str =
    "where the driver is older than this cuBLAS wants, install a newer driver or an older cuBLAS";

/// Names the call in an error of the library's.
fn of<T>(call: &str, result: Result<T, CublasError>) -> Result<T, Fault> {
    result.map_err(|error| Fault::new(call, format!("{:?}", error.0)))
}

/// The library, found and started for a context.
pub struct Library {
    pub(in super::super) handle: sys::cublasLtHandle_t,
    context: Arc<Context>,
}

// SAFETY: the documentation lets threads share a handle of cuBLASLt.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// For the device of `context`, which is current on this thread.
    ///
    /// # Errors
    /// Where the library is not there, or does not start.
    pub fn open(context: &Arc<Context>) -> Result<Arc<Self>, Fault> {
        is_here()?;
        let made = met("cublasLtCreate", result::create_handle(), context);
        let handle = made.map_err(|fault| {
            let reason = format!("{}; {DRIVER_IS_OLD}", fault.reason);
            Fault::new(&fault.call, reason).sticky(fault.is_sticky())
        })?;
        let context = context.clone();
        Ok(Arc::new(Self { handle, context }))
    }

    /// As [`product_library_version`].
    pub fn version(&self) -> u64 {
        version()
    }

    /// Names the call in an error of one that may have met a fault of the device's.
    pub(in super::super) fn of<T>(
        &self,
        call: &str,
        result: Result<T, CublasError>,
    ) -> Result<T, Fault> {
        met(call, result, &self.context)
    }

    /// The context that it was opened for.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }
}

/// As [`of`]; a context that is lost is told, which the library hides behind errors of its own.
fn met<T>(call: &str, result: Result<T, CublasError>, context: &Context) -> Result<T, Fault> {
    of(call, result).map_err(|fault| match context.wait() {
        Err(lost) if lost.is_sticky() => {
            let reason = format!("{}, of {}", fault.reason, lost.reason);
            Fault::new(call, reason).sticky(true)
        }
        _ => fault,
    })
}

/// The version of cuBLASLt as it counts, 130100 being 13.1.0, without a device. What one version chose is nothing to another.
///
/// # Errors
/// Where there is none, or one that lacks a call.
pub fn product_library_version() -> Result<u64, Fault> {
    is_here()?;
    Ok(version())
}

/// Of a library that is here.
fn version() -> u64 {
    // SAFETY: the library is present with this call, which takes no arguments.
    let version = unsafe { sys::cublasLtGetVersion() };
    version as u64
}

fn is_here() -> Result<(), Fault> {
    // SAFETY: loading cuBLASLt runs its initialisers, which are meant for any process.
    let present = unsafe { sys::is_culib_present() };
    let has = |symbol: &str| {
        // SAFETY: the library is present, and what is found is not called.
        unsafe { sys::culib().get::<*const c_void>(symbol.as_bytes()).is_ok() }
    };
    let remedy = "install CUDA's cuBLAS 12 or 13 and name its folder in LD_LIBRARY_PATH";
    checked("libcublasLt", present, has, &SYMBOLS, remedy)
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        let _ = self.context.wait();
        // SAFETY: created with `self`, destroyed here only; products hold it.
        let _ = unsafe { result::destroy_handle(self.handle) };
    }
}

/// Which product it is, but for the matrices.
pub(in super::super) struct Description(pub(in super::super) sys::cublasLtMatmulDesc_t);

impl Description {
    pub(in super::super) fn new(
        compute: sys::cublasComputeType_t,
        scale: sys::cudaDataType_t,
    ) -> Result<Self, Fault> {
        let made = result::create_matmul_desc(compute, scale);
        of("cublasLtMatmulDescCreate", made).map(Self)
    }

    /// # Safety
    /// The attribute has the type `T`.
    pub(in super::super) unsafe fn set<T>(
        &self,
        attribute: sys::cublasLtMatmulDescAttributes_t,
        value: T,
    ) -> Result<(), Fault> {
        let at = std::ptr::from_ref(&value).cast();
        // SAFETY: it lives, and the value is as large as the attribute.
        let set =
            unsafe { result::set_matmul_desc_attribute(self.0, attribute, at, size_of::<T>()) };
        of("cublasLtMatmulDescSetAttribute", set)
    }
}

impl Drop for Description {
    fn drop(&mut self) {
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { result::destroy_matmul_desc(self.0) };
    }
}

/// How a matrix lies, column after column.
pub(in super::super) struct Layout(pub(in super::super) sys::cublasLtMatrixLayout_t);

impl Layout {
    pub(in super::super) fn new(
        of_what: sys::cudaDataType_t,
        stored: &Stored,
        batch: u32,
    ) -> Result<Self, Fault> {
        use sys::cublasLtMatrixLayoutAttribute_t::*;
        let leading = i64::try_from(stored.leading).unwrap_or(i64::MAX);
        let made = result::create_matrix_layout(of_what, stored.rows, stored.columns, leading);
        let layout = Self(of("cublasLtMatrixLayoutCreate", made)?);
        if batch > 1 {
            let stride = i64::try_from(stored.stride).unwrap_or(i64::MAX);
            // SAFETY: the number of matrices is an i32.
            unsafe { layout.set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batch.cast_signed()) }?;
            // SAFETY: their distance is an i64.
            unsafe { layout.set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride) }?;
        }
        Ok(layout)
    }

    /// # Safety
    /// The attribute has the type `T`.
    unsafe fn set<T>(
        &self,
        attribute: sys::cublasLtMatrixLayoutAttribute_t,
        value: T,
    ) -> Result<(), Fault> {
        let at = std::ptr::from_ref(&value).cast();
        // SAFETY: it lives, and the value is as large as the attribute.
        let set =
            unsafe { result::set_matrix_layout_attribute(self.0, attribute, at, size_of::<T>()) };
        of("cublasLtMatrixLayoutSetAttribute", set)
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { result::destroy_matrix_layout(self.0) };
    }
}

/// What the proposed ways may need.
pub(in super::super) struct Preference(pub(in super::super) sys::cublasLtMatmulPreference_t);

impl Preference {
    /// At most so many bytes to work in, and the alignments of the first and second factor, the addend and the result.
    ///
    /// Parts of a sum that are computed apart are added in 32 bits, never as the elements of a result that `is_narrow`.
    pub(in super::super) fn new(
        workspace: u64,
        alignments: [u32; 4],
        is_narrow: bool,
    ) -> Result<Self, Fault> {
        use sys::cublasLtMatmulPreferenceAttributes_t::*;
        /// `CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE` and `CUBLASLT_REDUCTION_SCHEME_MASK`, which the bindings lack.
        const SCHEMES: [u32; 2] = [2, 7];
        let schemes = SCHEMES[usize::from(!is_narrow)];
        let made = result::create_matmul_pref();
        let preference = Self(of("cublasLtMatmulPreferenceCreate", made)?);
        // SAFETY: the size is a u64.
        unsafe { preference.set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace) }?;
        // SAFETY: a mask of schemes is a u32.
        unsafe { preference.set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, schemes) }?;
        let attributes = [
            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES,
        ];
        for (attribute, alignment) in attributes.into_iter().zip(alignments) {
            // SAFETY: an alignment is a u32.
            unsafe { preference.set(attribute, alignment) }?;
        }
        Ok(preference)
    }

    /// # Safety
    /// The attribute has the type `T`.
    unsafe fn set<T>(
        &self,
        attribute: sys::cublasLtMatmulPreferenceAttributes_t,
        value: T,
    ) -> Result<(), Fault> {
        let at = std::ptr::from_ref(&value).cast();
        // SAFETY: it lives, and the value is as large as the attribute.
        let set =
            unsafe { result::set_matmul_pref_attribute(self.0, attribute, at, size_of::<T>()) };
        of("cublasLtMatmulPreferenceSetAttribute", set)
    }
}

impl Drop for Preference {
    fn drop(&mut self) {
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { result::destroy_matmul_pref(self.0) };
    }
}
