//! The libraries that this needs: on the loader's path, or installed by `tare runtime`.

use std::path::{Path, PathBuf};

use tare_adapter_api::AdapterError;
use tare_cuda::{Fault, compiler_version, driver_version, product_library_version};
use tare_runtimes::{Runtimes, how_to_install};

use super::sys;

/// The packages that hold libraries which are not on the loader's path, with the file that is looked for.
const PACKAGES: [&str; 2] = ["nvrtc", "cublaslt"];

/// The libraries' versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Such as `13.0`.
    pub(super) nvrtc: String,
    /// As the library counts: 130100 is 13.1.0.
    pub(super) cublaslt: String,
}

/// What is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lacking {
    pub(super) reason: String,
    pub(super) remedy: String,
}

impl Lacking {
    pub(super) fn refused(&self) -> AdapterError {
        AdapterError::Load(format!("{}; {}", self.reason, self.remedy))
    }
}

/// Opens the compiler, for the rest of the process; its version, major before minor.
pub(super) fn open_compiler() -> Result<(u32, u32), Lacking> {
    either(PACKAGES[0], compiler_version)
}

/// Opens all of them, for the rest of the process.
pub(super) fn open() -> Result<Found, Lacking> {
    let driver = driver_version().map_err(|fault| Lacking {
        reason: fault.to_string(),
        remedy: "run where an NVIDIA GPU and its driver are".to_owned(),
    })?;
    let (major, minor) = open_compiler()?;
    if driver.0 < major {
        return Err(Lacking {
            reason: format!(
                "the driver has CUDA {}.{}, and NVRTC makes code of CUDA {major}.{minor}",
                driver.0, driver.1
            ),
            remedy: "install NVIDIA's driver 580 or later, or CUDA 12's NVRTC and cuBLAS and name their folder in LD_LIBRARY_PATH".to_owned(),
        });
    }
    let cublaslt = either(PACKAGES[1], product_library_version)?;
    Ok(Found {
        nvrtc: format!("{major}.{minor}"),
        cublaslt: cublaslt.to_string(),
    })
}

/// What the library that the loader finds says; else the installed one.
fn either<T>(package: &str, ask: impl Fn() -> Result<T, Fault>) -> Result<T, Lacking> {
    let fault = match ask() {
        Ok(told) => return Ok(told),
        Err(fault) => fault,
    };
    let installed = Runtimes::from_environment().and_then(|all| all.find(package, None));
    if let Ok(installed) = installed {
        let loaded = companions(&installed.library)
            .iter()
            .chain([&installed.library])
            .try_for_each(|file| sys::load_for_good(file));
        loaded.map_err(|reason| Lacking {
            reason,
            remedy: how_to_install(package, None),
        })?;
    }
    ask().map_err(|_| lacking(package, &fault))
}

/// Its parts beside it, which it looks for by name: NVRTC is not told where its built-in functions are.
fn companions(library: &Path) -> Vec<PathBuf> {
    let folder = library.parent().and_then(|folder| folder.read_dir().ok());
    let files = folder.into_iter().flatten().flatten();
    let files = files.map(|file| file.path()).filter(|path| path != library);
    let named = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split_once(".so").map_or("", |(stem, _)| stem);
        stem.to_owned()
    };
    let own = named(library);
    let is_part = |path: &PathBuf| !own.is_empty() && named(path).starts_with(&own);
    files.filter(is_part).collect()
}

fn lacking(package: &str, fault: &Fault) -> Lacking {
    Lacking {
        reason: fault.to_string(),
        remedy: how_to_install(package, None),
    }
}
