//! What the tests and the build need of the catalogue of runtimes, fetched below the target folder.

use std::io::{IsTerminal, Stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use tare_runtimes::{Catalogue, Package, Pip, ProgressLine, Request, Runtimes, Source};

use crate::workspace::Workspace;

/// Environment variable with the folder of fetched runtimes.
pub const RUNTIMES: &str = "TARE_RUNTIMES";

/// The runtimes that tests load.
const TESTED: [(&str, &str); 4] = [
    ("onnxruntime", "1.24.1"),
    ("onnxruntime", "1.30.0"),
    ("onnxruntime", "1.31.1"),
    ("nvrtc", "13.0.88"),
];

/// The folder of the runtimes that tests load; those that are missing or changed are installed.
pub fn runtimes(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("runtimes");
    let runtimes = Runtimes::open(&folder);
    let catalogue = Catalogue::from_environment()?;
    for (name, version) in TESTED {
        let package = catalogue.runtime(name, Some(version))?;
        observed(package, |request, line| runtimes.install(request, line))?;
    }
    Ok(folder)
}

/// Installs a package as the folder `folder`.
pub fn install_at(folder: &Path, package: &Package) -> Result<()> {
    observed(package, |request, line| {
        tare_runtimes::install_at(folder, request, line)
    })
}

fn observed<T, E: std::error::Error + Send + Sync + 'static>(
    package: &Package,
    install: impl FnOnce(&Request<'_>, &mut ProgressLine<Stderr>) -> Result<T, E>,
) -> Result<()> {
    let request = Request {
        package,
        source: Source::Pip(Pip::default()),
        force: false,
    };
    let rewrites = std::io::stderr().is_terminal();
    let mut line = ProgressLine::new(std::io::stderr(), rewrites, Arc::default());
    let installed = install(&request, &mut line);
    line.clear();
    Ok(installed.map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tests_load_is_in_the_catalogue_and_holds_its_newest_version() {
        let catalogue = Catalogue::from_environment().unwrap();
        for (name, version) in TESTED {
            catalogue.runtime(name, Some(version)).unwrap();
        }
        let newest = &catalogue.runtime("onnxruntime", None).unwrap().version;
        assert!(TESTED.contains(&("onnxruntime", newest)));
    }
}
