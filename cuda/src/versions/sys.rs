//! The libraries' calls for their versions.
#![allow(unsafe_code)]

use std::ffi::c_void;

use cudarc::cublaslt::sys as blas;
use cudarc::driver::sys as driver;

use crate::Fault;
use crate::driver::{Failed, checked, needs};

/// The newest CUDA that the driver has, major before minor; it may be there without a device.
///
/// # Errors
/// Where there is no driver.
pub fn driver_version() -> Result<(u32, u32), Fault> {
    const CALL: &str = "cuDriverGetVersion";
    needs(&[CALL])?;
    let mut version = 0;
    // SAFETY: the number is written to a place of its own.
    let asked = unsafe { driver::cuDriverGetVersion(&mut version) };
    asked.result().of(CALL)?;
    let version = version.unsigned_abs();
    Ok((version / 1000, version % 1000 / 10))
}

/// The version of cuBLASLt as it counts: 130100 is 13.1.0.
///
/// # Errors
/// Where there is none.
pub fn product_library_version() -> Result<u64, Fault> {
    const CALL: &str = "cublasLtGetVersion";
    // SAFETY: loading cuBLASLt runs its initialisers, which are meant for any process.
    let present = unsafe { blas::is_culib_present() };
    let has = |symbol: &str| {
        // SAFETY: the library is present, and what is found is not called.
        unsafe {
            blas::culib()
                .get::<*const c_void>(symbol.as_bytes())
                .is_ok()
        }
    };
    let remedy = "install CUDA's cuBLAS 12 or 13 and name its folder in LD_LIBRARY_PATH";
    checked("libcublasLt", present, has, &[CALL], remedy)?;
    // SAFETY: the library is present, and takes no arguments.
    let version = unsafe { blas::cublasLtGetVersion() };
    Ok(version as u64)
}
