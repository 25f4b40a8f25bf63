//! The driver's calls with their errors, and the primary context of a device.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::Arc;

use cudarc::driver::result::{self, DriverError, ctx, device, primary_ctx};
use cudarc::driver::sys;
use tare_units::Bytes;

use super::facts::{self, Facts};
use crate::Fault;

/// Calls that contexts, streams, memory and kernels need: a missing one would end the process.
const SYMBOLS: [&str; 34] = [
    "cuCtxSetCurrent",
    "cuCtxSynchronize",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetCount",
    "cuDeviceGetName",
    "cuDevicePrimaryCtxRelease_v2",
    "cuDevicePrimaryCtxRetain",
    "cuDriverGetVersion",
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventElapsedTime_v2",
    "cuEventQuery",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuFuncSetAttribute",
    "cuInit",
    "cuLaunchKernel",
    "cuMemAlloc_v2",
    "cuMemFreeHost",
    "cuMemFree_v2",
    "cuMemGetInfo_v2",
    "cuMemHostAlloc",
    "cuMemcpyDtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemsetD8Async",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuStreamWaitEvent",
];

/// Names the call in an error of the driver's.
pub(crate) trait Failed<T> {
    /// The value, or the error's name with what it came of.
    fn of(self, call: &str) -> Result<T, Fault>;
}

impl<T> Failed<T> for Result<T, DriverError> {
    fn of(self, call: &str) -> Result<T, Fault> {
        self.map_err(|DriverError(error)| {
            Fault::new(call, format!("{error:?}")).sticky(is_sticky(error))
        })
    }
}

/// Errors that leave the process unable to use CUDA, as the documentation of `CUresult` says, and what a device that is gone answers.
fn is_sticky(error: sys::CUresult) -> bool {
    use sys::CUresult::*;
    matches!(
        error,
        CUDA_ERROR_DEINITIALIZED
            | CUDA_ERROR_ECC_UNCORRECTABLE
            | CUDA_ERROR_NVLINK_UNCORRECTABLE
            | CUDA_ERROR_CONTAINED
            | CUDA_ERROR_ILLEGAL_ADDRESS
            | CUDA_ERROR_LAUNCH_TIMEOUT
            | CUDA_ERROR_CONTEXT_IS_DESTROYED
            | CUDA_ERROR_ASSERT
            | CUDA_ERROR_HARDWARE_STACK_ERROR
            | CUDA_ERROR_ILLEGAL_INSTRUCTION
            | CUDA_ERROR_MISALIGNED_ADDRESS
            | CUDA_ERROR_INVALID_ADDRESS_SPACE
            | CUDA_ERROR_INVALID_PC
            | CUDA_ERROR_LAUNCH_FAILED
            | CUDA_ERROR_TENSOR_MEMORY_LEAK
            | CUDA_ERROR_MPS_CLIENT_TERMINATED
            | CUDA_ERROR_EXTERNAL_DEVICE
            | CUDA_ERROR_UNKNOWN
    )
}

/// A library that was found, with every one of `symbols` in it.
pub(crate) fn checked(
    library: &str,
    present: bool,
    has: impl Fn(&str) -> bool,
    symbols: &[&str],
    remedy: &str,
) -> Result<(), Fault> {
    if !present {
        let reason = format!("the library was not found; {remedy}");
        return Err(Fault::new(library, reason));
    }
    match symbols.iter().find(|symbol| !has(symbol)) {
        None => Ok(()),
        Some(symbol) => {
            let reason = format!("the library is too old for {symbol}; {remedy}");
            Err(Fault::new(library, reason))
        }
    }
}

/// A driver with these calls.
pub(crate) fn needs(symbols: &[&str]) -> Result<(), Fault> {
    // SAFETY: loading the driver runs its initialisers, which are meant for any process.
    let present = unsafe { sys::is_culib_present() };
    let remedy = "install NVIDIA's driver of CUDA 12.8 or later";
    checked("libcuda", present, has, symbols, remedy)
}

/// Of a driver that is present.
fn has(symbol: &str) -> bool {
    // SAFETY: the library is present, and what is found is not called.
    unsafe { sys::culib().get::<*const c_void>(symbol.as_bytes()).is_ok() }
}

/// How many devices the driver has; none where it does not start.
///
/// # Errors
/// Where there is no driver, and where it says why it has none that works.
pub fn device_count() -> Result<u32, Fault> {
    needs(&SYMBOLS)?;
    match result::init() {
        Err(DriverError(sys::CUresult::CUDA_ERROR_NO_DEVICE)) => return Ok(0),
        started => started.of("cuInit")?,
    }
    let count = device::get_count().of("cuDeviceGetCount")?;
    Ok(count.unsigned_abs())
}

/// The primary context of a device, which libraries of the same process share.
///
/// Any thread may use it once it has called [`Context::make_current`].
pub struct Context {
    device: sys::CUdevice,
    raw: sys::CUcontext,
}

