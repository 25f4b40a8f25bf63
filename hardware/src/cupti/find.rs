//! Where CUPTI lies: the one that is in this process, the one beside the framework's CUDA libraries, or where the loader looks.

use std::path::{Path, PathBuf};

use super::CuptiError;
use super::library::{Library, driver_is_here};

const MAPS: &str = "/proc/self/maps";
/// The newest first; the records of each are known.
const NAMES: [&str; 3] = ["libcupti.so.13", "libcupti.so.12", "libcupti.so"];
/// Libraries of CUDA, or built on it, beside which CUPTI may lie.
const NEIGHBOURS: [&str; 6] = [
    "libcudart.so",
    "libcublas.so",
    "libcublasLt.so",
    "libnvrtc.so",
    "libtorch_cuda.so",
    "libonnxruntime_providers_cuda.so",
];
/// From the folder of such a library to that of CUPTI: the same in CUDA 13's Python packages, another package in CUDA 12's,
/// a folder of its own in the toolkit.
const FOLDERS: [&str; 3] = ["", "../../cuda_cupti/lib", "../extras/CUPTI/lib64"];
const TOOLKIT: &str = "/usr/local/cuda/extras/CUPTI/lib64";

/// Loads `named`, or else the first that is found and known.
pub(super) fn load(named: Option<&Path>) -> Result<&'static Library, CuptiError> {
    if let Some(path) = named {
        return Library::load(path);
    }
    driver_is_here()?;
    let mut candidates = candidates(&std::fs::read_to_string(MAPS).unwrap_or_default());
    let is_name = |path: &Path| path.parent() == Some(Path::new(""));
    candidates.retain(|path| is_name(path) || path.exists());
    first(&candidates, Library::load)
}

/// The first of `candidates` that `load` takes; else why one that is there does not serve, else why the first is not there.
fn first<T>(
    candidates: &[PathBuf],
    load: impl Fn(&Path) -> Result<T, CuptiError>,
) -> Result<T, CuptiError> {
    let (mut absent, mut unfit) = (None, None);
    for candidate in candidates {
        match load(candidate) {
            Ok(library) => return Ok(library),
            Err(error @ CuptiError::NotFound { .. }) => absent = absent.or(Some(error)),
            Err(error) => unfit = unfit.or(Some(error)),
        }
    }
    let none = || CuptiError::NotFound {
        tried: "nowhere to look".to_owned(),
    };
    Err(unfit.or(absent).unwrap_or_else(none))
}

/// What to try, in order, in a process that has `maps` mapped. Two copies of CUPTI in one process see nothing of each other,
/// so one that is mapped is the only one.
fn candidates(maps: &str) -> Vec<PathBuf> {
    let mapped = || {
        let lines = maps.lines();
        lines.filter_map(|line| Some(Path::new(&line[line.find('/')?..])))
    };
    let is_called = |path: &Path, name: &str| {
        let file = path.file_name().and_then(|file| file.to_str());
        file.is_some_and(|file| file.starts_with(name))
    };
    if let Some(own) = mapped().find(|path| is_called(path, "libcupti.so")) {
        return vec![own.to_owned()];
    }
    let mut all: Vec<PathBuf> = Vec::new();
    let mut add = |path: PathBuf| {
        if !all.contains(&path) {
            all.push(path);
        }
    };
    for library in mapped() {
        if !NEIGHBOURS.iter().any(|name| is_called(library, name)) {
            continue;
        }
        let Some(folder) = library.parent() else {
            continue;
        };
        for beside in FOLDERS {
            NAMES
                .iter()
                .for_each(|name| add(folder.join(beside).join(name)));
        }
    }
    NAMES.iter().for_each(|name| add(PathBuf::from(name)));
    NAMES
        .iter()
        .for_each(|name| add(Path::new(TOOLKIT).join(name)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "7f00-7f28 r--p 00000000 00:17 99 ";

    fn found(paths: &[&str]) -> Vec<String> {
        let maps: String = paths.iter().map(|path| format!("{LINE}{path}\n")).collect();
        let all = candidates(&maps).into_iter();
        all.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn one_that_is_in_the_process_is_the_only_one() {
        let mapped = ["/opt/torch/lib/libcudart.so.13", "/opt/n/libcupti.so.13"];
        assert_eq!(found(&mapped), ["/opt/n/libcupti.so.13"]);
    }

    #[test]
    fn it_lies_beside_the_framework_s_cuda_or_where_its_packages_put_it() {
        let found = found(&[
            "/usr/lib/libc.so.6",
            "/p/nvidia/cuda_runtime/lib/libcudart.so.12",
        ]);
        assert_eq!(
            found[..4],
            [
                "/p/nvidia/cuda_runtime/lib/libcupti.so.13",
                "/p/nvidia/cuda_runtime/lib/libcupti.so.12",
                "/p/nvidia/cuda_runtime/lib/libcupti.so",
                "/p/nvidia/cuda_runtime/lib/../../cuda_cupti/lib/libcupti.so.13",
            ]
        );
        assert_eq!(found.len(), 9 + 3 + 3);
    }

    #[test]
    fn one_whose_version_is_not_known_is_passed_over_and_told_where_there_is_no_other() {
        let absent = |path: &Path| CuptiError::NotFound {
            tried: path.display().to_string(),
        };
        let old = || CuptiError::Version {
            library: "old".to_owned(),
            version: 17,
        };
        let load = |path: &Path| match path.to_str() {
            Some("old") => Err(old()),
            Some("new") => Ok("loaded"),
            _ => Err(absent(path)),
        };
        let of = |names: &[&str]| {
            let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            first(&paths, load)
        };
        assert_eq!(of(&["none", "old", "new"]), Ok("loaded"));
        assert_eq!(of(&["none", "old", "other"]), Err(old()));
        assert_eq!(of(&["none", "other"]), Err(absent(Path::new("none"))));
    }

    #[test]
    fn without_cuda_only_names_and_the_toolkit_are_left() {
        let found = found(&["/usr/lib/libc.so.6", "[heap]"]);
        assert_eq!(found[..3], NAMES);
        assert!(found[3..].iter().all(|path| path.starts_with(TOOLKIT)));
    }
}
