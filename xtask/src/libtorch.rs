//! The libtorch kit: the libraries and headers that the libtorch worker is built with, and that worker.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tare_runtimes::{Catalogue, Package, is_installed_at};

use crate::fetch;
use crate::workspace::{Workspace, run};

/// The library that torch-sys links without asking what it is for; the real one wants CUDA.
const STUB: &str = "torch/lib/libtorch.so";

const WORKER: &str = "tare-worker-libtorch";

/// Fetches the kit where it is missing; a kit of one's own, which `LIBTORCH` names, is used as it is.
pub fn kit(workspace: &Workspace) -> Result<()> {
    if let Some(own) = own(workspace, std::env::var_os("LIBTORCH")) {
        eprintln!("LIBTORCH names a kit of your own: {}", own.display());
        return usable(&own);
    }
    let folder = folder(workspace);
    let catalogue = Catalogue::from_environment()?;
    let package = catalogue.kit("libtorch")?;
    if !is_complete(&folder, package) {
        eprintln!(
            "{} {} is missing: fetching it",
            package.name, package.version
        );
        fetch::install_at(&folder, package)?;
        stub(workspace, &folder)?;
    }
    eprintln!(
        "{} {} lies in {}",
        package.name,
        package.version,
        folder.display()
    );
    Ok(())
}

/// Fails with the way to get the kit where it is missing, instead of letting a build script do so.
pub fn require(workspace: &Workspace) -> Result<()> {
    if let Some(own) = own(workspace, std::env::var_os("LIBTORCH")) {
        return usable(&own);
    }
    let catalogue = Catalogue::from_environment()?;
    present(&folder(workspace), catalogue.kit("libtorch")?)
}

/// Fetches the kit and builds the release of the worker that is linked with it.
pub fn build(workspace: &Workspace) -> Result<()> {
    kit(workspace)?;
    let build = ["build", "--locked", "--release", "--package", WORKER];
    run(&mut workspace.cargo(&build))?;
    let worker = workspace.target.join("release").join(WORKER);
    eprintln!("{} is ready; tare finds it beside itself", worker.display());
    Ok(())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("target/libtorch")
}

/// The folder that `LIBTORCH` names, unless cargo's settings made it name the kit that is fetched.
fn own(workspace: &Workspace, variable: Option<OsString>) -> Option<PathBuf> {
    let named = PathBuf::from(variable.filter(|path| !path.is_empty())?);
    (named != folder(workspace).join("torch")).then_some(named)
}

fn usable(own: &Path) -> Result<()> {
    for needed in ["lib/libtorch_cpu.so", "include/torch"] {
        if !own.join(needed).exists() {
            bail!(
                "LIBTORCH names {}, which has no {needed}: unset it, or name a libtorch",
                own.display()
            );
        }
    }
    Ok(())
}

fn is_complete(folder: &Path, package: &Package) -> bool {
    is_installed_at(folder, package) && folder.join(STUB).exists()
}

fn present(folder: &Path, package: &Package) -> Result<()> {
    if !is_complete(folder, package) {
        bail!(
            "the libtorch {} that the workspace is built with is not in {}: run `cargo xtask kit`, which fetches it",
            package.version,
            folder.display()
        );
    }
    Ok(())
}

fn stub(workspace: &Workspace, folder: &Path) -> Result<()> {
    let path = folder.join(STUB);
    let made = path.with_extension("new");
    let mut compiler = workspace.command("cc");
    compiler
        .args(["-shared", "-Wl,-soname,libtorch.so", "-o"])
        .arg(&made);
    run(compiler.args(["-x", "c", "/dev/null"]))
        .context("a C compiler is needed (Debian: apt-get install g++)")?;
    std::fs::rename(&made, &path).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::scratch;

    fn catalogue() -> Catalogue {
        Catalogue::from_environment().unwrap()
    }

    #[test]
    fn a_kit_that_is_missing_or_another_version_is_told_with_the_command_that_fetches_it() {
        let (_folder, workspace) = scratch::workspace();
        let catalogue = catalogue();
        let package = catalogue.kit("libtorch").unwrap();
        let folder = folder(&workspace);
        let error = present(&folder, package).unwrap_err().to_string();
        assert!(
            error.contains("cargo xtask kit") && error.contains(&package.version),
            "{error}"
        );
        std::fs::create_dir_all(folder.join("torch/lib")).unwrap();
        std::fs::write(folder.join(STUB), "").unwrap();
        std::fs::write(folder.join("installed.json"), "{}").unwrap();
        assert!(present(&folder, package).is_err());
    }

    #[test]
    fn the_stub_is_a_library_that_names_itself_libtorch() {
        let (_folder, workspace) = scratch::workspace();
        let folder = folder(&workspace);
        std::fs::create_dir_all(folder.join("torch/lib")).unwrap();
        stub(&workspace, &folder).unwrap();
        tare_runtimes::check_library(&folder.join(STUB)).unwrap();
        let bytes = std::fs::read(folder.join(STUB)).unwrap();
        let name = b"libtorch.so\0";
        assert!(bytes.windows(name.len()).any(|window| window == name));
        let left = std::fs::read_dir(folder.join("torch/lib")).unwrap().count();
        assert_eq!(left, 1);
    }

    #[test]
    fn only_a_kit_elsewhere_is_ones_own_and_it_must_be_usable() {
        let (_folder, workspace) = scratch::workspace();
        let fetched = folder(&workspace).join("torch");
        assert_eq!(own(&workspace, None), None);
        assert_eq!(own(&workspace, Some(OsString::new())), None);
        assert_eq!(own(&workspace, Some(fetched.into())), None);
        let elsewhere = workspace.root.join("mine");
        assert_eq!(
            own(&workspace, Some(elsewhere.clone().into())),
            Some(elsewhere.clone())
        );
        let error = usable(&elsewhere).unwrap_err().to_string();
        assert!(
            error.contains("libtorch_cpu.so") && error.contains("unset it"),
            "{error}"
        );
        std::fs::create_dir_all(elsewhere.join("include/torch")).unwrap();
        std::fs::create_dir_all(elsewhere.join("lib")).unwrap();
        std::fs::write(elsewhere.join("lib/libtorch_cpu.so"), "").unwrap();
        usable(&elsewhere).unwrap();
    }
}