// SAFETY: the driver lets any thread make a context current, and several at once.
unsafe impl Send for Context {}
// SAFETY: as above; nothing in it changes.
unsafe impl Sync for Context {}

impl Context {
    /// Of the device with this number, current on this thread.
    ///
    /// # Errors
    /// Where there is no driver, one older than CUDA 12.8, or no such device.
    pub fn open(ordinal: u32) -> Result<Arc<Self>, Fault> {
        needs(&SYMBOLS)?;
        result::init().of("cuInit")?;
        let number = i32::try_from(ordinal).unwrap_or(i32::MAX);
        let device = device::get(number).of("cuDeviceGet")?;
        // SAFETY: the driver gave this device.
        let raw = unsafe { primary_ctx::retain(device) }.of("cuDevicePrimaryCtxRetain")?;
        let context = Arc::new(Self { device, raw });
        context.make_current()?;
        Ok(context)
    }

    /// Makes it the one that calls of this thread use, until another is made current; costs next to nothing.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub fn make_current(&self) -> Result<(), Fault> {
        // SAFETY: retained when it was opened, and until it is dropped.
        unsafe { ctx::set_current(self.raw) }.of("cuCtxSetCurrent")
    }

    /// Waits for all work of all streams.
    ///
    /// # Errors
    /// Those of the work; and where a stream is being captured.
    pub fn wait(&self) -> Result<(), Fault> {
        ctx::synchronize().of("cuCtxSynchronize")
    }

    /// What the driver says of the device now.
    ///
    /// # Errors
    /// Where the driver does not say what every driver must.
    pub fn facts(&self) -> Result<Facts, Fault> {
        use sys::CUdevice_attribute_enum::*;
        let capability = (
            self.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            self.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        );
        let (free, total) = result::mem_get_info().of("cuMemGetInfo")?;
        let bytes = |attribute| {
            self.attribute(attribute)
                .map(|of| Bytes::from_bytes(of.into()))
        };
        Ok(Facts {
            name: device::get_name(self.device).of("cuDeviceGetName")?,
            capability,
            multiprocessors: self
                .attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?
                .into(),
            l2: bytes(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)?,
            shared: bytes(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
            free: Bytes::from_bytes(free as u64),
            total: Bytes::from_bytes(total as u64),
            driver: driver_version()?,
            uuid: self.uuid(),
        })
    }

    fn uuid(&self) -> Option<String> {
        if !has("cuDeviceGetUuid_v2") {
            return None;
        }
        let found = device::get_uuid(self.device).ok()?;
        Some(facts::uuid(found.bytes.map(|byte| byte as u8)))
    }

    fn attribute(&self, attribute: sys::CUdevice_attribute) -> Result<u32, Fault> {
        // SAFETY: the driver gave this device.
        let value = unsafe { device::get_attribute(self.device, attribute) };
        let value = value.of("cuDeviceGetAttribute")?;
        u32::try_from(value)
            .map_err(|_| Fault::new("cuDeviceGetAttribute", format!("{attribute:?} is {value}")))
    }
}

/// The newest CUDA that the driver has, major before minor; it may be there without a device.
///
/// # Errors
/// Where there is no driver.
pub fn driver_version() -> Result<(u32, u32), Fault> {
    const CALL: &str = "cuDriverGetVersion";
    needs(&[CALL])?;
    let mut number = 0;
    // SAFETY: the number is written to a place of its own.
    let asked = unsafe { sys::cuDriverGetVersion(&mut number) };
    asked.result().of(CALL)?;
    Ok(facts::version(number.unsigned_abs()))
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: retained when it was opened; whatever was made in it holds it and is gone.
        let _ = unsafe { primary_ctx::release(self.device) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_not_there_or_too_old_is_a_reason_with_a_remedy() {
        let ask = |present, has: bool| checked("libx", present, |_| has, &["f"], "install x");
        assert_eq!(ask(true, true), Ok(()));
        let absent = ask(false, true).unwrap_err().to_string();
        assert_eq!(absent, "libx: the library was not found; install x");
        let old = ask(true, false).unwrap_err().to_string();
        assert_eq!(old, "libx: the library is too old for f; install x");
    }

    #[test]
    fn memory_that_ran_out_loses_no_context_and_an_illegal_address_does() {
        use sys::CUresult::*;
        let is = |error| {
            Err::<(), _>(DriverError(error))
                .of("f")
                .unwrap_err()
                .is_sticky()
        };
        for error in [CUDA_ERROR_ILLEGAL_ADDRESS, CUDA_ERROR_LAUNCH_FAILED] {
            assert!(is(error), "{error:?}");
        }
        assert!(is(CUDA_ERROR_ECC_UNCORRECTABLE) && is(CUDA_ERROR_UNKNOWN));
        for error in [
            CUDA_ERROR_OUT_OF_MEMORY,
            CUDA_ERROR_INVALID_VALUE,
            CUDA_ERROR_NOT_READY,
        ] {
            assert!(!is(error), "{error:?}");
        }
    }
}
