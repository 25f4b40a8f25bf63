//! The functions of libcupti that this needs, each found before any is called, with their errors.
//!
//! Declared here as C has them, with numbers where the binding has Rust enumerations: a later library may answer with a
//! number that no enumeration has.
#![allow(unsafe_code)]

use std::error::Error;
use std::ffi::c_void;
use std::path::Path;

use tare_units::Nanoseconds;

use super::super::CuptiError;

/// Gives CUPTI a buffer: where it begins, its size in bytes, and how many records may be in it (0: as fit).
pub(in super::super) type Requested = unsafe extern "C" fn(*mut *mut u8, *mut usize, *mut usize);
/// Takes a buffer back: context, stream, buffer, its size and how much of it is written, in bytes.
pub(in super::super) type Completed = unsafe extern "C" fn(*mut c_void, u32, *mut u8, usize, usize);
/// Both.
pub(in super::super) type Callbacks = (Requested, Completed);
/// How many records of a context and stream found no room since it was asked last.
pub(in super::super) type Dropped = unsafe extern "C" fn(*mut c_void, u32, *mut usize) -> u32;
/// The record after this one in a buffer.
pub(in super::super) type NextRecord =
    unsafe extern "C" fn(*mut u8, usize, *mut *mut c_void) -> u32;

type Callback = unsafe extern "C" fn(*mut c_void, u32, u32, *const c_void);

/// Kinds of activities, by their numbers in cupti_activity.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(in super::super) enum Kind {
    /// Copies.
    Memcpy = 1,
    /// Fills.
    Memset = 2,
    /// Calls of the driver.
    Driver = 4,
    /// Calls of the runtime.
    Runtime = 5,
    /// Kernels, left to overlap as they do unwatched.
    ConcurrentKernel = 10,
}

/// Versions whose records begin as is known here: CUDA 11.8 to 12.9 count them, from CUDA 13 they are the toolkit's.
const COUNTED: std::ops::RangeInclusive<u32> = 18..=28;
const OF_CUDA_13: std::ops::Range<u32> = 130_000..140_000;
/// Buffers with records that have no end yet come back too.
const FORCED: u32 = 1;

/// A handle of the one subscriber that a process may have.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Subscriber(usize);

/// The library, for as long as the process lives: threads of its own go on.
#[derive(Debug)]
pub(in super::super) struct Library {
    subscribe: unsafe extern "C" fn(*mut *mut c_void, Callback, *mut c_void) -> u32,
    unsubscribe: unsafe extern "C" fn(*mut c_void) -> u32,
    register: unsafe extern "C" fn(Requested, Completed) -> u32,
    enable: unsafe extern "C" fn(u32) -> u32,
    disable: unsafe extern "C" fn(u32) -> u32,
    flush: unsafe extern "C" fn(u32) -> u32,
    timestamp: unsafe extern "C" fn(*mut u64) -> u32,
    /// Walks a buffer.
    pub(in super::super) next_record: NextRecord,
    /// Counts what is lost.
    pub(in super::super) dropped: Dropped,
}

