//! The one library of this process: found, checked before it is loaded, and asked for its version once it runs.

mod ffi;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use tare_adapter_api::AdapterError;
use tare_runtimes::{FindError, Installed, Runtimes, check_library, file_sha256};

use self::ffi::Probe;
use crate::NAME;

/// Why no library, or not this one, can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {remedy}")]
pub(crate) struct Unavailable {
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

impl From<Unavailable> for AdapterError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unsupported(unavailable.to_string())
    }
}

/// The library that runs.
pub(crate) struct Library {
    pub(crate) path: PathBuf,
    /// What the library itself says, not what was asked for.
    pub(crate) version: String,
    pub(crate) environment: Environment,
    sha256: OnceLock<Option<String>>,
}

/// What became of the one library that `ort` took; it takes no second one, even where the first could not be set up.
type Taken = Result<Library, Unavailable>;

static OPEN: OnceLock<Taken> = OnceLock::new();
static OPENING: Mutex<()> = Mutex::new(());

const NAME_ONE: &str =
    "name the libonnxruntime.so of version 1.17 or newer, or leave 'library' out";

/// Opens the library at `own`, else the installed one of this version, else the newest installed: of the first of `packages`
/// that has one.
///
/// A process holds one version: asked for another file, it refuses.
pub(crate) fn open(
    version: Option<&str>,
    own: Option<&Path>,
    packages: &[&str],
) -> Result<&'static Library, Unavailable> {
    let library = open_file(&locate(version, own, packages)?)?;
    match version.filter(|asked| *asked != library.version) {
        None => Ok(library),
        Some(asked) => Err(Unavailable {
            reason: format!(
                "{NAME}@{asked} was asked for, but '{}' is {NAME}@{}",
                library.path.display(),
                library.version
            ),
            remedy: format!(
                "write {NAME}@{}, or name a library of version {asked}",
                library.version
            ),
        }),
    }
}

impl Library {
    /// The sha256 of the file; reads all of it the first time. `None` where it cannot be read any more.
    pub(crate) fn sha256(&self) -> Option<String> {
        let hash = || file_sha256(&self.path).ok();
        self.sha256.get_or_init(hash).clone()
    }

    /// The execution providers that it was built with.
    pub(crate) fn providers(&self) -> Result<Vec<String>, AdapterError> {
        ffi::providers().map_err(|error| AdapterError::Unsupported(error.to_string()))
    }
}

/// The file, without the links on the way to it, so that one file has one name.
fn locate(
    version: Option<&str>,
    own: Option<&Path>,
    packages: &[&str],
) -> Result<PathBuf, Unavailable> {
    match own {
        None => installed(version, packages).map(|installed| installed.library),
        Some(own) => Ok(std::fs::canonicalize(own).unwrap_or_else(|_| own.to_owned())),
    }
}

fn installed(version: Option<&str>, packages: &[&str]) -> Result<Installed, Unavailable> {
    let all = Runtimes::from_environment().map_err(absent)?;
    first(packages, |name| all.find(name, version)).map_err(absent)
}

/// Whether the installed files are those that were installed; reads all of them. One's own library is taken as it is.
pub(crate) fn verify(
    version: Option<&str>,
    own: Option<&Path>,
    packages: &[&str],
) -> Result<(), Unavailable> {
    match own {
        None => installed(version, packages)?.verify().map_err(absent),
        Some(_) => Ok(()),
    }
}

/// Of the first package that is found; where none is, why the first is not.
fn first<T>(
    packages: &[&str],
    find: impl Fn(&str) -> Result<T, FindError>,
) -> Result<T, FindError> {
    let (preferred, others) = packages.split_first().unwrap_or((&NAME, &[]));
    find(preferred).or_else(|why| others.iter().find_map(|name| find(name).ok()).ok_or(why))
}

fn absent(error: FindError) -> Unavailable {
    Unavailable {
        reason: error.reason,
        remedy: format!(
            "{}, or name a library of yours with `--adapter {NAME}:library=PATH`",
            error.remedy
        ),
    }
}

fn open_file(path: &Path) -> Result<&'static Library, Unavailable> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(taken) = OPEN.get() {
        let open = taken.as_ref().map_err(Clone::clone)?;
        return if open.path == path {
            Ok(open)
        } else {
            Err(second(open, &path))
        };
    }
    let taken = take(path)?;
    OPEN.get_or_init(|| taken).as_ref().map_err(Clone::clone)
}

fn second(open: &Library, path: &Path) -> Unavailable {
    Unavailable {
        reason: format!(
            "this process already runs {NAME} {} from '{}' and can hold one version only, so it cannot load '{}'",
            open.version,
            open.path.display(),
            path.display()
        ),
        remedy: "ask for the other one in a process of its own".to_owned(),
    }
}

fn take(path: PathBuf) -> Result<Taken, Unavailable> {
    let refused = |reason: String| Unavailable {
        reason,
        remedy: NAME_ONE.to_owned(),
    };
    let cannot =
        |why: &dyn std::fmt::Display| refused(format!("cannot load '{}': {why}", path.display()));
    check_library(&path).map_err(|error| refused(error.to_string()))?;
    let probe = Probe::load(&path).map_err(|error| cannot(&error))?;
    if !probe.serves {
        return Err(refused(format!(
            "'{}' is {NAME} {}, which is too old",
            path.display(),
            probe.version
        )));
    }
    let builder = ort::init_from(&path).map_err(|error| cannot(&error))?;
    let environment = builder.with_name("tare").with_telemetry(false).build();
    let environment = environment.map_err(|error| cannot(&error));
    let version = probe.version.clone();
    probe.keep();
    Ok(environment.map(|environment| Library {
        version,
        path: path.clone(),
        environment,
        sha256: OnceLock::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where these packages are installed.
    fn found(packages: &[&str], there: &[&str]) -> Result<String, String> {
        let find = |name: &str| match there.contains(&name) {
            true => Ok(name.to_owned()),
            false => Err(FindError {
                reason: format!("{name} is not installed"),
                remedy: format!("install {name}"),
            }),
        };
        first(packages, find).map_err(|error| absent(error).to_string())
    }

    #[test]
    fn the_first_package_that_is_there_is_taken() {
        let packages = ["onnxruntime-gpu", "onnxruntime"];
        let taken = |there| found(&packages, there);
        assert_eq!(
            taken(&["onnxruntime", "onnxruntime-gpu"]),
            Ok("onnxruntime-gpu".into())
        );
        assert_eq!(taken(&["onnxruntime"]), Ok("onnxruntime".into()));
        assert!(found(&packages[1..], &["onnxruntime-gpu"]).is_err());
    }

    #[test]
    fn where_none_is_there_the_first_one_is_asked_for() {
        assert_eq!(
            found(&["onnxruntime-gpu", "onnxruntime"], &[]),
            Err(
                "onnxruntime-gpu is not installed; install onnxruntime-gpu, \
                 or name a library of yours with `--adapter onnxruntime:library=PATH`"
                    .into()
            )
        );
    }
}
