//! What must be asked of a library file before `ort` takes it: its version, and whether it has the interface that `ort` calls.
#![allow(unsafe_code)]

use std::error::Error as _;
use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::ptr;

use libloading::Library;
use ort::sys;

/// A library file in this process.
pub(crate) struct Probe {
    library: Library,
    /// As the library says it, such as `1.31.1`.
    pub(crate) version: String,
    /// Whether it has the version of the interface that `ort` was made for.
    pub(crate) serves: bool,
}

impl Probe {
    /// Loads the file and asks it; it is unloaded when the probe is dropped.
    ///
    /// # Errors
    /// What the loader says, or what is missing from the file.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: loading runs the file's initialisers; it was named as an ONNX Runtime, whose initialisers only set up globals.
        let library = unsafe { Library::new(path) }.map_err(|error| said(&error))?;
        // SAFETY: the symbol has this signature in every ONNX Runtime (onnxruntime_c_api.h), and no other library exports it.
        let base = unsafe {
            library.get::<unsafe extern "C" fn() -> *const sys::OrtApiBase>(b"OrtGetApiBase")
        };
        let base = base.map_err(|_| "it does not export OrtGetApiBase".to_owned())?;
        // SAFETY: the function takes nothing and returns a pointer to a static table, or null.
        let base = unsafe { base().as_ref() }.ok_or("its OrtGetApiBase returns nothing")?;
        // SAFETY: the table's functions may be called at any time; the text is static.
        let version = unsafe { CStr::from_ptr((base.GetVersionString)()) };
        let version = version.to_string_lossy().into_owned();
        // SAFETY: as above; for an unknown number of the interface it returns null.
        let api = unsafe { (base.GetApi)(sys::ORT_API_VERSION) };
        Ok(Self {
            version,
            serves: !api.is_null(),
            library,
        })
    }

    /// Leaves the library in the process for good.
    pub(crate) fn keep(self) {
        std::mem::forget(self.library);
    }
}

/// What the loader says, which stands behind the error.
fn said(error: &libloading::Error) -> String {
    error.source().unwrap_or(error).to_string()
}

/// The execution providers that the open library was built with.
pub(crate) fn providers() -> Result<Vec<String>, ort::Error> {
    let (mut names, mut count): (*mut *mut c_char, c_int) = (ptr::null_mut(), 0);
    // SAFETY: both places are valid for writes; the status is owned and given away here.
    unsafe {
        ort::Error::result_from_status((ort::api().GetAvailableProviders)(&mut names, &mut count))
    }?;
    let mut found = Vec::new();
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the call returned `count` texts, each ended by zero, that live until they are released below.
        let name = unsafe { CStr::from_ptr(*names.add(index)) };
        found.push(name.to_string_lossy().into_owned());
    }
    // SAFETY: `names` and `count` are those of the call above, released once.
    unsafe {
        ort::Error::result_from_status((ort::api().ReleaseAvailableProviders)(names, count))
    }?;
    Ok(found)
}
