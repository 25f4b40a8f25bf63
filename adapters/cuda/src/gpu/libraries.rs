//! The libraries that this needs: on the loader's path, or installed by `tare runtime`.

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

/// Opens all of them, for the rest of the process.
pub(super) fn open() -> Result<Found, Lacking> {
    driver_version().map_err(|fault| Lacking {
        reason: fault.to_string(),
        remedy: "run where an NVIDIA GPU and its driver are".to_owned(),
    })?;
    let (major, minor) = either(PACKAGES[0], compiler_version)?;
    let cublaslt = either(PACKAGES[1], product_library_version)?;
    Ok(Found {
        nvrtc: format!("{major}.{minor}"),
        cublaslt: cublaslt.to_string(),
    })
}

/// What the library that the loader finds says; else the installed one.
fn either<T>(package: &str, ask: impl Fn() -> Result<T, Fault>) -> Result<T, Lacking> {
    let Err(fault) = ask() else {
        return ask().map_err(|fault| lacking(package, &fault));
    };
    let installed = Runtimes::from_environment().and_then(|all| all.find(package, None));
    if let Ok(installed) = installed {
        sys::load_for_good(&installed.library).map_err(|reason| Lacking {
            reason,
            remedy: how_to_install(package, None),
        })?;
    }
    ask().map_err(|_| lacking(package, &fault))
}

fn lacking(package: &str, fault: &Fault) -> Lacking {
    Lacking {
        reason: fault.to_string(),
        remedy: how_to_install(package, None),
    }
}
