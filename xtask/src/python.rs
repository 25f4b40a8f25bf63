//! A pinned Python environment, and the scripts that read our files with other people's packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::fetch;
use crate::workspace::{Workspace, run};

/// Environment variable with the folder of ONNX's own node test data.
pub const NODE_TESTS: &str = "TARE_ONNX_NODE_TESTS";

const REQUIREMENTS: &str = include_str!("../python-requirements.txt");

/// Runs every `tests/python/*.py` of the workspace with `TARE_BIN` naming a release build of `tare`.
pub fn check(workspace: &Workspace) -> Result<()> {
    let files = workspace.files()?;
    let scripts = scripts(&files);
    if scripts.is_empty() {
        bail!("no script below any tests/python/");
    }
    let python = packages(workspace)?.join("bin/python");
    let node_tests = node_tests(workspace)?;
    let runtimes = fetch::runtimes(workspace)?;
    run(&mut workspace.cargo(&["build", "--locked", "--release", "--package", "tare"]))?;
    let tare = workspace.target.join("release/tare");
    let failed = scripts.iter().filter(|script| {
        eprintln!("-- {script}");
        let mut command = workspace.command(&python);
        command
            .arg(script)
            .env("TARE_BIN", &tare)
            .env(NODE_TESTS, &node_tests)
            .env(fetch::RUNTIMES, &runtimes);
        run(command.env("PYTHONDONTWRITEBYTECODE", "1")).is_err()
    });
    let failed: Vec<&str> = failed.copied().collect();
    eprintln!("{} scripts, {} failed", scripts.len(), failed.len());
    if !failed.is_empty() {
        bail!("{}", failed.join(", "));
    }
    Ok(())
}

/// The folder of ONNX's node test data, installed where it is missing.
pub fn node_tests(workspace: &Workspace) -> Result<PathBuf> {
    let environment = packages(workspace)?;
    let libraries = environment.join("lib");
    let entries = std::fs::read_dir(&libraries)
        .with_context(|| format!("cannot list {}", libraries.display()))?;
    let data = |entry: std::fs::DirEntry| entry.path().join("site-packages/onnx/backend/test/data");
    let found = entries.flatten().map(data).find(|path| path.is_dir());
    found.with_context(|| {
        format!(
            "no onnx test data below {}, delete that folder and run again",
            libraries.display()
        )
    })
}

/// The virtual environment `name` below the target folder with exactly these requirements; made where it is missing.
pub fn environment(workspace: &Workspace, name: &str, requirements: &str) -> Result<PathBuf> {
    let folder = workspace.target.join(name);
    let stamp = folder.join("requirements.txt");
    let interpreter = folder.join("bin/python");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == requirements)
        && interpreter.exists()
    {
        return Ok(folder);
    }
    create(workspace, &folder)?;
    let wanted = folder.join("wanted.txt");
    std::fs::write(&wanted, requirements)
        .with_context(|| format!("cannot write {}", wanted.display()))?;
    let install = [
        "-m",
        "pip",
        "install",
        "--no-input",
        "--quiet",
        "--disable-pip-version-check",
    ];
    let mut pip = workspace.command(&interpreter);
    pip.args(install)
        .args(["--only-binary", ":all:", "--requirement"])
        .arg(&wanted);
    run(&mut pip).with_context(|| {
        format!(
            "cannot install the Python packages {}",
            one_line(requirements)
        )
    })?;
    std::fs::rename(&wanted, &stamp)
        .with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(folder)
}

fn packages(workspace: &Workspace) -> Result<PathBuf> {
    environment(workspace, "python", REQUIREMENTS)
}

fn create(workspace: &Workspace, folder: &Path) -> Result<()> {
    eprintln!("making a Python environment in {}", folder.display());
    let version = "import sys; sys.exit(sys.version_info < (3, 11))";
    run(workspace.command("python3").args(["-c", version]))
        .context("python3 is missing or older than 3.11, which the pinned packages need: install a newer one")?;
    let mut python = workspace.command("python3");
    run(python.args(["-m", "venv", "--clear"]).arg(folder))
        .context("python3 with its venv module is missing, install it (Debian: apt-get install python3-venv)")
}

fn one_line(requirements: &str) -> String {
    requirements
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn scripts(files: &[String]) -> Vec<&str> {
    let is_script = |path: &&str| match path.rsplit_once('/') {
        Some((folder, name)) => {
            folder.ends_with("/tests/python") && name.ends_with(".py") && !name.starts_with('_')
        }
        None => false,
    };
    files.iter().map(String::as_str).filter(is_script).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::scratch;

    #[test]
    fn scripts_are_the_python_files_directly_below_tests_python() {
        let files = [
            "models/tests/python/zoo.py",
            "models/tests/python/data/x.py",
            "models/tests/zoo.py",
            "a.py",
        ];
        let files: Vec<String> = files.map(String::from).into();
        assert_eq!(scripts(&files), ["models/tests/python/zoo.py"]);
    }

    #[test]
    fn every_python_package_is_pinned() {
        let unpinned: Vec<&str> = REQUIREMENTS
            .lines()
            .filter(|line| !line.contains("=="))
            .collect();
        assert!(unpinned.is_empty(), "{unpinned:?}");
        assert!(
            REQUIREMENTS.contains("onnx=="),
            "the node test data comes with onnx"
        );
    }

    #[test]
    fn an_environment_is_made_once_and_used_as_long_as_its_requirements_stay_the_same() {
        let (_folder, workspace) = scratch::workspace();
        let folder = workspace.target.join("python");
        scratch::script(&folder.join("bin/python"), "exit 1");
        std::fs::write(folder.join("requirements.txt"), "onnx==1.19.1\n").unwrap();
        let found = environment(&workspace, "python", "onnx==1.19.1\n").unwrap();
        assert_eq!(found, folder);
    }

    #[test]
    fn a_repository_without_scripts_fails_the_check_instead_of_passing_it_empty() {
        let (folder, workspace) = scratch::workspace();
        run(workspace.command("git").args(["init", "--quiet"])).unwrap();
        std::fs::write(folder.path().join("a.py"), "").unwrap();
        let error = check(&workspace).unwrap_err().to_string();
        assert!(error.contains("no script"), "{error}");
    }
}