impl Library {
    /// Loads the library at `path`, or that the loader finds by this name, and asks for its version.
    pub(in super::super) fn load(path: &Path) -> Result<&'static Self, CuptiError> {
        // SAFETY: loading CUPTI runs its initialisers, which are meant for any process.
        let loaded = unsafe { libloading::Library::new(path) };
        let loaded = loaded.map_err(|error| CuptiError::NotFound {
            tried: said(&error),
        })?;
        let handle: &'static libloading::Library = Box::leak(Box::new(loaded));
        let name = path.display().to_string();
        let version: unsafe extern "C" fn(*mut u32) -> u32 =
            symbol(handle, &name, "cuptiGetVersion")?;
        let mut number = 0;
        // SAFETY: the function writes one number where it is told to.
        let code = unsafe { version(&raw mut number) };
        check("cuptiGetVersion", code)?;
        if !COUNTED.contains(&number) && !OF_CUDA_13.contains(&number) {
            return Err(CuptiError::Version {
                library: name,
                version: number,
            });
        }
        Ok(Box::leak(Box::new(Self::of(handle, &name)?)))
    }

    fn of(handle: &'static libloading::Library, name: &str) -> Result<Self, CuptiError> {
        Ok(Self {
            subscribe: symbol(handle, name, "cuptiSubscribe")?,
            unsubscribe: symbol(handle, name, "cuptiUnsubscribe")?,
            register: symbol(handle, name, "cuptiActivityRegisterCallbacks")?,
            enable: symbol(handle, name, "cuptiActivityEnable")?,
            disable: symbol(handle, name, "cuptiActivityDisable")?,
            flush: symbol(handle, name, "cuptiActivityFlushAll")?,
            timestamp: symbol(handle, name, "cuptiGetTimestamp")?,
            next_record: symbol(handle, name, "cuptiActivityGetNextRecord")?,
            dropped: symbol(handle, name, "cuptiActivityGetNumDroppedRecords")?,
        })
    }

    /// Becomes the subscriber of this process: fails where another tool is.
    pub(in super::super) fn subscribe(&self) -> Result<Subscriber, CuptiError> {
        let mut handle = std::ptr::null_mut();
        // SAFETY: the handle outlives the call, and the callback ignores its arguments and needs no data.
        let code = unsafe { (self.subscribe)(&raw mut handle, ignored, std::ptr::null_mut()) };
        check("cuptiSubscribe", code)?;
        Ok(Subscriber(handle as usize))
    }

    /// Makes room for another.
    pub(in super::super) fn unsubscribe(&self, subscriber: Subscriber) {
        // SAFETY: the handle is the one that was given for this subscriber, and is given back once, as it is not kept.
        unsafe { (self.unsubscribe)(subscriber.0 as *mut c_void) };
    }

    /// Says where buffers come from and go to.
    pub(in super::super) fn register(
        &self,
        (requested, completed): Callbacks,
    ) -> Result<(), CuptiError> {
        // SAFETY: both are functions of this program, which last as long as it does.
        let code = unsafe { (self.register)(requested, completed) };
        check("cuptiActivityRegisterCallbacks", code)
    }

    /// Has activities of this kind recorded.
    pub(in super::super) fn enable(&self, kind: Kind) -> Result<(), CuptiError> {
        // SAFETY: takes a number, and refuses one that it does not know.
        let code = unsafe { (self.enable)(kind as u32) };
        check("cuptiActivityEnable", code)
    }

    /// No longer.
    pub(in super::super) fn disable(&self, kind: Kind) {
        // SAFETY: as for `enable`; that a kind was not enabled is no harm.
        unsafe { (self.disable)(kind as u32) };
    }

    /// Has all buffers come back; they do so within this call, on this thread.
    pub(in super::super) fn flush(&self) -> Result<(), CuptiError> {
        // SAFETY: takes a number; the callbacks that it calls hold no lock of this thread's.
        let code = unsafe { (self.flush)(FORCED) };
        check("cuptiActivityFlushAll", code)
    }

    /// The time by the clock of the records.
    pub(in super::super) fn now(&self) -> Result<Nanoseconds, CuptiError> {
        let mut nanos = 0;
        // SAFETY: the function writes one number where it is told to.
        let code = unsafe { (self.timestamp)(&raw mut nanos) };
        check("cuptiGetTimestamp", code)?;
        Ok(Nanoseconds::from_nanos(nanos))
    }
}

/// No callbacks are enabled: being the subscriber is all that is wanted.
unsafe extern "C" fn ignored(_: *mut c_void, _: u32, _: u32, _: *const c_void) {}

/// That the driver can be loaded, which it stays. CUPTI of CUDA 13.2 is known to crash without it.
pub(in super::super) fn driver_is_here() -> Result<(), CuptiError> {
    // SAFETY: loading the driver runs its initialisers, which are meant for any process.
    let driver = unsafe { libloading::Library::new("libcuda.so.1") };
    driver
        .map(std::mem::forget)
        .map_err(|error| CuptiError::NoDriver { said: said(&error) })
}

/// What the loader says, which stands behind the error.
fn said(error: &libloading::Error) -> String {
    error.source().unwrap_or(error).to_string()
}

fn symbol<T: Copy>(
    handle: &libloading::Library,
    library: &str,
    symbol: &'static str,
) -> Result<T, CuptiError> {
    // SAFETY: each is taken as the type that cupti.h declares for this name in every version that is accepted.
    let found = unsafe { handle.get::<T>(symbol.as_bytes()) };
    let lacks = |_| CuptiError::Lacks {
        library: library.to_owned(),
        symbol,
    };
    found.map(|found| *found).map_err(lacks)
}

fn check(call: &'static str, code: u32) -> Result<(), CuptiError> {
    match code {
        0 => Ok(()),
        code => Err(CuptiError::refused(call, code)),
    }
}
